import { textbookFirstFit } from '../../../allocators/textbook/textbook-first-fit';
import type { Rule } from '../../../harness/conformance/rules';
import { HeapCorruption } from '../../../harness/machine/failures';
import type { Machine } from '../../../harness/machine/machine';
import { HEAP_BASE } from '../../../harness/machine/memory-layout';
import type { Engine, EngineDefinition, Quirk } from '../../../harness/replay/port';
import { BUG, isBlock, NULL, ZERO, type Placement } from '../../../traces/trace';

/** What a broken engine changes of the sound one underneath. */
export type Break = (sound: Engine, machine: Machine) => Partial<Engine>;

/** First fit with headers, which is sound, but for what `breaks` changes. */
export function brokenDefinition(breaks: Break, changes: Partial<EngineDefinition> = {}): EngineDefinition {
  return {
    ...textbookFirstFit,
    name: 'broken',
    options: {},
    create(machine) {
      const heap = textbookFirstFit.create(
        machine,
        { headers: 'yes', granule: '16' },
        () => textbookFirstFit,
      );
      const sound: Engine = {
        start: () => heap.start(),
        allocate: (bytes, align) => heap.allocate(bytes, align),
        free: (object, bytes, align) => heap.free(object, bytes, align),
        reallocate: (object, bytes, align, oldBytes) => heap.reallocate!(object, bytes, align, oldBytes),
        blockAt: (object, bytes, align) => heap.blockAt(object, bytes, align),
        walk: (visit) => heap.walk(visit),
        check: () => heap.check(),
      };
      return { ...sound, ...breaks(sound, machine) };
    },
    ...changes,
  };
}

export interface BrokenEngine {
  /** Completes "an engine that …". */
  readonly what: string;
  readonly rule: Rule;
  readonly reason: RegExp;
  readonly definition: EngineDefinition;
  /** Whether other rules are broken too, as a consequence. */
  readonly othersToo: boolean;
}

function breaking(
  rule: Rule,
  what: string,
  reason: RegExp,
  breaks: Break,
  { othersToo = false, ...changes }: Partial<EngineDefinition> & { othersToo?: boolean } = {},
): BrokenEngine {
  return { rule, what, reason, definition: brokenDefinition(breaks, changes), othersToo };
}

const sound: Break = () => ({});
const quirk: Quirk = { name: 'odd', summary: 'odd', source: 'made up' };

/** What no engine may have: state outside of all machines. */
const outside = { calls: 0 };

const SAYING: readonly BrokenEngine[] = [
  breaking('described', 'has no lineage', /lineage: ""; expected a text that is not empty/, sound, {
    lineage: '',
  }),
  breaking('described', 'has version 0', /version: 0; expected a version number from 1/, sound, {
    version: 0,
  }),
  breaking('described', 'serves more than it says', /201 bytes succeeds, beyond requestBytesMax/, sound, {
    constants: { ...textbookFirstFit.constants, requestBytesMax: 200 },
  }),
  breaking('honest', 'hides a verb', /dump is there and not declared/, () => ({ dump: () => undefined })),
  breaking('honest', 'promises a verb', /poolCheck is declared and missing/, sound, {
    capabilities: ['reallocate', 'poolCheck'],
  }),
  breaking('configurable', 'cannot be made under an option', /mode=bad: RangeError: no such mode/, sound, {
    options: { mode: { kind: 'choice', summary: 'mode', choices: ['good', 'bad'], byDefault: 'good' } },
    create(machine, options, engineNamed) {
      if (options['mode'] === 'bad') {
        throw new RangeError('no such mode');
      }
      return brokenDefinition(sound).create(machine, {}, engineNamed);
    },
  }),
  breaking('quirky', 'claims a quirk that never shows', /odd does not show$/, sound, {
    quirks: [{ ...quirk, demonstration: { operations: ['alloc,1,8,0'], shows: () => false } }],
  }),
  breaking(
    'quirky',
    'claims a quirk by a run that fails',
    /odd does not show: .*object 1, which is not live/,
    sound,
    {
      quirks: [{ ...quirk, demonstration: { operations: ['free,1,0,0'], shows: () => true } }],
    },
  ),
  breaking(
    'bounded',
    'takes longer than it says',
    /alloc of \d+ bytes takes \d+ accesses, at most 5/,
    sound,
    {
      bounds: [{ verb: 'alloc', unit: 'accesses', most: 5, statement: 'five', source: 'made up' }],
    },
  ),
];

const PLACING: readonly BrokenEngine[] = [
  breaking('served', 'refuses a size', /"alloc,1,100,0" on an empty heap returns NULL/, ({ allocate }) => ({
    allocate: (bytes, align) => (bytes === 100 ? NULL : allocate(bytes, align)),
  })),
  breaking(
    'served',
    'stops at an alignment',
    /"alloc,1,1,2048" on an empty heap returns BUG/,
    ({ allocate }) => ({
      allocate: (bytes, align) => (align > 1024 ? BUG : allocate(bytes, align)),
    }),
  ),
  breaking('served', 'returns ZERO for something', /"alloc,1,50,0" returned the word 1/, ({ allocate }) => ({
    allocate: (bytes, align) => (bytes === 50 ? ZERO : allocate(bytes, align)),
  })),
  breaking('aligned', 'forgets alignments above 64', /"alloc,1,1,128" at 0x/, ({ allocate }) => ({
    allocate: (bytes, align) => allocate(bytes, Math.min(align, 64)),
  })),
  breaking(
    'held',
    'places beyond what it holds',
    /"alloc,\d+,55,0" at 0x/,
    ({ allocate, free }, { layout: { heapBytes } }) => ({
      allocate: (bytes, align) =>
        bytes === 55 ? ((HEAP_BASE + heapBytes - 64) as Placement) : allocate(bytes, align),
      free: (object, bytes, align) => (bytes === 55 ? undefined : free(object, bytes, align)),
    }),
    { othersToo: true },
  ),
  breaking(
    'apart',
    'takes less than it is asked for',
    /"alloc,\d+,\d+,\d+" at 0x\w+ over object \d+/,
    ({ allocate }) => ({ allocate: (bytes, align) => allocate(bytes > 512 ? bytes - 256 : bytes, align) }),
    { othersToo: true },
  ),
  breaking(
    'returned',
    'never takes anything back',
    /the same work takes at most \d+, then \d+/,
    () => ({ free: () => undefined }),
    { othersToo: true },
  ),
  breaking(
    'kept',
    'writes into the tails of older objects',
    /byte \d+ of object \d+ \(\d+ bytes\) was changed .*; written by "(re)?alloc,\d+,\d+,\d+" in broken: append \(heap of/,
    (heap, machine) => appendsIntoTails(heap, machine),
  ),
  breaking(
    'kept',
    'moves without copying',
    /byte 0 of object \d+ \(\d+ bytes\) was changed by "realloc/,
    (heap) => ({
      reallocate(object, bytes, align, oldBytes) {
        const moved = heap.allocate(bytes, align);
        if (isBlock(moved)) {
          heap.free(object, oldBytes, 0);
        }
        return moved;
      },
    }),
  ),
];

/** A region is appended behind the block before it, whose last word then says so. */
const appendsIntoTails: Break = (heap, machine) => {
  const steps = machine.defineSteps('broken', { append: { instructions: 1 } });
  return {
    allocate(bytes, align) {
      const object = heap.allocate(bytes, align);
      const block = isBlock(object) ? heap.blockAt(object, bytes, align) : undefined;
      heap.walk((start, length, state) => {
        if (state === 'allocated' && start + length === block?.start) {
          machine.store(start + length - 16, 0xbad);
        }
      });
      machine.work(steps.append);
      return object;
    },
  };
};

const LOOKING: readonly BrokenEngine[] = [
  breaking('intact', 'fails at a size', /"alloc,1,777,0" failed: TypeError: oops/, ({ allocate }) => ({
    allocate(bytes, align) {
      if (bytes === 777) {
        throw new TypeError('oops');
      }
      return allocate(bytes, align);
    },
  })),
  breaking('intact', 'never passes its own check', /an observer failed: HeapCorruption: always/, () => ({
    check() {
      throw new HeapCorruption(HEAP_BASE, 'always');
    },
  })),
  breaking('intact', 'cannot be made at all', /cannot be made or looked at: RangeError: never/, sound, {
    create() {
      throw new RangeError('never');
    },
  }),
  breaking(
    'tiled',
    'shows a block twice',
    /1 of the blocks that the walk visits overlap others/,
    ({ walk }) => ({
      walk(visit) {
        walk(visit);
        visit(HEAP_BASE, 16, 'metadata');
      },
    }),
  ),
  breaking('located', 'overstates its blocks', /the walk does not/, ({ blockAt }) => ({
    blockAt(object, bytes, align) {
      const block = blockAt(object, bytes, align);
      return block && { ...block, bytes: block.bytes + 16 };
    },
  })),
  breaking('located', 'knows none of its blocks', /blockAt knows no block of the live object/, () => ({
    blockAt: () => undefined,
  })),
  breaking(
    'deterministic',
    'remembers outside of its machine',
    /two machines in turns do not do what one alone does/,
    ({ allocate }) => ({ allocate: (bytes, align) => allocate(bytes + (outside.calls++ % 3), align) }),
    { othersToo: true },
  ),
  breaking(
    'remembered',
    'remembers outside of memory',
    /does 0x\w+ with \d+ accesses, not 0x/,
    ({ allocate }, machine) => {
      let calls = 0;
      return {
        allocate(bytes, align) {
          if (calls++ % 16 === 7) {
            machine.load(HEAP_BASE);
          }
          return allocate(bytes, align);
        },
      };
    },
  ),
  breaking('guarded', 'checks nothing', /changes what the engine does, and nothing reports it/, () => ({
    check: () => undefined,
  })),
  breaking(
    'guarded',
    'crashes over damage',
    /the byte at .* changed by 0x\w+: RangeError: what/,
    ({ check }) => ({
      check() {
        try {
          check();
        } catch {
          throw new RangeError('what?');
        }
      },
    }),
  ),
  breaking(
    'guarded',
    'hangs over damage',
    /Stuck: looked at memory more than \d+ times/,
    ({ check }, machine) => ({
      check() {
        try {
          check();
        } catch {
          for (;;) {
            machine.peek(HEAP_BASE);
          }
        }
      },
    }),
  ),
];

/** One for each way to break each rule. */
export const BROKEN_ENGINES: readonly BrokenEngine[] = [...SAYING, ...PLACING, ...LOOKING];
