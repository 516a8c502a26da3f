import type { ReplayObserver, ReplayState } from '../replay/replay';
import { momentOf, type FootprintMoment } from './footprint';

/** Checkpoints are thinned to every other one when there would be more. */
export const CHECKPOINTS_MAX = 256;

/** A trace that allocates less than a megabyte has a checkpoint at every 4 KiB allocated. */
const INTERVAL_BYTES_INITIAL = 4096;

/**
 * The moments at which a replay is sampled, spread evenly over its time axis (bytes allocated so far): in every
 * interval of 2^k bytes the first operation that reached it, with k the smallest that keeps them few enough.
 */
export class TimelineRecorder implements ReplayObserver {
  private intervalBytes = INTERVAL_BYTES_INITIAL;
  private nextAt = 0;
  private moments: FootprintMoment[] = [];

  operation(state: ReplayState): void {
    if (state.allocatedBytes >= this.nextAt) {
      this.sample(state);
    }
  }

  finish(): readonly FootprintMoment[] {
    return this.moments;
  }

  private sample(state: ReplayState): void {
    this.moments.push(momentOf(state));
    while (this.moments.length > CHECKPOINTS_MAX) {
      this.intervalBytes *= 2;
      this.moments = this.moments.filter((moment, index, all) => {
        const before = all[index - 1];
        return before === undefined || this.intervalOf(before) !== this.intervalOf(moment);
      });
    }
    this.nextAt = (Math.floor(state.allocatedBytes / this.intervalBytes) + 1) * this.intervalBytes;
  }

  private intervalOf(moment: FootprintMoment): number {
    return Math.floor(moment.allocatedBytes / this.intervalBytes);
  }
}
