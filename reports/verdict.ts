import { isFailure, type MeasuredPricing, type MeasuredReplay } from '../harness/metrics/measured-replay';
import { OP_KINDS, type OpKind } from '../harness/metrics/op-kinds';
import type { CauseCycles, WorstOperation } from '../harness/metrics/worst-operations';
import type { Results } from '../harness/results/results';
import { countText, decimalRatio, groupedInteger } from '../harness/text/numbers';
import { nameOf, wordsOf, type Phrase } from './phrase';
import {
  engineLabel,
  memberName,
  stopText,
  traceFamilies,
  type TraceFamily,
  type TraceMember,
} from './trace-groups';

/**
 * What a reader should take away, first of all: which replays did not finish, then for each family of traces the
 * worst operation under any pricing that was the allocator's own, how the other engines did on the same kind of
 * operation, and the copy that cost more, where one did; the dearest first.
 * Every word is derived from the numbers.
 */
export function verdict(results: Results): Phrase[] {
  return [...stoppedPhrase(results), ...headlines(results), ...remarks(results)];
}

/** A sentence for each family of traces, the dearest first. */
export function headlines(results: Results): Phrase[] {
  return traceFamilies(results)
    .map((family) => ({ family, dearest: dearestOf(family) }))
    .sort((a, b) => (b.dearest?.worst.cycles ?? -1) - (a.dearest?.worst.cycles ?? -1))
    .flatMap(({ family, dearest }) => {
      const phrase = dearest === undefined ? footprintPhrase(family) : dearestPhrase(dearest);
      return phrase === undefined ? [] : [phrase];
    });
}

/** What one has to know to read the figures rightly. */
export function remarks(results: Results): Phrase[] {
  return [
    ...results.replays.flatMap(overrunPhrase),
    ...results.replays.flatMap(misalignmentPhrase),
    ...emulationPhrase(results),
  ];
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

/** An alignment beyond what an engine honours is ignored there, which no failure tells of. */
function misalignmentPhrase({ engine, trace, metrics }: MeasuredReplay): Phrase[] {
  const misaligned = metrics['placements.misaligned']?.value ?? 0;
  if (misaligned === 0) {
    return [];
  }
  const which = countText(misaligned, 'misaligned placement');
  return [[`${which} of `, nameOf(engine.name), ' on ', nameOf(trace.name), '.']];
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

/** The dearest operation of a family of traces under any pricing, and whose it was. */
export interface Dearest {
  readonly member: TraceMember;
  readonly replay: MeasuredReplay;
  readonly pricing: MeasuredPricing;
  readonly kind: OpKind;
  readonly worst: WorstOperation;
}

/** Undefined where nothing was priced. An engine that lacks a verb did only a part of the work: it does not count. */
export function dearestOf({ members }: Pick<TraceFamily, 'members'>): Dearest | undefined {
  let dearest: Dearest | undefined;
  for (const member of members) {
    for (const replay of able(member)) {
      for (const pricing of replay.pricings) {
        for (const kind of OP_KINDS) {
          const worst = allocatorsWorst(pricing, kind);
          if (worst !== undefined && worst.cycles > (dearest?.worst.cycles ?? -1)) {
            dearest = { member, replay, pricing, kind, worst };
          }
        }
      }
    }
  }
  return dearest;
}

/**
 * The worst operation that is the allocator's own: one that copied what an object held costs what memcpy costs, which
 * says nothing of how engines differ.
 */
const allocatorsWorst = ({ kinds }: MeasuredPricing, kind: OpKind): WorstOperation | undefined =>
  kinds[kind].worst.find(({ events }) => (events.linesCopied ?? 0) === 0);

function able({ replays }: TraceMember): readonly MeasuredReplay[] {
  return replays.filter(({ outcome }) => outcome.kind !== 'unsupported');
}

function dearestPhrase(dearest: Dearest): Phrase {
  const { member, replay, pricing, kind, worst } = dearest;
  const copies = dearerCopies(dearest);
  const ofKind = `${kind}${copies.some((copy) => copy.kind === kind) ? COPIED_NOTHING : ''} was`;
  return [
    'On ',
    nameOf(memberName(member)),
    ' under ',
    nameOf(pricing.id),
    ` the worst ${copies.length === 0 ? `operation was ${kind}` : ofKind} #${groupedInteger(worst.operation)} of `,
    nameOf(engineLabel(replay, member.replays)),
    `: ${groupedInteger(worst.cycles)} cycles${mainCause(worst.causes, worst.cycles)}`,
    ...rivals(dearest),
    ...copies.slice(0, 1).flatMap((copy) => copyPhrase(member, copy)),
    '.',
  ];
}

const COPIED_NOTHING = ' that copied nothing';

type Copy = Pick<Dearest, 'replay' | 'kind' | 'worst'>;

/** The worst of each engine and kind that cost more, all of which copied what an object held: the dearest first. */
function dearerCopies({ member, pricing, worst }: Dearest): Copy[] {
  return able(member)
    .flatMap((replay) =>
      OP_KINDS.flatMap((kind): Copy[] => {
        const first = pricingNamed(replay, pricing.id)?.kinds[kind].worst[0];
        return first === undefined || first.cycles <= worst.cycles ? [] : [{ replay, kind, worst: first }];
      }),
    )
    .sort((a, b) => b.worst.cycles - a.worst.cycles);
}

function copyPhrase({ replays }: TraceMember, { replay, kind, worst }: Copy): Phrase {
  return [
    `; ${kind} #${groupedInteger(worst.operation)} of `,
    nameOf(engineLabel(replay, replays)),
    `, which copied what its object held, took ${groupedInteger(worst.cycles)}`,
  ];
}

/** Whether an engine did all that the other did: who refuses or breaks before the end has cheap operations only. */
function didAsMuch(other: MeasuredReplay, replay: MeasuredReplay): boolean {
  const failed = ({ metrics }: MeasuredReplay) => metrics['allocations.failed']?.value ?? 0;
  return other.outcome.kind === 'ok' && failed(other) <= failed(replay);
}

/** How the worst operations of the same kind compare of the other engines that did as much. */
function rivals({ member, replay, pricing, kind, worst: { cycles } }: Dearest): Phrase {
  const others = able(member)
    .filter((other) => other !== replay && didAsMuch(other, replay))
    .flatMap((other) => {
      const priced = pricingNamed(other, pricing.id);
      const worst = priced && allocatorsWorst(priced, kind);
      const isWorst = worst === priced?.kinds[kind].worst[0];
      return worst === undefined ? [] : [{ other, cycles: worst.cycles, isWorst }];
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
    `${times} the worst ${kind}${best.isWorst ? '' : COPIED_NOTHING} of `,
    nameOf(engineLabel(best.other, member.replays)),
    ` (${groupedInteger(best.cycles)})`,
  ];
}

function footprintPhrase({ members }: TraceFamily): Phrase | undefined {
  const peaks = members
    .flatMap((member) =>
      able(member).flatMap((replay) => {
        const peak = replay.metrics['held.bytes.peak'];
        return peak ? [{ member, replay, bytes: peak.value }] : [];
      }),
    )
    .sort((a, b) => b.bytes - a.bytes);
  const most = peaks[0];
  if (most === undefined) {
    return undefined;
  }
  const engine = nameOf(engineLabel(most.replay, most.member.replays));
  const trace = nameOf(memberName(most.member));
  return ['On ', trace, ' ', engine, ` held the most: ${groupedInteger(most.bytes)} bytes.`];
}

function mainCause(causes: CauseCycles, cycles: number): string {
  const [main] = Object.entries(causes).sort(([, a], [, b]) => b - a);
  return main === undefined || cycles === 0
    ? ''
    : ` (${decimalRatio(main[1] * 100, cycles, 0)} % of them ${wordsOf(main[0])})`;
}

/** A factor with as many decimals as it is worth: 1.25, 12.5, 125. */
function timesText(numerator: number, denominator: number): string {
  const decimals = numerator >= 100 * denominator ? 0 : numerator >= 10 * denominator ? 1 : 2;
  return decimalRatio(numerator, denominator, decimals);
}

export function pricingNamed(replay: MeasuredReplay, id: string): MeasuredPricing | undefined {
  return replay.pricings.find((pricing) => pricing.id === id);
}
