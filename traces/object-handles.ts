import { IdTable } from './ground/id-table';
import { OP, type EventRun } from './trace';

/**
 * Handles of objects, as `IdTable` has them, for who reads events that were checked: their handles are taken over
 * (`EventRun.handles`), and no id is looked up, for as long as every event comes in a run that has them. From the
 * first on that does not, ids are looked up here; those that live then keep their handles.
 */

const HANDLES_INITIAL = 1 << 10;
/** The id of a handle that no object has. */
const NO_ID = -1;

export class ObjectHandles {
  /** By handle, while handles are taken over. */
  private ids = new Float64Array(HANDLES_INITIAL).fill(NO_ID);
  private lookedUp: IdTable | undefined;

  /** Handles there is room for. */
  get capacity(): number {
    return this.lookedUp?.capacity ?? this.ids.length;
  }

  /** The ids that live now, in a table in which every id is looked up from here on. */
  lookUp(): IdTable {
    this.lookedUp ??= IdTable.of(this.ids);
    return this.lookedUp;
  }

  /** Takes over the handles of the events from `from` on, allocations, frees and reallocs; false where it cannot. */
  takeOver({ ops, ids, handles }: EventRun, from: number, until: number): boolean {
    if (handles === undefined || this.lookedUp !== undefined) {
      return false;
    }
    for (let index = from; index < until; index++) {
      const handle = handles[index]!;
      if (handle >= this.ids.length) {
        this.makeRoom(handle);
      }
      this.ids[handle] = ops[index] === OP.free ? NO_ID : ids[index]!;
    }
    return true;
  }

  private makeRoom(handle: number): void {
    const { ids } = this;
    let length = 2 * ids.length;
    while (length <= handle) {
      length *= 2;
    }
    this.ids = new Float64Array(length).fill(NO_ID, ids.length);
    this.ids.set(ids);
  }
}
