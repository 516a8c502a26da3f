import type { MeasuredReplay } from '../metrics/measured-replay';
import { ADDRESS_TRACE, type Results } from '../results/results';

/** Replays of the same work on both sides, or of one side only. */
export type ReplayPair =
  | { readonly kind: 'both'; readonly base: MeasuredReplay; readonly head: MeasuredReplay }
  | { readonly kind: 'base only'; readonly base: MeasuredReplay }
  | { readonly kind: 'head only'; readonly head: MeasuredReplay };

export interface PairingOptions {
  /** Each side has one engine, and they are to be compared although they are called differently. */
  readonly acrossEngines: boolean;
}

/**
 * Finds for every replay of the base the one of the head that did the same work: same trace, engine, options and
 * machine. What is left over is matched by trace and engine name alone, so that it can be said why it cannot be
 * compared, and at last by what programs were asked for, whatever the files are called that say what they did. Options
 * that only one side knows do not count: an engine that learns one is still the same engine.
 */
export function pairReplays(base: Results, head: Results, options: PairingOptions): ReplayPair[] {
  const shared = options.acrossEngines
    ? new Map<string, readonly string[]>()
    : sharedOptions([...base.replays, ...head.replays]);
  const partners = new Map<MeasuredReplay, MeasuredReplay>();
  const taken = new Set<MeasuredReplay>();
  for (const keyOf of [
    (replay: MeasuredReplay) => exactKey(replay, shared, options),
    (replay: MeasuredReplay) => looseKey(replay, options),
    sameWorkKey,
  ]) {
    const free = byKey(
      head.replays.filter((replay) => !taken.has(replay)),
      keyOf,
    );
    for (const replay of base.replays.filter((each) => !partners.has(each))) {
      const partner = free.get(keyOf(replay))?.shift();
      if (partner !== undefined) {
        partners.set(replay, partner);
        taken.add(partner);
      }
    }
  }
  return [
    ...base.replays.map((replay): ReplayPair => {
      const partner = partners.get(replay);
      return partner === undefined
        ? { kind: 'base only', base: replay }
        : { kind: 'both', base: replay, head: partner };
    }),
    ...head.replays
      .filter((replay) => !taken.has(replay))
      .map((replay): ReplayPair => ({ kind: 'head only', head: replay })),
  ];
}

function byKey(
  replays: readonly MeasuredReplay[],
  keyOf: (replay: MeasuredReplay) => unknown,
): Map<unknown, MeasuredReplay[]> {
  const groups = new Map<unknown, MeasuredReplay[]>();
  for (const replay of replays) {
    const key = keyOf(replay);
    groups.set(key, [...(groups.get(key) ?? []), replay]);
  }
  return groups;
}

/** What keeps two replays from being compared; empty when nothing does. */
export function obstacles(base: MeasuredReplay, head: MeasuredReplay, options: PairingOptions): string[] {
  const changed = (what: string, before: unknown, after: unknown) =>
    before === after ? [] : [`${what} ${String(before)} → ${String(after)}`];
  const { trace: before } = base;
  const { trace: after } = head;
  const sameOrigin = originKey(base) === originKey(head);
  const knowsEvents = before.sha256 !== null && after.sha256 !== null && !isAdaptive(base);
  return [
    ...(options.acrossEngines ? [] : changed('engine version', base.engine.version, head.engine.version)),
    ...(options.acrossEngines ? [] : sharedNames(base, head)).flatMap((name) =>
      changed(`option ${name}`, base.engine.options[name], head.engine.options[name]),
    ),
    ...changed('heap pages', base.machine.heapPages, head.machine.heapPages),
    ...changed('virtual pages', base.machine.virtualPages, head.machine.virtualPages),
    ...(sameOrigin ? [] : ['the trace has another origin']),
    ...(knowsEvents && before.sha256 !== after.sha256
      ? [`trace sha256 ${before.sha256!.slice(0, 12)} → ${after.sha256!.slice(0, 12)}`]
      : []),
  ];
}

/** An adaptive generator answers to placements: its identity is its parameters, not the events that came of them. */
function isAdaptive({ trace: { origin } }: MeasuredReplay): boolean {
  return origin.kind === 'synthetic' && origin.adaptive;
}

function exactKey(
  replay: MeasuredReplay,
  shared: ReadonlyMap<string, readonly string[]>,
  options: PairingOptions,
): string {
  const { engine, machine } = replay;
  const values = (shared.get(engine.name) ?? []).map((option) => engine.options[option] ?? null);
  return JSON.stringify([
    looseKey(replay, options),
    originKey(replay),
    values,
    machine.heapPages,
    machine.virtualPages,
  ]);
}

function looseKey({ trace, engine }: MeasuredReplay, { acrossEngines }: PairingOptions): string {
  return JSON.stringify([trace.name, acrossEngines ? '' : engine.name]);
}

/** An address trace is written anew by each side's own program; a trace that both replay has one name. */
function sameWorkKey(replay: MeasuredReplay): unknown {
  const { origin, sha256 } = replay.trace;
  return origin.kind === 'recorded' && origin.format === ADDRESS_TRACE ? sha256 : replay;
}

/** Where a trace comes from; parameters in the order of their names. */
function originKey({ trace: { origin } }: MeasuredReplay): string {
  if (origin.kind === 'recorded') {
    return origin.kind;
  }
  const parameters = Object.entries(origin.parameters).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([origin.generator, parameters, origin.seed]);
}

/** Per engine name the options that all its replays on both sides have. */
function sharedOptions(replays: readonly MeasuredReplay[]): Map<string, readonly string[]> {
  const shared = new Map<string, readonly string[]>();
  for (const { engine } of replays) {
    const own = Object.keys(engine.options).sort();
    shared.set(engine.name, shared.get(engine.name)?.filter((option) => own.includes(option)) ?? own);
  }
  return shared;
}

function sharedNames(base: MeasuredReplay, head: MeasuredReplay): string[] {
  return Object.keys(base.engine.options)
    .filter((name) => Object.hasOwn(head.engine.options, name))
    .sort();
}
