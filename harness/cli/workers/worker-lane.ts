import type { Tinypool } from 'tinypool';
import type { PricingKernel } from '../../pricing/pricing-kernel';
import type { Cell } from '../../results/cell';
import type { CellReport, Lane } from '../../suite/run-cells';
import { replayOf, withKernel, type TaskOutcome, type TimedOutcome } from './task';
import { startWorkers } from './worker-pool';

/**
 * One worker process that runs one cell after the other. It starts with its first cell; when it dies in the middle of
 * one, that is the cell's outcome, and the next cell gets a new process.
 */
export class WorkerLane implements Lane {
  private pool: Tinypool | undefined;
  /** Processor time of each cell that ended. */
  readonly milliseconds = new Map<Cell, number>();

  constructor(private readonly pricingKernel?: PricingKernel) {}

  async run(cell: Cell): Promise<CellReport> {
    const pool = this.pool ?? startPool();
    this.pool = pool;
    let outcome: TaskOutcome;
    try {
      const timed = (await pool.run(withKernel({ cell }, this.pricingKernel))) as TimedOutcome;
      this.milliseconds.set(cell, timed.milliseconds);
      outcome = timed.outcome;
    } catch {
      await this.close();
      return { kind: 'crashed', problem: 'its worker process died' };
    }
    switch (outcome.kind) {
      case 'measured':
      case 'usage':
      case 'input':
        return { kind: 'measured', replay: replayOf(outcome) };
      case 'differed':
        return outcome;
      case 'internal':
        return { kind: 'crashed', problem: outcome.problem };
    }
  }

  /** Ends the process, whatever it is doing. */
  async close(): Promise<void> {
    const { pool } = this;
    this.pool = undefined;
    await pool?.destroy();
  }
}

function startPool(): Tinypool {
  const pool = startWorkers(1, 'runPatiently');
  // A process that dies between two cells is replaced by the pool itself.
  pool.on('error', () => undefined);
  return pool;
}
