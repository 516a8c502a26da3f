import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { engineNamed } from '../../../allocators/registry';
import { PageAccount } from '../../../allocators/xen/page-account';
import { PageTables } from '../../../allocators/xen/page-tables';
import { VirtualArea } from '../../../allocators/xen/virtual-area';
import { Machine } from '../../../harness/machine/machine';
import { createStack, type Stack } from '../../../harness/replay/stack';
import type { Placement } from '../../../traces/trace';
import { touches } from './touches';

/** The memory that each engine touches, in the order of its description: L load, S store, RMW locked. */

const TAKE_HEAD = ['RMW heap lock', 'L avail'];
const TAKE_TAIL = (page: number) => [
  ...['L bitmap', 'S bitmap', 'L avail', 'S avail', 'S heap lock'],
  ...[`L rec[${page}].count`, `L rec[${page}].type`],
  ...[`S rec[${page}].type`, `S rec[${page}].order`],
];
/** Taking the only block of a list off it; its neighbour on both sides is the head. */
const UNLINK_ONLY = (page: number, order: number) => [
  ...[`L rec[${page}].next`, `L rec[${page}].prev`, `S head[${order}].prev`, `S head[${order}].next`],
  ...[`S rec[${page}].next`, `S rec[${page}].prev`],
];
const APPEND_FIRST = (page: number, order: number) => [
  ...[`L head[${order}].prev`, `S head[${order}].prev`, `S rec[${page}].next`, `S rec[${page}].prev`],
  `S head[${order}].next`,
];
const GIVE_HEAD = (page: number) => [
  ...[`S rec[${page}].count`, `L rec[${page}].order`, `S rec[${page}].type`],
  ...['RMW heap lock', 'RMW bitmap', 'L avail', 'S avail'],
];

const pages = suite('xenheap-pages');

pages('a take that halves twice', () => {
  const { engine, machine } = stackOf('xenheap-pages', 4);
  assert.equal(touched(machine, () => engine.allocate(4096, 0)), [
    ...TAKE_HEAD,
    ...['L head[0].next', 'L head[1].next', 'L head[2].next', 'L rec[0].next'],
    ...UNLINK_ONLY(0, 2),
    ...['S rec[0].order', ...APPEND_FIRST(0, 1)],
    ...['S rec[2].order', ...APPEND_FIRST(2, 0)],
    ...TAKE_TAIL(3),
  ]); // prettier-ignore
});

pages('a give that joins twice', () => {
  const { engine, machine } = stackOf('xenheap-pages', 4);
  const page = engine.allocate(4096, 0);
  assert.equal(touched(machine, () => engine.free(page, 4096, 0)), [
    ...GIVE_HEAD(3),
    ...['L bitmap', 'L rec[2].order', ...UNLINK_ONLY(2, 0)],
    ...['L bitmap', 'L rec[0].order', ...UNLINK_ONLY(0, 1)],
    'L bitmap',
    ...['S rec[0].order', ...APPEND_FIRST(0, 2), 'S heap lock'],
  ]); // prettier-ignore
});

pages.run();

const firstFit = suite('xmalloc-first-fit');

firstFit('an allocation that passes one fragment and cuts the next', () => {
  const { engine, machine } = stackOf('xmalloc-first-fit', 4);
  engine.allocate(2048, 0);
  engine.allocate(3000, 0);
  const place = placeOf({ b: 3 * 4096 + 2176, s: 2 * 4096 + 3200, e: 3 * 4096 + 2176 + 1152 });
  assert.equal(
    touches(machine, place, () => engine.allocate(1024, 0)),
    [
      ...['RMW free list lock', 'L list.next', 'L s+0', 'L s+8', 'L b+0'],
      // The block found leaves the list, where only the smaller one stays.
      ...['L b+8', 'L b+16', 'S list.prev', 'S s+8', 'S b+8', 'S b+16', 'L b+0'],
      // The leftover goes to the head of the list before the caller's header is written.
      ...['S e+0', 'L list.next', 'S s+16', 'S e+8', 'S e+16', 'S list.next'],
      ...['S b+0', 'S b+8', 'S b+16', 'S free list lock'],
    ],
  );
});

firstFit('a free that walks to the end and joins the fragment behind it', () => {
  const { engine, machine } = stackOf('xmalloc-first-fit', 4);
  const first = engine.allocate(2048, 0);
  engine.allocate(3000, 0);
  engine.allocate(1024, 0);
  const place = placeOf({ a: 3 * 4096, f: 3 * 4096 + 2176 + 1152, s: 2 * 4096 + 3200 });
  assert.equal(
    touches(machine, place, () => engine.free(first, 2048, 0)),
    [
      ...['L a+8', 'L a+16', 'L a+0', 'RMW free list lock', 'L list.next'],
      // On the block's own page the size is looked at too: it begins behind the used block, so nothing joins.
      ...['L f+8', 'L f+0', 'L a+0', 'L s+8', 'L a+0'],
      ...['L list.next', 'S f+16', 'S a+8', 'S a+16', 'S list.next', 'S free list lock'],
    ],
  );
});

firstFit.run();

const tlsf = suite('TLSF');

/** Pool object on pages 2 and 3, the first region on page 1. */
const POOL = 2 * 4096;
const COUNTERS = { 'xmalloc-tlsf-2008': [6280, 6288], 'xmalloc-tlsf': [6272, 6280] } as const;

for (const engineName of ['xmalloc-tlsf-2008', 'xmalloc-tlsf'] as const) {
  const [used, regions] = COUNTERS[engineName];
  const place = (offset: number) => {
    const inPool = offset - POOL;
    if (inPool < 0) {
      return `p${Math.floor(offset / 4096)}+${offset % 4096}`;
    }
    if (inPool === 6248) {
      return 'lock';
    }
    if (inPool === used) {
      return 'used';
    }
    if (inPool === regions) {
      return 'regions';
    }
    if (inPool === 0) {
      return 'fl';
    }
    return inPool < 104 ? `sl[${inPool / 4 - 1}]` : `list[${(inPool - 104) / 8}]`;
  };
  const pointer = 'L xmalloc pool pointer';

  tlsf(`${engineName}: an allocation that cuts a block of a higher class`, () => {
    const { engine, machine } = stackOf(engineName, 4);
    engine.allocate(64, 0);
    // What is left of the region: 4064 − 64 − 16 = 3984 bytes, class (5, 30) = list 190, at +80 of the page.
    assert.equal(
      touches(machine, place, () => engine.allocate(1000, 0)),
      [
        ...[pointer, pointer, 'RMW lock', 'L sl[3]', 'L fl', 'L sl[5]'],
        // The block's list becomes empty.
        ...[
          'L list[190]',
          'L p1+104',
          'S list[190]',
          'RMW sl[5]',
          'L sl[5]',
          'RMW fl',
          'S p1+96',
          'S p1+104',
        ],
        // 1008 bytes are served; 3984 − 1008 − 16 = 2960 remain, class (5, 14) = list 174, at +1104.
        ...['L p1+88', 'S p1+1112', 'S p1+1104', 'S p1+4080'],
        ...['L list[174]', 'S p1+1120', 'S p1+1128', 'S list[174]', 'RMW sl[5]', 'RMW fl', 'S p1+88'],
        ...['L used', 'S used', 'S lock'],
      ],
    );
  });

  tlsf(`${engineName}: a free that joins both neighbours and stays in its region`, () => {
    const { engine, machine } = stackOf(engineName, 4);
    engine.allocate(64, 0);
    const first = engine.allocate(128, 0);
    const second = engine.allocate(128, 0);
    engine.free(first, 128, 0);
    // Free: 128 bytes at +80 in list 32, 3696 at +368 in list 185.
    const strip = engineName === 'xmalloc-tlsf' ? ['L p1+232'] : ['L p1+232', 'L p1+232'];
    assert.equal(
      touches(machine, place, () => engine.free(second, 128, 0)),
      [
        ...[
          ...strip,
          pointer,
          'RMW lock',
          'L p1+232',
          'S p1+232',
          'L used',
          'S used',
          'S p1+240',
          'S p1+248',
        ],
        // The block behind it, alone on its list.
        ...[
          'L p1+376',
          'L p1+392',
          'L p1+384',
          'L list[185]',
          'S list[185]',
          'RMW sl[5]',
          'L sl[5]',
          'RMW fl',
        ],
        ...['S p1+384', 'S p1+392', 'L p1+232', 'S p1+232'],
        // The block before it, alone on its list too.
        ...['L p1+224', 'L p1+88', 'L p1+104', 'L p1+96', 'L list[32]', 'S list[32]', 'RMW sl[1]', 'L sl[1]'],
        ...['RMW fl', 'S p1+96', 'S p1+104', 'L p1+88', 'S p1+88'],
        // The sentinel learns who lies before it; 3984 bytes go back to list 190.
        ...['S p1+4080', 'L p1+80', 'L p1+4088'],
        ...['L list[190]', 'S p1+96', 'S p1+104', 'S list[190]', 'RMW sl[5]', 'RMW fl'],
        ...['L p1+4088', 'S p1+4088', 'S p1+4080', 'S lock'],
      ],
    );
  });

  tlsf(`${engineName}: growing takes a page outside the lock, and the last free gives it back inside`, () => {
    const { engine, machine } = stackOf(engineName, 4);
    engine.allocate(3900, 0);
    let second = 0 as Placement;
    const grow = touches(machine, place, () => {
      second = engine.allocate(4000, 0);
    });
    assert.equal(grow, [
      ...[pointer, pointer, 'RMW lock', 'L sl[5]', 'L fl', 'S lock'],
      ...[...TAKE_HEAD, 'L head[0].next', 'L rec[0].next', ...UNLINK_ONLY(0, 0), ...TAKE_TAIL(0), 'RMW lock'],
      ...['S p0+0', 'S p0+8', 'L list[191]', 'S p0+16', 'S p0+24', 'S list[191]', 'RMW sl[5]', 'RMW fl'],
      ...['S p0+4080', 'S p0+4088', 'L used', 'S used', 'L regions', 'S regions'],
      // The search begins anew: 4032 bytes are served, 16 remain.
      ...['L sl[5]', 'L list[191]', 'L p0+24', 'S list[191]', 'RMW sl[5]', 'L sl[5]'],
      ...['RMW fl', 'S p0+16', 'S p0+24', 'L p0+8', 'S p0+4056', 'S p0+4048', 'S p0+4080'],
      ...['L list[4]', 'S p0+4064', 'S p0+4072', 'S list[4]', 'RMW sl[0]', 'RMW fl', 'S p0+8'],
      ...['L used', 'S used', 'S lock'],
    ]); // prettier-ignore
    const give = touches(machine, place, () => engine.free(second, 4000, 0));
    assert.equal(give.slice(give.indexOf('L p0+0')), [
      ...['L p0+0', 'L p0+4088', ...GIVE_HEAD(0), 'L bitmap', 'S rec[0].order', ...APPEND_FIRST(0, 0)],
      ...['S heap lock', 'L regions', 'S regions', 'L used', 'S used', 'S lock'],
    ]);
  });
}

tlsf.run();

const area = suite('virtual area');

area('reserving looks at every word up to the top, and sets bit by bit', () => {
  const { addresses, touch } = virtualArea();
  assert.equal(touch(() => addresses.reserve(2)), [
    ...['RMW virtual area lock', 'L low', 'L top'],
    ...Array<string>(512).fill('L bitmap'),
    ...['L bitmap', 'S bitmap', 'L bitmap', 'S bitmap', 'L low', 'S low', 'S virtual area lock'],
  ]); // prettier-ignore
});

area('a search passes a mapping with two loads', () => {
  const { addresses, touch } = virtualArea();
  const pages = Array.from({ length: 6 }, () => addresses.reserve(1));
  addresses.release(pages[0]!);
  addresses.reserve(1);
  addresses.release(pages[4]!);
  assert.equal(touch(() => addresses.reserve(1)), [
    ...['RMW virtual area lock', 'L low', 'L top'],
    ...Array<string>(2 * 3 + 1).fill('L bitmap'),
    ...['L bitmap', 'S bitmap', 'L low', 'S virtual area lock'],
  ]); // prettier-ignore
});

area('releasing finds the end by clearing one bit too many', () => {
  const { addresses, touch } = virtualArea();
  const first = addresses.reserve(2);
  assert.equal(touch(() => addresses.release(first)), [
    ...['L base', 'L end', 'L bitmap', 'L bitmap', 'RMW virtual area lock'],
    ...['L low', 'L bitmap', 'S low', 'L top'],
    ...['L bitmap', 'S bitmap', 'L bitmap', 'S bitmap', 'L bitmap', 'S bitmap', 'S virtual area lock'],
  ]); // prettier-ignore
});

area.run();

function virtualArea() {
  const machine = new Machine({ heapPages: 16, virtualPages: 1 << 15 });
  const account = PageAccount.open(machine, { 'page-version': '2008', 'idle-scrub': 0 });
  const tables = new PageTables(machine, undefined);
  const addresses = new VirtualArea(machine, tables, account);
  machine.boot(() => {
    tables.start();
    addresses.start();
  });
  const touch = (action: () => void) => touched(machine, action);
  return { addresses, touch };
}

function stackOf(engine: string, heapPages: number): Stack {
  return createStack(engineNamed(engine), {}, { heapPages, virtualPages: 1 << 15 }, engineNamed);
}

function touched(machine: Stack['machine'], action: () => void): string[] {
  return touches(machine, (offset) => `heap+${offset}`, action);
}

/** Names the 24 bytes from each of these offsets. */
function placeOf(blocks: Readonly<Record<string, number>>): (offset: number) => string {
  return (offset) => {
    const block = Object.entries(blocks).find(([, start]) => offset >= start && offset < start + 24);
    return block === undefined ? `heap+${offset}` : `${block[0]}+${offset - block[1]}`;
  };
}
