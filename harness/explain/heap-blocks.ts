import type { Placement } from '../../traces/trace';
import { HEAP_BASE } from '../machine/memory-layout';
import { SurveyBuilder, type HeapSurvey } from '../metrics/fragmentation';
import type { BlockState } from '../replay/port';
import type { Stack } from '../replay/stack';
import { visitRows, walkInRows } from '../replay/visit-rows';
import type { Neighbourhood } from './explanation';

/** Blocks shown on either side of one. */
const NEIGHBOURS = 2;

interface HeapBlock {
  readonly start: number;
  readonly bytes: number;
  readonly state: BlockState;
}

/** The blocks of the held memory at one moment, by address, as the engine's uncharged walk shows them. */
export class HeapBlocks {
  private constructor(
    private readonly blocks: readonly HeapBlock[],
    readonly survey: HeapSurvey,
  ) {}

  static of({ engine, machine }: Stack): HeapBlocks {
    const survey = new SurveyBuilder();
    const blocks: HeapBlock[] = [];
    walkInRows(engine, (rows, count) => {
      survey.blocks(rows, count);
      visitRows(rows, count, (start, bytes, state) => blocks.push({ start, bytes, state }));
    });
    // A walk may come in any order.
    blocks.sort((a, b) => a.start - b.start);
    return new HeapBlocks(blocks, survey.finish(machine));
  }

  get count(): number {
    return this.blocks.length;
  }

  block(index: number): HeapBlock {
    return this.blocks[index]!;
  }

  /** Index of the block that holds an address, or −1 where none does. */
  indexAt(address: number): number {
    let low = 0;
    let high = this.blocks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.blocks[middle]!.start <= address) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    const before = this.blocks[low - 1];
    return before !== undefined && address < before.start + before.bytes ? low - 1 : -1;
  }

  /** The block that holds an object, between its neighbours; null where no block does. */
  around(object: Placement): Neighbourhood | null {
    const index = this.indexAt(object);
    if (index < 0) {
      return null;
    }
    const first = Math.max(index - NEIGHBOURS, 0);
    const blocks = this.blocks
      .slice(first, index + NEIGHBOURS + 1)
      .map(({ start, bytes, state }) => ({ heapOffset: start - HEAP_BASE, bytes, state }));
    return { blocks, subject: index - first };
  }
}
