import { NotDeterministic } from '../../metrics/repetition';
import type { Registries } from '../../results/cell';
import type { EventList } from '../../studies/search/event-list';
import { SearchStopped, type Answer, type Lane } from '../../studies/search/search';
import type { Tried } from '../../studies/search/trial';
import { portableName } from '../names/load-engine';
import { isScript } from '../names/registries';
import { Laboratory, packed, type PackedList, type TrialOutcome, type TrialSubject } from './trial-task';
import { WorkerProcess } from './worker-process';

/** Where traces are tried: in this process, or in one of their own, so that whatever an engine does ends only that. */
export interface ClosableLane extends Lane {
  close(): void;
}

/**
 * Lanes for so many workers. One lane of registered engines is this process; JavaScript that is none of ours has a
 * process in any case.
 *
 * @param scalesHeap whether traces for a part of the budget get a part of the heap
 */
export function trialLanes(
  subjects: readonly TrialSubject[],
  registries: Registries,
  workers: number,
  secondsMax: number,
  scalesHeap: boolean,
): ClosableLane[] {
  const isOfUser = subjects.some(({ engine, options }) => isScript(engine, options, registries));
  return workers === 1 && !isOfUser
    ? [new OwnLane(subjects, registries, scalesHeap)]
    : Array.from({ length: workers }, () => new ProcessLane(subjects.map(portable), secondsMax, scalesHeap));
}

/** What a heap is scaled by, where it is. */
const heapScaleAt = (scale: number, scalesHeap: boolean): number => (scalesHeap ? scale : 1000);

const portable = (subject: TrialSubject): TrialSubject => ({
  ...subject,
  engine: portableName(subject.engine),
});

class OwnLane implements ClosableLane {
  private readonly laboratory: Laboratory;
  private isClosed = false;

  constructor(
    private readonly subjects: readonly TrialSubject[],
    registries: Registries,
    private readonly scalesHeap: boolean,
  ) {
    this.laboratory = new Laboratory(registries);
  }

  tryAll(lists: readonly EventList[], scale: number): Promise<readonly Answer[]> {
    const { subjects, laboratory, scalesHeap } = this;
    const heapScale = heapScaleAt(scale, scalesHeap);
    return laboratory.tryLists({ subjects, lists: lists.map(packed), heapScale }, this.breathe);
  }

  close(): void {
    this.isClosed = true;
  }

  private readonly breathe = async (): Promise<void> => {
    await new Promise((resolve) => setImmediate(resolve));
    if (this.isClosed) {
      throw new SearchStopped();
    }
  };
}

class ProcessLane implements ClosableLane {
  private process: WorkerProcess | undefined;
  private isClosed = false;

  constructor(
    private readonly subjects: readonly TrialSubject[],
    private readonly secondsMax: number,
    private readonly scalesHeap: boolean,
  ) {}

  async tryAll(lists: readonly EventList[], scale: number): Promise<readonly Answer[]> {
    return this.tryPacked(lists.map(packed), heapScaleAt(scale, this.scalesHeap));
  }

  close(): void {
    this.isClosed = true;
    this.process?.end();
  }

  /** All at once; where the process dies of one, each by itself. */
  private async tryPacked(lists: readonly PackedList[], heapScale: number): Promise<readonly Answer[]> {
    const answers = await this.tried(lists, heapScale);
    if (typeof answers !== 'string') {
      return answers;
    }
    if (lists.length === 1) {
      return [this.subjects.map(() => crashed(answers))];
    }
    const each: Answer[] = [];
    for (const list of lists) {
      each.push(...(await this.tryPacked([list], heapScale)));
    }
    return each;
  }

  /** The answers, or what became of them instead. */
  private async tried(lists: readonly PackedList[], heapScale: number): Promise<readonly Answer[] | string> {
    const { subjects, secondsMax } = this;
    if (this.process === undefined || this.process.hasEnded) {
      this.process = new WorkerProcess(false);
    }
    const end = await this.process.run<TrialOutcome>({ subjects, lists, heapScale }, secondsMax);
    if (this.isClosed) {
      throw new SearchStopped();
    }
    if ('kind' in end) {
      return end.kind === 'died'
        ? 'its worker process died'
        : `it did not end within ${secondsMax} s (--replay-timeout)`;
    }
    const { outcome } = end;
    switch (outcome.kind) {
      case 'tried':
        return outcome.answers;
      case 'differed':
        throw new NotDeterministic(outcome.problem);
      case 'internal':
        return outcome.problem;
    }
  }
}

const crashed = (problem: string): Tried => ({
  outcome: { kind: 'crashed', problem },
  values: {},
  placementsSha256: '',
  accesses: 0,
});
