/** libxl's table of pointers told a second time, from its description: the rows of a golden. */

export interface TableOperation {
  readonly op: 'add' | 'free' | 'realloc' | 'freeall';
  readonly id: number;
  readonly size: number;
}

/** 0: until August 2010, 1: until April 2012, 2: since. */
export type TableGeneration = 0 | 1 | 2;

type Slot = number | undefined;

const GROWTH = 25;

const fresh = (generation: TableGeneration): Slot[] =>
  Array.from({ length: generation === 0 ? 256 : 0 }, () => undefined);

export function* tableRows(
  generation: TableGeneration,
  operations: readonly TableOperation[],
): Generator<string> {
  let table = fresh(generation);
  for (const [index, { op, id }] of operations.entries()) {
    const before = table.length;
    let slot = -1;
    let event = '';
    if (op === 'add') {
      slot = table.indexOf(undefined);
      if (slot < 0) {
        slot = before;
        const length = generation === 2 ? 2 * before + GROWTH : before + GROWTH;
        table = Array.from({ length }, (_, at) => table[at]);
      }
      table[slot] = id;
    } else if (op === 'free') {
      slot = generation === 2 ? -1 : table.indexOf(id);
      if (slot >= 0) {
        table[slot] = undefined;
      } else {
        event = { 0: 'returns -1', 1: 'abort', 2: 'n/a' }[generation];
      }
    } else if (op === 'realloc') {
      slot = generation === 2 ? table.indexOf(id) : -1;
      if (generation !== 2) {
        event = 'n/a';
      }
    } else {
      event = `freed=${table.filter((each) => each !== undefined).length}`;
      table = generation === 0 ? table.map(() => undefined) : [];
    }
    yield [index, op, id, slot, before, table.length, event].join();
  }
}
