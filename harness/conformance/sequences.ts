import * as fc from 'fast-check';
import type { OpName } from '../../traces/trace';
import type { Capability } from '../replay/port';
import { operation, type ConformanceOperation } from './operation';

/**
 * Legal sequences of operations, drawn at random from fixed seeds. A sequence is drawn as commands that make sense in
 * any order ("free one of those that live") and only then turned into operations, so that it stays legal when the
 * library leaves commands out to find the shortest failing one.
 */

export const SEED = 20081016;

interface Command {
  readonly op: OpName;
  /** Which of the objects that could be meant, modulo their number. */
  readonly pick: number;
  readonly size: number;
  readonly align: number;
  readonly offset: number;
  readonly span: number;
}

/** Sizes around everything that allocators treat apart: granules, size classes, headers, pages, several pages. */
const sizes = fc.oneof(
  { arbitrary: fc.nat(256), weight: 4 },
  { arbitrary: fc.integer({ min: 257, max: 3400 }), weight: 3 },
  { arbitrary: fc.integer({ min: 3400, max: 4200 }), weight: 4 },
  { arbitrary: fc.integer({ min: 4201, max: 20_000 }), weight: 2 },
  { arbitrary: fc.constantFrom(0, 1, 16, 4032, 4033, 4080, 4096, 4097, 8192), weight: 1 },
);

const aligns = fc.oneof(
  { arbitrary: fc.constant(0), weight: 6 },
  { arbitrary: fc.nat(7).map((power) => 1 << power), weight: 2 },
  { arbitrary: fc.nat(12).map((power) => 1 << power), weight: 1 },
);

/** How often each operation is drawn; verbs that need a capability are drawn only where the engine has it. */
const WEIGHTS: readonly (readonly [op: OpName, weight: number, capability?: Capability])[] = [
  ['alloc', 10],
  ['free', 8],
  ['realloc', 4, 'reallocate'],
  ['alignedalloc', 3, 'alignedAllocate'],
  ['msize', 2, 'usableSize'],
  ['compact', 1, 'compact'],
  ['check', 1, 'poolCheck'],
  ['dump', 1, 'dump'],
  ['enter', 2, 'scopes'],
  ['temp', 6, 'scopes'],
  ['adopt', 1, 'scopes'],
  ['leave', 2, 'scopes'],
  ['freeall', 1, 'scopes'],
];

/** Draws legal sequences of at most `lengthMax` operations for an engine with these capabilities. */
export function sequences(
  capabilities: readonly Capability[],
  lengthMax: number,
): fc.Arbitrary<ConformanceOperation[]> {
  const ops = WEIGHTS.filter(([, , needed]) => needed === undefined || capabilities.includes(needed));
  const command = fc.record<Command>({
    op: fc.oneof(...ops.map(([op, weight]) => ({ arbitrary: fc.constant(op), weight }))),
    pick: fc.nat(1023),
    size: sizes,
    align: aligns,
    offset: fc.nat(64),
    span: fc.constantFrom(0, 0, 4096, 65_536),
  });
  return fc.array(command, { minLength: 1, maxLength: lengthMax, size: 'max' }).map(legalOperations);
}

/** One sequence, always the same one. */
export function someSequence(
  capabilities: readonly Capability[],
  length: number,
  seed = SEED,
): ConformanceOperation[] {
  const arbitrary = sequences(capabilities, length).filter((drawn) => drawn.length > length / 2);
  return fc.sample(arbitrary, { seed, numRuns: 1 })[0]!;
}

/** Turns commands into operations on objects that live; those that can mean nothing are left out. */
function legalOperations(commands: readonly Command[]): ConformanceOperation[] {
  const operations: ConformanceOperation[] = [];
  const live: number[] = [];
  let openScopes = 0;
  let nextId = 1;
  const take = (pick: number) => live.splice(pick % live.length, 1)[0]!;
  for (const { op, pick, size, align, offset, span } of commands) {
    const isOnObject = op === 'free' || op === 'realloc' || op === 'msize' || op === 'adopt';
    const needsScope = op === 'temp' || op === 'adopt' || op === 'leave' || op === 'freeall';
    if ((isOnObject && live.length === 0) || (needsScope && openScopes === 0)) {
      continue;
    }
    switch (op) {
      case 'alloc':
        live.push(nextId);
        operations.push(operation(op, nextId++, size, align));
        break;
      case 'alignedalloc': {
        const canKeepSpan = align > 0 && size + align < span;
        live.push(nextId);
        operations.push(
          operation(op, nextId++, size, align, offset % Math.max(align, 1), canKeepSpan ? span : 0),
        );
        break;
      }
      case 'temp':
        operations.push(operation(op, nextId++, size));
        break;
      case 'free':
      case 'adopt':
        operations.push(operation(op, take(pick)));
        break;
      case 'realloc':
        // An object resized to nothing is gone in some allocators and a constant in others: nobody refers to it again.
        operations.push(operation(op, size === 0 ? take(pick) : live[pick % live.length]!, size, align));
        break;
      case 'msize':
        operations.push(operation(op, live[pick % live.length]!));
        break;
      default:
        openScopes += op === 'enter' ? 1 : op === 'leave' ? -1 : 0;
        operations.push(operation(op));
    }
  }
  return operations;
}
