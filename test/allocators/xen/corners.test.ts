import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { engineNamed } from '../../../allocators/registry';
import { replay } from '../../../harness/replay/replay';
import { createStack } from '../../../harness/replay/stack';
import { traceOf } from '../../harness/replay/toy-engine';

/**
 * Placements where no golden reaches: expected is what a second model of each engine, written from the specification
 * alone, places. That model reproduces all goldens, and agrees with the engines on millions of random operations.
 */

interface Corner {
  readonly what: string;
  readonly engine: string;
  readonly heapPages: number;
  readonly virtualPages?: number;
  readonly options?: Readonly<Record<string, string>>;
  /** Rows of the trace, each with the offset it prints. */
  readonly rows: readonly (readonly [event: string, offset: string])[];
}

const ALIGN_512_MIB = 2 ** 29;
const VIRTUAL_32760_PAGES = 32_760 * 4096;
const VIRTUAL_32765_PAGES = 32_765 * 4096;
const VIRTUAL_32766_PAGES = 32_766 * 4096;

const CORNERS: readonly Corner[] = [
  {
    what: 'an aligned object of no bytes lies behind the end of its pages, and of the heap',
    engine: 'xmalloc-tlsf-2008',
    heapPages: 61,
    rows: [
      ['alloc,0,100,0', '0x3c010'],
      ['free,0,0,0', '-'],
      ['alloc,1,0,4096', '0x3d000'],
      ['alloc,2,0,16384', '0x38000'],
      ['alloc,3,0,2048', '0x39800'],
      ['free,2,0,0', '-'],
      ['free,1,0,0', '-'],
      ['free,3,0,0', '-'],
    ],
  },
  {
    what: 'the first region is made before whole pages are taken',
    engine: 'xmalloc-tlsf-2008',
    heapPages: 64,
    rows: [
      ['alloc,0,8000,0', '0x3a010'],
      ['alloc,1,16,0', '0x3d010'],
      ['free,1,0,0', '-'],
      ['alloc,2,16,0', '0x39010'],
      ['alloc,3,4033,0', 'NULL'],
    ],
  },
  {
    what: 'the heap begins at an address aligned to anything, with padding',
    engine: 'xmalloc-tlsf-2008',
    heapPages: 2 ** 18 + 4,
    rows: [
      [`alloc,0,16,${ALIGN_512_MIB}`, '0x20000000'],
      ['free,0,0,0', '-'],
    ],
  },
  {
    what: 'the heap begins at an address aligned to anything, whole pages',
    engine: 'xmalloc-tlsf',
    heapPages: 2 ** 18,
    rows: [
      [`alloc,0,16,${ALIGN_512_MIB}`, '0x0'],
      [`realloc,0,4096,${ALIGN_512_MIB}`, '0x0'],
      [`realloc,0,4097,${ALIGN_512_MIB}`, 'NULL'],
      ['free,0,0,0', '-'],
    ],
  },
  {
    what: 'reallocs of the constant, to the constant, to other alignments, of whole pages',
    engine: 'xmalloc-tlsf',
    heapPages: 8,
    rows: [
      ['alloc,0,0,0', 'ZERO'],
      ['realloc,0,100,0', '0x5010'],
      ['alloc,1,4033,0', '0x4000'],
      ['realloc,0,16000,0', '0x0'],
      ['realloc,0,5000,0', '0x0'],
      ['realloc,1,20,0', '0x4000'],
      ['realloc,1,20,8192', '0x4000'],
      ['realloc,1,0,0', 'ZERO'],
      ['realloc,1,17,256', '0x5100'],
      ['realloc,1,17,64', '0x5040'],
      ['free,0,0,0', '-'],
      ['free,1,0,0', '-'],
    ],
  },
  {
    what: 'reallocs between heap and mappings, some of which fail',
    engine: 'xvmalloc',
    heapPages: 12,
    rows: [
      ['alloc,0,8192,0', 'v:0x201000'],
      ['alloc,1,100,0', '0x6010'],
      ['realloc,1,20000,0', 'v:0x204000'],
      ['realloc,0,40000,0', 'NULL'],
      ['realloc,0,8000,0', 'v:0x201000'],
      ['realloc,0,10,8192', 'BUG'],
      ['alloc,2,4100,0', 'v:0x20a000'],
      ['realloc,0,16,0', '0x6010'],
      ['realloc,1,4096,0', '0x7000'],
      ['realloc,0,0,0', 'ZERO'],
      ['realloc,2,0,0', 'ZERO'],
      ['realloc,2,4097,0', 'v:0x201000'],
      ['free,1,0,0', '-'],
    ],
  },
  {
    what: 'a mapping may end where the area ends',
    engine: 'vmalloc',
    heapPages: 33_000,
    virtualPages: 32_768,
    rows: [
      [`alloc,0,${VIRTUAL_32766_PAGES},0`, '0x2000'],
      ['alloc,1,4096,0', 'NULL'],
      ['free,1,0,0', '-'],
      ['free,0,0,0', '-'],
      ['alloc,3,4096,0', '0x2000'],
    ],
  },
  {
    what: 'a mapping may lie across the end of the first bitmap page',
    engine: 'vmalloc',
    heapPages: 33_100,
    virtualPages: 32_800,
    rows: [
      [`alloc,0,${VIRTUAL_32760_PAGES},0`, '0x3000'],
      ['alloc,1,40960,0', '0x7ffc000'],
      ['alloc,2,4096,0', '0x8007000'],
      ['alloc,3,90000,0', '0x8009000'],
      ['free,1,0,0', '-'],
      ['alloc,4,8192,0', '0x7ffc000'],
    ],
  },
  {
    what: 'without assertions a mapping of nothing may lie where the area ends',
    engine: 'vmalloc',
    heapPages: 33_000,
    virtualPages: 32_768,
    options: { build: 'release' },
    rows: [
      [`alloc,0,${VIRTUAL_32765_PAGES},0`, '0x2000'],
      ['alloc,1,0,0', '0x8000000'],
      ['alloc,2,4096,0', 'NULL'],
      ['free,1,0,0', '-'],
      ['free,0,0,0', '-'],
      ['alloc,3,4096,0', '0x2000'],
      ['alloc,4,0,0', '0x4000'],
      ['alloc,5,8192,0', '0x5000'],
      ['free,4,0,0', '-'],
      ['alloc,6,4096,0', '0x8000'],
    ],
  },
  {
    what: 'what idle CPUs have scrubbed goes first',
    engine: 'xenheap-pages',
    heapPages: 16,
    options: { version: 'head', 'idle-scrub': '1' },
    rows: [
      ['alloc,0,4096,0', '0xf000'],
      ['alloc,1,4096,0', '0xe000'],
      ['alloc,2,4096,0', '0xd000'],
      ['alloc,3,4096,0', '0xc000'],
      ['alloc,4,4096,0', '0xb000'],
      ['free,1,0,0', '-'],
      ['free,3,0,0', '-'],
      ['alloc,5,4096,0', '0xc000'],
      ['alloc,6,4096,0', '0xe000'],
      ['alloc,7,8192,0', '0x8000'],
    ],
  },
];

for (const { what, engine, heapPages, virtualPages = 2 ** 24, options = {}, rows } of CORNERS) {
  test(`${engine}: ${what}`, async () => {
    const machine = { heapPages, virtualPages, drain: () => {} };
    const stack = createStack(engineNamed(engine), options, machine, engineNamed);
    let text = '';
    const report = await replay(traceOf(rows.map(([event]) => event)), stack, [], {
      placements: (chunk) => void (text += Buffer.from(chunk).toString('latin1')),
    });
    assert.equal(
      text
        .trimEnd()
        .split('\n')
        .slice(1)
        .map((line) => line.split(',')[3]),
      rows.map(([, offset]) => offset),
    );
    assert.is(report.outcome.kind, 'ok');
    stack.engine.check();
  });
}

test.run();
