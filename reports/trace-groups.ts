import { groupedInteger } from '../harness/text/numbers';
import type { MeasuredReplay } from '../harness/metrics/measured-replay';
import type { Results } from '../harness/results/results';

/** The replays of one trace, in the order of the results: what a reader compares side by side. */
export interface TraceGroup {
  readonly trace: MeasuredReplay['trace'];
  readonly replays: readonly MeasuredReplay[];
}

/**
 * Replays grouped by trace, in the order of first appearance. An adaptive generator gives every engine other events
 * and a replay that stopped has no identity; both belong to the trace of their name and origin.
 */
export function traceGroups({ replays }: Pick<Results, 'replays'>): TraceGroup[] {
  const groups: { trace: MeasuredReplay['trace']; replays: MeasuredReplay[] }[] = [];
  for (const replay of replays) {
    const group = groups.find(({ trace }) => sameTrace(trace, replay.trace));
    if (group === undefined) {
      groups.push({ trace: replay.trace, replays: [replay] });
    } else {
      group.replays.push(replay);
      if (group.trace.sha256 === null) {
        group.trace = replay.trace;
      }
    }
  }
  return groups;
}

/** Traces of one generator with other parameters: one story, told once. A trace without kin is its own family. */
export interface TraceFamily {
  readonly name: string;
  readonly members: readonly TraceMember[];
  /** The only parameter in which the members differ, where it is a number: what they grow by. */
  readonly growsBy: string | undefined;
}

export interface TraceMember extends TraceGroup {
  /** What sets it apart within the family: `live=5000`; empty where it is alone. */
  readonly label: string;
}

export function traceFamilies(results: Pick<Results, 'replays'>): TraceFamily[] {
  const families = new Map<string, TraceGroup[]>();
  for (const group of traceGroups(results)) {
    const { origin } = group.trace;
    const key = origin.kind === 'synthetic' ? `synth:${origin.generator}` : `${families.size}`;
    families.set(key, [...(families.get(key) ?? []), group]);
  }
  return [...families.values()].map(familyOf);
}

function familyOf(groups: readonly TraceGroup[]): TraceFamily {
  const settings = groups.map(({ trace }) => settingsOf(trace));
  const names = [...new Set(settings.flatMap((each) => Object.keys(each)))].filter((name) =>
    settings.some((each) => each[name] !== settings[0]![name]),
  );
  const values = settings.map((each) => each[names[0]!]);
  const grows =
    names.length === 1 &&
    names[0] !== 'seed' &&
    values.every((value) => typeof value === 'number') &&
    new Set(values).size === values.length;
  return {
    name: groups.length === 1 ? groups[0]!.trace.name : generatorOf(groups[0]!),
    growsBy: grows ? names[0] : undefined,
    members: groups.map((group, index) => ({
      ...group,
      // Results of another version may lack a parameter.
      label: names
        .filter((name) => Object.hasOwn(settings[index]!, name))
        .map((name) => `${name}=${settings[index]![name]}`)
        .join(' '),
    })),
  };
}

/** The parameters of a generator and its seed, by name. */
export function settingsOf({ origin }: MeasuredReplay['trace']): Readonly<Record<string, string | number>> {
  return origin.kind === 'synthetic' ? { ...origin.parameters, seed: origin.seed } : {};
}

/** A member by its full name: `half-page-storm live=5000`. */
export function memberName(member: TraceMember): string {
  return member.label === '' ? member.trace.name : `${generatorOf(member)} ${member.label}`;
}

const generatorOf = ({ trace: { name, origin } }: TraceGroup): string =>
  origin.kind === 'synthetic' ? origin.generator : name;

function sameTrace(a: MeasuredReplay['trace'], b: MeasuredReplay['trace']): boolean {
  if (a.name !== b.name || JSON.stringify(a.origin) !== JSON.stringify(b.origin)) {
    return false;
  }
  return isAdaptive(a) || a.sha256 === null || b.sha256 === null || a.sha256 === b.sha256;
}

/** What a replay's engine is called beside the others: its name, and what sets it apart from its namesakes. */
export function engineLabel(replay: MeasuredReplay, others: readonly MeasuredReplay[]): string {
  const namesakes = others.filter(({ engine }) => engine.name === replay.engine.name);
  const differs = (read: (each: MeasuredReplay) => unknown) =>
    namesakes.some((other) => read(other) !== read(replay));
  const parts = Object.entries(replay.engine.options)
    .filter(([option]) => differs(({ engine }) => engine.options[option]))
    .map(([option, value]) => `${option}=${value}`);
  if (differs(({ engine }) => engine.version)) {
    parts.unshift(`v${replay.engine.version}`);
  }
  if (differs(({ machine }) => machine.heapPages)) {
    parts.push(`heap-pages=${replay.machine.heapPages}`);
  }
  if (differs(({ machine }) => machine.virtualPages)) {
    parts.push(`virtual-pages=${replay.machine.virtualPages}`);
  }
  return [replay.engine.name, ...parts].join(' ');
}

/** Where a trace comes from, in words. */
export function originText({ origin }: MeasuredReplay['trace']): string {
  if (origin.kind === 'recorded') {
    return `recorded (${origin.format})`;
  }
  const parameters = Object.entries(origin.parameters).map(([name, value]) => `${name}=${value}`);
  return `synth:${origin.generator}?${[...parameters, `seed=${origin.seed}`].join('&')}`;
}

/** Whether it is a generator that decides by placements. */
export function isAdaptive({ origin }: MeasuredReplay['trace']): boolean {
  return origin.kind === 'synthetic' && origin.adaptive;
}

/** How many events the trace has; an adaptive generator makes others for every engine. */
export function lengthText({ trace, replays }: TraceGroup): string {
  const counts = isAdaptive(trace) ? replays.map((each) => each.trace.events) : [];
  const [least, most] = [Math.min(trace.events, ...counts), Math.max(trace.events, ...counts)];
  return least === most
    ? `${groupedInteger(most)} events`
    : `${groupedInteger(least)} to ${groupedInteger(most)} events`;
}

/** Why a replay has no figures, or did not come to its end; undefined when it did. */
export function stopText({ outcome }: MeasuredReplay): string | undefined {
  switch (outcome.kind) {
    case 'ok':
      return undefined;
    case 'unsupported':
      return `n/a: ${outcome.reason}`;
    case 'crashed':
      return `crashed: ${outcome.problem}`;
    case 'exceeded':
      return `exceeded at operation ${outcome.operation} (${outcome.verb}): ${outcome.problem}`;
    case 'corrupt':
    case 'faulted':
    case 'runaway': {
      const during = outcome.lastStep === '' ? '' : `, during ${outcome.lastStep}`;
      return `${outcome.kind} at operation ${outcome.operation} (${outcome.op} ${outcome.id}${during}): ${outcome.problem}`;
    }
  }
}
