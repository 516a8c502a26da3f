import { isBlock, NOTHING, type Placement } from '../../traces/trace';
import { isEngineFailure } from '../machine/failures';
import type { Step } from '../machine/steps';
import {
  BLOCK_OPERATIONS_MAX,
  FREES,
  type OperationColumns,
  type OperationRunner,
  type RunEnd,
} from './operation-block';
import { asInteger } from './object-table';
import type { Stack } from './stack';

/** Runs operations by the verbs of an engine, one after the other. */
export class EngineRunner implements OperationRunner {
  readonly columns: OperationColumns = {
    verbs: new Int32Array(BLOCK_OPERATIONS_MAX),
    bytes: new Float64Array(BLOCK_OPERATIONS_MAX),
    aligns: new Float64Array(BLOCK_OPERATIONS_MAX),
    objects: new Float64Array(BLOCK_OPERATIONS_MAX),
    placements: new Float64Array(BLOCK_OPERATIONS_MAX),
    grantedBytes: new Float64Array(BLOCK_OPERATIONS_MAX),
    headerBytes: new Float64Array(BLOCK_OPERATIONS_MAX),
    heldBytes: new Float64Array(BLOCK_OPERATIONS_MAX),
  };
  next = 0;
  private readonly lastSteps = new Int32Array(BLOCK_OPERATIONS_MAX);
  private returned: Placement = NOTHING;
  private isLast = false;
  private isWithin = false;

  constructor(private readonly stack: Stack) {}

  run(from: number, until: number): RunEnd {
    const { engine, machine } = this.stack;
    const { stream, ledger, past } = machine;
    const { verbs, bytes, aligns, objects, placements, heldBytes } = this.columns;
    this.isLast = false;
    this.isWithin = false;
    for (let row = from; row < until; row++) {
      this.next = row;
      stream.startOperation(stream.entryCount);
      if (verbs[row] === FREES) {
        const at = objects[row]!;
        const object = asInteger(at < 0 ? placements[-1 - at]! : at) as Placement;
        objects[row] = object;
        if (!isBlock(object)) {
          return 'before';
        }
        engine.free(object, asInteger(bytes[row]!), asInteger(aligns[row]!));
        if (this.isWithin || !stream.isWithinLimits) {
          return 'within';
        }
      } else {
        const placement = engine.allocate(asInteger(bytes[row]!), asInteger(aligns[row]!));
        this.returned = placement;
        if (!isPlainBlock(placement) || this.isWithin || !stream.isWithinLimits || !this.look(placement)) {
          return 'within';
        }
        placements[row] = placement;
      }
      heldBytes[row] = ledger.heldBytes;
      this.lastSteps[row] = stream.lastStep ?? -1;
      past?.endRow(row);
      stream.closeOperation();
      if (this.isLast || stream.isFull) {
        this.next = row + 1;
        return 'between';
      }
    }
    this.next = until;
    return 'between';
  }

  result(): Placement {
    return this.returned;
  }

  held(_bytes: number, isLast: boolean): void {
    this.isLast ||= isLast;
  }

  stopWithin(): void {
    this.isWithin = true;
  }

  lastStep(row: number): Step | undefined {
    const step = this.lastSteps[row]!;
    return step < 0 ? undefined : (step as Step);
  }

  /** Asks for the block of what was just placed; false where that fails, which is not the first thing to be told. */
  private look(placement: Placement): boolean {
    const { bytes, aligns, grantedBytes, headerBytes } = this.columns;
    const row = this.next;
    try {
      const block = this.stack.engine.blockAt(placement, asInteger(bytes[row]!), asInteger(aligns[row]!));
      grantedBytes[row] = block === undefined ? 0 : block.bytes;
      headerBytes[row] = block === undefined ? 0 : block.headerBytes;
      return true;
    } catch (error) {
      if (isEngineFailure(error)) {
        return false;
      }
      throw error;
    }
  }
}

/** An engine of the user's may return anything. */
const isPlainBlock = (placement: Placement): boolean => Number.isInteger(placement) && isBlock(placement);
