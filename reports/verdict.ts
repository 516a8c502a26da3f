import { countText, decimalRatio, groupedInteger } from '../harness/text/numbers';
import { isFailure, type MeasuredPricing, type MeasuredReplay } from '../harness/metrics/measured-replay';
import { OP_KINDS, type OpKind } from '../harness/metrics/op-kinds';
import type { CauseCycles } from '../harness/metrics/worst-operations';
import type { Results } from '../harness/results/results';
import { nameOf, wordsOf, type Phrase } from './phrase';
import { engineLabel, stopText, traceGroups, type TraceGroup } from './trace-groups';

/**
 * What a reader should take away, first of all: which replays did not finish, then per trace the worst operation and
 * how the other engines did on the same kind of operation. Every word is derived from the numbers.
 */
export function verdict(results: Results): Phrase[] {
  return [
    ...stoppedPhrase(results),
    ...traceGroups(results).map(ofThoseAble).flatMap(traceVerdict),
    ...results.replays.flatMap(overrunPhrase),
    ...emulationPhrase(results),
  ];
}

/** An engine that lacks a verb did only a part of the work; its figures say nothing, here and in the tables. */
function ofThoseAble({ trace, replays }: TraceGroup): TraceGroup {
  return { trace, replays: replays.filter(({ outcome }) => outcome.kind !== 'unsupported') };
}

function stoppedPhrase({ replays }: Results): Phrase[] {
  const broken = replays.filter(({ outcome }) => isFailure(outcome));
  const first = broken[0];
  if (first === undefined) {
    return [];
  }
  const which = countText(broken.length, 'replay');
  const [engine, trace] = [nameOf(first.engine.name), nameOf(first.trace.name)];
  return [[`${which} did not finish: `, engine, ' on ', trace, ' was ', nameOf(stopText(first)!), '.']];
}

/** An engine without red zones does not see that a program wrote past its objects. */
function overrunPhrase({ engine, trace, outcome, metrics }: MeasuredReplay): Phrase[] {
  const overruns = metrics['overruns.written']?.value ?? 0;
  if (overruns === 0 || outcome.kind !== 'ok') {
    return [];
  }
  const which = countText(overruns, 'overrun');
  return [[`${which} on `, nameOf(trace.name), ' went undetected by ', nameOf(engine.name), '.']];
}

/** Part of what a realloc cost was its caller's: who compares engines has to know. */
function emulationPhrase({ replays }: Results): Phrase[] {
  const engines = replays
    .filter(({ metrics }) => (metrics['reallocs.emulated']?.value ?? 0) > 0)
    .map(({ engine }) => engine.name);
  if (engines.length === 0) {
    return [];
  }
  const names = [...new Set(engines)].flatMap((name, index) => [
    ...(index === 0 ? [] : [', ']),
    nameOf(name),
  ]);
  return [
    ['Without a realloc of their own, reallocs were replayed as allocate, copy and free on ', ...names, '.'],
  ];
}

/** The dearest operation of a trace under one pricing, and whose it was. */
interface Dearest {
  readonly replay: MeasuredReplay;
  readonly cycles: number;
  readonly kind: OpKind;
  readonly operation: number;
  readonly causes: CauseCycles;
}

function traceVerdict(group: TraceGroup): Phrase[] {
  const pricingIds = group.replays.flatMap(({ pricings }) => pricings.map(({ id }) => id));
  const [pricingId] = pricingIds;
  if (pricingId === undefined) {
    return footprintVerdict(group);
  }
  const dearest = dearestOf(group, pricingId);
  if (dearest === undefined) {
    return [];
  }
  const { replay, cycles, kind, operation, causes } = dearest;
  return [
    [
      'On ',
      nameOf(group.trace.name),
      ' under ',
      nameOf(pricingId),
      ` the worst operation was ${kind} #${groupedInteger(operation)} of `,
      nameOf(engineLabel(replay, group.replays)),
      `: ${groupedInteger(cycles)} cycles${mainCause(causes, cycles)}`,
      ...rivals(group, pricingId, dearest),
      '.',
    ],
  ];
}

function dearestOf(group: TraceGroup, pricingId: string): Dearest | undefined {
  let dearest: Dearest | undefined;
  for (const replay of group.replays) {
    const pricing = pricingNamed(replay, pricingId);
    for (const kind of OP_KINDS) {
      const worst = pricing?.kinds[kind].worst[0];
      if (worst !== undefined && worst.cycles > (dearest?.cycles ?? -1)) {
        dearest = { replay, kind, cycles: worst.cycles, operation: worst.operation, causes: worst.causes };
      }
    }
  }
  return dearest;
}

/** Whether an engine did all that the other did: who refuses or breaks before the end has cheap operations only. */
function didAsMuch(other: MeasuredReplay, replay: MeasuredReplay): boolean {
  const failed = ({ metrics }: MeasuredReplay) => metrics['allocations.failed']?.value ?? 0;
  return other.outcome.kind === 'ok' && failed(other) <= failed(replay);
}

/** How the worst operations of the same kind compare of the other engines that did as much. */
function rivals(group: TraceGroup, pricingId: string, { replay, kind, cycles }: Dearest): Phrase {
  const others = group.replays
    .filter((other) => other !== replay && didAsMuch(other, replay))
    .flatMap((other) => {
      const worst = pricingNamed(other, pricingId)?.kinds[kind].worst[0];
      return worst === undefined ? [] : [{ other, cycles: worst.cycles }];
    })
    .sort((a, b) => a.cycles - b.cycles);
  const best = others[0];
  if (best === undefined) {
    return [];
  }
  const times =
    best.cycles === cycles
      ? ', as much as'
      : best.cycles === 0
        ? ', against'
        : `, ${timesText(cycles, best.cycles)} times`;
  return [
    `${times} the worst ${kind} of `,
    nameOf(engineLabel(best.other, group.replays)),
    ` (${groupedInteger(best.cycles)})`,
  ];
}

function footprintVerdict(group: TraceGroup): Phrase[] {
  const peaks = group.replays
    .flatMap((replay) => {
      const peak = replay.metrics['held.bytes.peak'];
      return peak ? [{ replay, bytes: peak.value }] : [];
    })
    .sort((a, b) => b.bytes - a.bytes);
  const most = peaks[0];
  if (most === undefined) {
    return [];
  }
  const engine = nameOf(engineLabel(most.replay, group.replays));
  return [
    ['On ', nameOf(group.trace.name), ' ', engine, ` held the most: ${groupedInteger(most.bytes)} bytes.`],
  ];
}

function mainCause(causes: CauseCycles, cycles: number): string {
  const [main] = Object.entries(causes).sort(([, a], [, b]) => b - a);
  return main === undefined || cycles === 0
    ? ''
    : ` (${decimalRatio(main[1] * 100, cycles, 0)} % of them ${wordsOf(main[0])})`;
}

/** A factor with as many decimals as it is worth: 1.25, 12.5, 125. */
export function timesText(numerator: number, denominator: number): string {
  const decimals = numerator >= 100 * denominator ? 0 : numerator >= 10 * denominator ? 1 : 2;
  return decimalRatio(numerator, denominator, decimals);
}

export function pricingNamed(replay: MeasuredReplay, id: string): MeasuredPricing | undefined {
  return replay.pricings.find((pricing) => pricing.id === id);
}
