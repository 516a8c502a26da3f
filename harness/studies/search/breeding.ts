import type { RandomStream } from '../../../traces/random';
import {
  FREE_ORDERS,
  GROUPS,
  VICTIMS,
  type Amount,
  type Genome,
  type Phase,
  type Selection,
  type Sizes,
} from './genome';

/** How genomes come to be: at random, by mutation, and by crossing two. */

/** What genomes are made of. */
export interface Material {
  /** Sizes that make a difference to the engine, as far as is known. */
  readonly sizes: readonly number[];
  /** What sizes are multiples of. */
  readonly granuleBytes: number;
  readonly requestBytes: number;
  /** The largest alignment that is asked for, a power of two; 0 for none. */
  readonly alignBytes: number;
  /** Whether objects are resized. */
  readonly resizes: boolean;
}

const PHASES_MAX = 12;
const SIZES_MAX = 4;
/** Names of streams and seeds of phases need no more. */
const SEEDS = 1 << 16;

export function randomGenome(stream: RandomStream, material: Material): Genome {
  const phases: Phase[] = [allocation(stream, material)];
  for (let left = stream.below(4); left > 0; left--) {
    phases.push(randomPhase(stream, material));
  }
  return { phases };
}

/** A child of one parent, or of two. */
export function bred(stream: RandomStream, material: Material, parent: Genome, other: Genome): Genome {
  let phases = stream.chance(1, 4) ? crossed(stream, parent.phases, other.phases) : parent.phases;
  for (let left = stream.geometric(2); left > 0; left--) {
    phases = mutated(stream, material, phases);
  }
  return { phases: phases.slice(0, PHASES_MAX) };
}

/** The beginning of one and the end of the other. */
function crossed(stream: RandomStream, a: readonly Phase[], b: readonly Phase[]): readonly Phase[] {
  return [...a.slice(0, stream.between(1, a.length)), ...b.slice(stream.below(b.length))];
}

function mutated(stream: RandomStream, material: Material, phases: readonly Phase[]): readonly Phase[] {
  const at = stream.below(phases.length);
  const replaced = (...instead: readonly Phase[]) => [
    ...phases.slice(0, at),
    ...instead,
    ...phases.slice(at + 1),
  ];
  const phase = phases[at]!;
  switch (stream.below(10)) {
    case 0:
      return replaced(phase, randomPhase(stream, material));
    case 1:
      return phases.length > 1 ? replaced() : [...phases, randomPhase(stream, material)];
    case 2:
      return replaced(phase, phase);
    case 3:
      return wrapped(stream, phases);
    case 4:
      return [...phases, finish(stream, material)];
    default:
      return replaced(...changedPhase(stream, material, phase));
  }
}

/** Some phases in a row, over and over. */
function wrapped(stream: RandomStream, phases: readonly Phase[]): readonly Phase[] {
  const start = stream.below(phases.length);
  const end = Math.min(phases.length, start + stream.between(1, 3));
  const inner = phases.slice(start, end);
  // Repetitions of repetitions soon mean nothing but the end of the budget.
  if (inner.some(({ kind }) => kind === 'repeat')) {
    return phases;
  }
  return [...phases.slice(0, start), repetition(stream, inner), ...phases.slice(end)];
}

const FACTORS = [
  [1, 1],
  [2, 1],
  [2, 1],
  [3, 2],
  [1, 2],
  [5, 4],
] as const;

function repetition(stream: RandomStream, phases: readonly Phase[]): Phase {
  const [numerator, denominator] = pick(stream, FACTORS);
  return { kind: 'repeat', times: stream.between(2, 8), numerator, denominator, phases };
}

/** One request or one free at the end: the dearest operation is a single one. */
function finish(stream: RandomStream, material: Material): Phase {
  const amount: Amount = { kind: 'count', count: 1 };
  return stream.chance(1, 2)
    ? { ...allocation(stream, material), amount }
    : {
        kind: 'free',
        which: { ...selection(stream), perMille: stream.chance(1, 2) ? 1 : 1000 },
        order: pick(stream, FREE_ORDERS),
        seed: stream.below(SEEDS),
      };
}

function randomPhase(stream: RandomStream, material: Material): Phase {
  switch (stream.below(9)) {
    case 0:
    case 1:
    case 2:
      return allocation(stream, material);
    case 3:
    case 4:
    case 5:
      return {
        kind: 'free',
        which: selection(stream),
        order: pick(stream, FREE_ORDERS),
        seed: stream.below(SEEDS),
      };
    case 6:
      return {
        kind: 'replace',
        amount: amount(stream),
        sizes: sizes(stream, material),
        victim: pick(stream, VICTIMS),
        seed: stream.below(SEEDS),
      };
    case 7:
      if (!material.resizes) {
        return allocation(stream, material);
      }
      return { kind: 'resize', which: selection(stream), sizes: sizes(stream, material) };
    default:
      return repetition(stream, [
        {
          kind: 'free',
          which: selection(stream),
          order: pick(stream, FREE_ORDERS),
          seed: stream.below(SEEDS),
        },
        allocation(stream, material),
      ]);
  }
}

function allocation(stream: RandomStream, material: Material): Extract<Phase, { kind: 'allocate' }> {
  const isAligned = material.alignBytes > 0 && stream.chance(1, 8);
  const align = isAligned ? powerUpTo(stream, material.alignBytes) : 0;
  return { kind: 'allocate', amount: amount(stream), sizes: sizes(stream, material), align };
}

function amount(stream: RandomStream): Amount {
  switch (stream.below(4)) {
    case 0:
      return { kind: 'fill' };
    case 1:
      return { kind: 'count', count: stream.between(1, 16) };
    default:
      return { kind: 'share', perMille: stream.between(10, 600) };
  }
}

function sizes(stream: RandomStream, material: Material): Sizes {
  const bytes = [aSize(stream, material)];
  while (bytes.length < SIZES_MAX && stream.chance(1, 4)) {
    bytes.push(aSize(stream, material));
  }
  return { bytes, step: stream.chance(1, 4) ? aStep(stream, material) : 0 };
}

const aStep = (stream: RandomStream, { granuleBytes }: Material): number =>
  granuleBytes * (1 << stream.below(6)) * (stream.chance(1, 8) ? -1 : 1);

/** A size that is known to matter, or any, small ones as often as large ones. */
function aSize(stream: RandomStream, { sizes: known, requestBytes }: Material): number {
  if (known.length > 0 && stream.chance(3, 4)) {
    return pick(stream, known);
  }
  const power = powerUpTo(stream, requestBytes);
  return Math.min(requestBytes, power + stream.below(power));
}

function selection(stream: RandomStream): Selection {
  const every = pick(stream, [1, 1, 2, 2, 2, 3, 4, 8]);
  return {
    group: pick(stream, GROUPS),
    every,
    offset: stream.below(every),
    perMille: stream.chance(1, 4) ? stream.between(1, 1000) : 1000,
  };
}

/** The phase with one of its traits changed; none, some or another where it is unwrapped. */
function changedPhase(stream: RandomStream, material: Material, phase: Phase): readonly Phase[] {
  switch (phase.kind) {
    case 'allocate':
      return [
        stream.chance(1, 2)
          ? { ...phase, sizes: changedSizes(stream, material, phase.sizes) }
          : { ...phase, amount: changedAmount(stream, phase.amount) },
      ];
    case 'free':
      return [
        stream.chance(2, 3)
          ? { ...phase, which: changedSelection(stream, phase.which) }
          : { ...phase, order: pick(stream, FREE_ORDERS), seed: stream.below(SEEDS) },
      ];
    case 'replace':
      switch (stream.below(3)) {
        case 0:
          return [{ ...phase, sizes: changedSizes(stream, material, phase.sizes) }];
        case 1:
          return [{ ...phase, amount: changedAmount(stream, phase.amount) }];
        default:
          return [{ ...phase, victim: pick(stream, VICTIMS), seed: stream.below(SEEDS) }];
      }
    case 'resize':
      return [
        stream.chance(1, 2)
          ? { ...phase, sizes: changedSizes(stream, material, phase.sizes) }
          : { ...phase, which: changedSelection(stream, phase.which) },
      ];
    case 'repeat':
      return changedRepetition(stream, material, phase);
    case 'excerpt': {
      const [numerator, denominator] = pick(stream, FACTORS);
      return [
        stream.chance(1, 2)
          ? { ...phase, perMille: stream.between(50, 1000) }
          : { ...phase, numerator, denominator },
      ];
    }
  }
}

function changedRepetition(
  stream: RandomStream,
  material: Material,
  phase: Extract<Phase, { kind: 'repeat' }>,
): readonly Phase[] {
  switch (stream.below(5)) {
    case 0:
      return [{ ...phase, times: stream.between(2, 16) }];
    case 1: {
      const [numerator, denominator] = pick(stream, FACTORS);
      return [{ ...phase, numerator, denominator }];
    }
    case 2:
      return phase.phases;
    default: {
      const at = stream.below(phase.phases.length);
      const inner = phase.phases.flatMap((each, index) =>
        index === at ? changedPhase(stream, material, each) : [each],
      );
      return [{ ...phase, phases: inner }];
    }
  }
}

function changedSizes(stream: RandomStream, material: Material, { bytes, step }: Sizes): Sizes {
  const at = stream.below(bytes.length);
  const size = bytes[at]!;
  const { granuleBytes } = material;
  const instead = (other: number): Sizes => ({
    bytes: bytes.map((each, index) =>
      index === at ? Math.max(1, Math.min(other, material.requestBytes)) : each,
    ),
    step,
  });
  switch (stream.below(9)) {
    case 0:
      return instead(size * 2);
    case 1:
      return instead(size >> 1);
    case 2:
      return instead(size + granuleBytes * stream.between(1, 8));
    case 3:
      return instead(size - granuleBytes * stream.between(1, 8));
    case 4:
      return instead(size + stream.between(-4, 4));
    case 5:
      return { bytes, step: stream.chance(1, 2) ? 0 : aStep(stream, material) };
    case 6:
      return bytes.length < SIZES_MAX
        ? { bytes: [...bytes, aSize(stream, material)], step }
        : { bytes: bytes.slice(1), step };
    default:
      return instead(aSize(stream, material));
  }
}

function changedAmount(stream: RandomStream, before: Amount): Amount {
  if (before.kind === 'fill' || stream.chance(1, 3)) {
    return amount(stream);
  }
  const factor = stream.between(1, 4);
  const other = (value: number) => (stream.chance(1, 2) ? value * factor : Math.ceil(value / factor));
  return before.kind === 'count'
    ? { kind: 'count', count: Math.min(1000, other(before.count) + stream.below(3)) }
    : { kind: 'share', perMille: Math.min(1000, other(before.perMille)) };
}

function changedSelection(stream: RandomStream, before: Selection): Selection {
  switch (stream.below(4)) {
    case 0:
      return { ...before, group: pick(stream, GROUPS) };
    case 1: {
      const every = stream.between(1, 8);
      return { ...before, every, offset: stream.below(every) };
    }
    case 2:
      return { ...before, perMille: stream.chance(1, 2) ? 1000 : stream.between(1, 1000) };
    default:
      return { ...before, offset: stream.below(before.every) };
  }
}

/** A power of two up to a size, each as likely. */
function powerUpTo(stream: RandomStream, most: number): number {
  const powers = [1];
  for (let power = 2; power <= most; power *= 2) {
    powers.push(power);
  }
  return pick(stream, powers);
}

const pick = <Item>(stream: RandomStream, items: readonly Item[]): Item => items[stream.below(items.length)]!;
