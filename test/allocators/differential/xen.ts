import * as fc from 'fast-check';
import { engineNamed } from '../../../allocators/registry';
import type { EngineDefinition } from '../../../harness/replay/port';
import { replay } from '../../../harness/replay/replay';
import { createStack } from '../../../harness/replay/stack';
import { EventColumns } from '../../../traces/columns';
import { OP, TraceEvent } from '../../../traces/trace';
import { testimony, type Operation, type Subject } from '../xen/witnesses/witness';
import { csvOf, SIZES, traces } from './traces';

/** Xen's engines against their witnesses: every placement and the outcome, under every option that places. */

export const XEN_ENGINES = [
  'xenheap-pages',
  'xmalloc-first-fit',
  'xmalloc-tlsf-2008',
  'xmalloc-tlsf',
  'vmalloc',
  'xvmalloc',
] as const;

/** Values of integer options: nothing, a little, and more than there is. */
const INTEGERS: Readonly<Record<string, readonly string[]>> = {
  'idle-scrub': ['0', '0', '1', '3', '16', '10000'],
  zones: ['1', '3'],
};

export interface FuzzFigures {
  readonly cases: number;
  readonly operations: number;
}

/** Heaps of up to 20 MiB; of some 160 MiB, which virtual areas are exhausted by; of over 2 GiB. */
export type Scale = keyof typeof SCALES;

const pagesUpTo = (pages: number): fc.Arbitrary<number> =>
  fc.oneof(
    SIZES,
    fc.integer({ min: 1, max: pages }).map((count) => count * 4096),
    fc
      .tuple(fc.integer({ min: 1, max: pages }), fc.nat(300))
      .map(([count, less]) => Math.max(0, count * 4096 - less)),
  );

const SCALES = {
  small: {
    heapPages: fc.oneof(
      { weight: 1, arbitrary: fc.integer({ min: 1, max: 8 }) },
      { weight: 4, arbitrary: fc.integer({ min: 9, max: 300 }) },
      { weight: 2, arbitrary: fc.integer({ min: 301, max: 5000 }) },
    ),
    sizes: SIZES,
    stepsMax: 150,
  },
  large: { heapPages: fc.integer({ min: 33_000, max: 42_000 }), sizes: pagesUpTo(12_000), stepsMax: 20 },
  huge: {
    heapPages: fc.integer({ min: 2 ** 19, max: 3 * 2 ** 18 }),
    sizes: pagesUpTo(2 ** 19),
    stepsMax: 20,
  },
} as const;

/**
 * Rejects with the shortest trace found in which engine and witness differ, as a canonical trace.
 */
export async function fuzzXen(
  engine: (typeof XEN_ENGINES)[number],
  seed: number,
  cases: number,
  scale: Scale = 'small',
): Promise<FuzzFigures> {
  const definition = engineNamed(engine);
  let operations = 0;
  const subject = subjects(engine, definition, SCALES[scale].heapPages);
  const property = fc.asyncProperty(subject, tracesOf(definition, scale), async (of, trace) => {
    operations += trace.length;
    const difference = await differenceOf(of, trace, definition);
    if (difference !== undefined) {
      throw new Error(report(of, trace, difference));
    }
  });
  await fc.assert(property, { seed, numRuns: cases, includeErrorInReport: true });
  return { cases, operations };
}

function tracesOf({ capabilities }: EngineDefinition, scale: Scale): fc.Arbitrary<Operation[]> {
  const { sizes, stepsMax } = SCALES[scale];
  return traces({ resizes: capabilities.includes('reallocate'), stepsMax, sizes });
}

function subjects(
  engine: string,
  { options }: EngineDefinition,
  heapPages: fc.Arbitrary<number>,
): fc.Arbitrary<Subject> {
  const values = Object.entries(options).map(([name, option]) => {
    const choices = option.kind === 'choice' ? option.choices : INTEGERS[name]!;
    return [name, fc.constantFrom(...choices)] as const;
  });
  return fc.record({
    engine: fc.constant(engine),
    options: fc.record(Object.fromEntries(values)).map(agreeing),
    heapPages,
    virtualPages: fc.constantFrom(32_768, 34_000, 2 ** 24),
  });
}

/** The page allocator of 2008 scrubs nothing and has one zone. */
function agreeing(options: Record<string, string>): Record<string, string> {
  const isOld = (options['version'] ?? options['page-version']) === '2008';
  return isOld ? { ...options, 'idle-scrub': '0', zones: '1' } : options;
}

/** What the engine and its witness say that differs; undefined where nothing does. */
async function differenceOf(
  subject: Subject,
  operations: readonly Operation[],
  definition: EngineDefinition,
): Promise<string | undefined> {
  const { heapPages, virtualPages, options } = subject;
  const machine = { heapPages, virtualPages, drain: () => {} };
  const stack = createStack(definition, options, machine, engineNamed);
  const chunks: string[] = [];
  const { outcome } = await replay(traceOf(operations), stack, [], {
    placements: (chunk) => chunks.push(Buffer.from(chunk).toString('latin1')),
  });
  const { placements, crashed } = testimony(subject, operations);
  const actual = chunks.join('');
  const [ours, theirs] = [actual.split('\n'), placements.split('\n')];
  if (outcome.kind === 'corrupt' && subject.options['build'] === 'release') {
    // Nothing was mapped where two mappings then begin: the oracle ends the replay where the real code goes on.
    const last = ours.length - 1;
    const isOver = outcome.problem.endsWith(`${theirs[last]!.split(',')[3]!.slice(2)})`);
    return isOver && theirs.slice(0, last).join() === ours.slice(0, last).join()
      ? undefined
      : outcome.problem;
  }
  if (actual !== placements) {
    const index = theirs.findIndex((line, at) => line !== ours[at]);
    return `engine ${ours[index]}, witness ${theirs[index]}`;
  }
  if ((outcome.kind === 'ok') === crashed) {
    return `engine ${JSON.stringify(outcome)}, witness ${crashed}`;
  }
  if (!crashed) {
    stack.engine.check();
  }
  return undefined;
}

function traceOf(operations: readonly Operation[]) {
  const columns = new EventColumns();
  const event = new TraceEvent();
  for (const { op, id, size, align } of operations) {
    event.set(OP[op], id, size, align);
    columns.append(event);
  }
  return columns.trace({ name: 'differential', origin: { kind: 'recorded', format: 'csv' } });
}

function report(
  { engine, options, heapPages, virtualPages }: Subject,
  trace: readonly Operation[],
  difference: string,
): string {
  const given = Object.entries(options).map(([name, value]) => `-o ${name}=${value}`);
  const command = [`run -a ${engine}`, ...given, `--heap-pages ${heapPages} --virtual-pages ${virtualPages}`];
  return `${difference}\n${command.join(' ')}\n${csvOf(trace)}`;
}
