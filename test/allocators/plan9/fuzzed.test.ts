import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  formatPlan9VectorRow,
  plan9VectorOptions,
  Plan9VectorRun,
  readPlan9Vector,
} from '../../../allocators/plan9/vectors';

/**
 * Corners that no golden reaches, shrunk from random traces which a second model, written from the description of the
 * pool alone, answered differently. The expected rows are that model's.
 */

interface Corner {
  readonly layout: string;
  readonly config?: string;
  readonly rows: readonly string[];
  /** Rows that must be among those of the run. */
  readonly expected: readonly string[];
}

function assertCorner({ layout, config = 'sbrkmem', rows, expected }: Corner): void {
  const run = new Plan9VectorRun({ engine: plan9VectorOptions(layout, config) });
  const operations = readPlan9Vector(['op,id,size,align,offset,span', ...rows].join('\n'), 'corner.csv');
  const lines = [...run.rows(operations)].map(formatPlan9VectorRow);
  const missing = expected.filter((line) => !lines.includes(line));
  assert.equal(missing, [], lines.join('\n'));
}

test('what an aligned allocation leaves may be too small: the unsigned surplus is split off all the same', () => {
  assertCorner({
    layout: 'ilp32',
    config: 'sbrkmem minblock=512',
    rows: ['alignedalloc,6,45,8192,8193,0', 'msize,6', 'alloc,7,100', 'reset,0,end'],
    expected: ['0,alignedalloc,6,8193,512,arena:8:8320', '1,msize,6,8193,496,', '2,alloc,7,40,512,'],
  });
  assertCorner({
    layout: 'ilp32',
    config: 'sbrkmem minarena=16384 descending=1',
    rows: [
      'alloc,0,47',
      'alloc,1,307',
      'realloc,3,114',
      'alignedalloc,4,0,3,-16,16',
      'alloc,5,20',
      'reset,0,end',
    ],
    expected: ['3,alignedalloc,4,536855122,64,', '4,alloc,5,536855136,64,'],
  });
  assertCorner({
    layout: 'llp64',
    config: 'imagmem minblock=72 merge=0',
    rows: [
      'alloc,161,9141',
      'alloc,162,51',
      'free,161',
      'alloc,163,782',
      'alloc,164,5226',
      'free,163',
      'alloc,169,8160',
      'alloc,170,1157',
      'alloc,173,1427',
      'alloc,176,18',
      'alloc,218,69',
      'alignedalloc,223,39,100,-101,8192',
      'reset,0,end',
    ],
    expected: ['11,alignedalloc,223,-1,,fault:access outside the region'],
  });
  assertCorner({
    layout: 'lp64',
    rows: [
      'alloc,0,0',
      'alignedalloc,1,0,64,-64,0',
      'alloc,2,0',
      'alignedalloc,3,0,64,-64,0',
      'alloc,4,5',
      'reset,0,end',
    ],
    expected: [
      '1,alignedalloc,1,192,96,',
      '2,alloc,2,240,64,',
      '3,alignedalloc,3,320,96,',
      '4,alloc,4,400,64,',
    ],
  });
});

test('what lies beyond the region cannot be shown or written', () => {
  assertCorner({
    layout: 'lp64',
    config: 'sbrkmem descending=1',
    rows: ['alloc,3,57', 'peek,3,64,0,169', 'peek,3,128,0,4000'],
    expected: [
      '1,peek,3,536867017,,bytes:00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000',
      '2,peek,3,536870848,,fault:access outside the region',
      '2,stopped,-1,-1,,',
    ],
  });
  assertCorner({
    layout: 'ilp32',
    config: 'sbrkmem descending=1',
    rows: ['alloc,3,57', 'overrun,3,8,65,4040'],
    expected: ['1,overrun,3,536870913,,fault:access outside the region', '1,stopped,-1,-1,,'],
  });
});

test('a state row tells a corrupted 64-bit size exactly', () => {
  assertCorner({
    layout: 'lp64',
    rows: ['reset,96,corrupt', 'alloc,0,51', 'alloc,1,55', 'alignedalloc,4,6144,64,128,8192', 'free,4'],
    expected: [
      '4,state,-1,-1,,cursize=10464;curfree=3984;curalloc=6432;nfree=0;lastcompact=0;arenas=1;blocks=4;blockhash=045cadc9;treenodes=1;treeheight=1;treehash=90ac1782',
    ],
  });
});

test('a corrupted free block that the tree does not hold under its size fails an assertion', () => {
  assertCorner({
    layout: 'llp64',
    config: 'imagmem minarena=1 maxsize=8192 gap=8',
    rows: [
      'reset,96,corrupt',
      'alloc,0,1008',
      'realloc,0,47',
      'alignedalloc,4,961,48,63,1024',
      'free,4',
      'alloc,5,14',
    ],
    expected: ['5,alloc,5,-1,,assert:olst != nil', '5,stopped,-1,-1,,'],
  });
});

test('a state row over unnoticed damage faults and does not end the run', () => {
  assertCorner({
    layout: 'ilp32',
    rows: ['alloc,0,100', 'alloc,1,300', 'alloc,2,100', 'free,1', 'overrun,1,16,65,-300'],
    expected: ['4,state,-1,-1,,fault:access outside the region'],
  });
});

test('a gap larger than its block wraps, and so does the size that would be needed', () => {
  assertCorner({
    layout: 'ilp32',
    rows: ['alloc,0,112', 'overrun,0,1,150,2', 'check,0'],
    expected: ['2,check,0,-1,,print:mem user overflow;panic:pool panic'],
  });
  assertCorner({
    layout: 'llp64',
    rows: ['alloc,0,112', 'overrun,0,1,150,2', 'check,0'],
    expected: ['2,check,0,-1,ok,'],
  });
  // Under lp64 msize notices that more data than the block holds was noted.
  assertCorner({
    layout: 'lp64',
    rows: ['alloc,0,112', 'overrun,0,1,170,18', 'msize,0'],
    expected: ['2,stopped,-1,-1,,'],
  });
});

test('an aligned pointer beyond 4 GiB wraps as 32-bit pointers do, and the program faults', () => {
  assertCorner({
    layout: 'ilp32',
    rows: ['alignedalloc,0,4096,4294963200,1,16384'],
    expected: ['0,alignedalloc,0,-1,,arena:8:4128;fault:access outside the region'],
  });
  // 64-bit pointers do not wrap.
  assertCorner({
    layout: 'llp64',
    rows: ['alignedalloc,0,4096,4294963200,1,16384'],
    expected: [
      '0,alignedalloc,0,-1,,arena:8:4128;errstr:cannot satisfy dsize 4096 span 16384 with align 4294963200+1',
    ],
  });
});

test('a realloc adds to its block what a neighbour of less than nothing has, as 64-bit words do', () => {
  assertCorner({
    layout: 'lp64',
    config: 'sbrkmem quantum=1000',
    rows: ['alloc,0,8192', 'alloc,1,0', 'free,0', 'alignedalloc,2,0,100,3073', 'realloc,2,1024'],
    expected: ['3,alignedalloc,2,11417,1048,', '4,realloc,2,-1,,fault:access outside the region'],
  });
});

test('a dump prints 64-bit words exactly', () => {
  assertCorner({
    layout: 'lp64',
    config: 'sbrkmem quantum=72',
    rows: ['reset,4,dump', 'alloc,0,4096', 'alloc,1,0', 'alloc,2,385', 'alignedalloc,3,0,256,-1489,0'],
    expected: [
      '4,alignedalloc,3,5167,168,print:pool POOL ref;print:(@16 c0a1e5cf 48);print:(@64 0a110c09 4280);print:(@4344 0a110c09 128);print:(@4472 0a110c09 424);print:(@4896 ba5eba11 3488);print:;print:pool POOL ref;print:(@16 c0a1e5cf 48);print:(@64 0a110c09 4280);print:(@4344 0a110c09 128);print:(@4472 0a110c09 424);print:(@4896 ba5eba11 184);print:(@5080 0a110c09 168);print:(@5248 ba5eba11 18446744073709551552);print:(@5184 ba5eba11 3200);print:',
    ],
  });
  assertCorner({
    layout: 'lp64',
    rows: ['reset,68,dead', 'alignedalloc,0,0,32,1927,0', 'msize,0', 'free,0'],
    expected: [
      '3,free,0,103,,print:pool POOL ref;print:(@16 c0a1e5cf 48);print:(@64 0a110c09 64);print:(@128 ba5eba11 4000);print:;print:pool POOL ref;print:(@16 c0a1e5cf 48);print:(@64 deaddead 64);print:(@128 dadadadadadada 4000);print:',
    ],
  });
});

test('a dump and a merge follow sizes below zero', () => {
  assertCorner({
    layout: 'ilp32',
    config: 'sbrkmem minblock=128',
    rows: [
      'reset,4,dump',
      'alignedalloc,0,30,2,6,0',
      'alloc,1,1897',
      'alignedalloc,2,8,1024,1024,0',
      'reset,0,end',
    ],
    expected: [
      '3,alignedalloc,2,3072,128,print:pool POOL ref;print:(@8 c0a1e5cf 24);print:(@32 0a110c09 128);print:(@160 0a110c09 1920);print:(@2080 ba5eba11 2048);print:;print:pool POOL ref;print:(@8 c0a1e5cf 24);print:(@32 0a110c09 128);print:(@160 0a110c09 1920);print:(@2080 ba5eba11 960);print:(@3040 0a110c09 128);print:(@3168 ba5eba11 4294967264);print:(@3136 ba5eba11 992);print:',
    ],
  });
  assertCorner({
    layout: 'lp64',
    config: 'sbrkmem quantum=24 minblock=512',
    rows: ['alloc,0,48', 'alignedalloc,1,22,1000,-1,0', 'free,1', 'alloc,3,4', 'free,0'],
    expected: [
      '4,state,-1,-1,,cursize=4104;curfree=3528;curalloc=1056;nfree=2;lastcompact=0;arenas=1;blocks=4;blockhash=a0619f09;treenodes=3;treeheight=3;treehash=57c20034',
    ],
  });
});

test.run();
