import { InputError } from '../input-error';
import { NOTHING } from '../trace';
import type { EventRun, EventSource, Placement, TextTable, TraceEvent, TraceHeader } from '../trace';
import { TraceRules, type Violation } from '../trace-rules';
import type { PlacedSource } from './placed';
import { Problems, type ProblemListener } from './problems';

/**
 * The same events, each held against the rules of a trace (`TraceRules`): the first that breaks one ends the pass
 * with an `InputError` that names its line, where the source knows lines, and its number from 0. With a listener
 * every one is told and passed over, and the pass goes on as long as the listener says so.
 */
export function validated(source: EventSource, onProblem?: ProblemListener): PlacedSource {
  return new ValidatedSource(source, new Problems(onProblem));
}

class ValidatedSource implements PlacedSource {
  readonly header: TraceHeader;
  readonly texts: TextTable;
  private readonly rules = new TraceRules();
  private eventIndex = 0;
  /** Events that come next and are known to be right. */
  private checkedAhead = 0;
  /** Of the events of the run that is checked. */
  private handles = new Uint32Array(0);

  constructor(
    private readonly source: EventSource,
    private readonly problems: Problems,
  ) {
    this.header = source.header;
    this.texts = source.texts;
  }

  next(event: TraceEvent, lastPlacement: Placement): boolean {
    if (this.checkedAhead > 0) {
      this.checkedAhead--;
      return this.source.next(event, lastPlacement);
    }
    let placement = lastPlacement;
    while (!this.problems.stopped && this.source.next(event, placement)) {
      const violation = this.rules.take(event);
      this.eventIndex += 1;
      if (violation === undefined) {
        return true;
      }
      this.problems.tell(this.error(violation));
      placement = NOTHING;
    }
    return false;
  }

  /** What is wrong, and what is more than an allocation or a free, is left to `next`. */
  lend(): EventRun | undefined {
    const run = this.problems.stopped ? undefined : this.source.lend?.();
    if (run === undefined) {
      return undefined;
    }
    if (this.checkedAhead === 0) {
      if (this.handles.length < run.until) {
        this.handles = new Uint32Array(run.until);
      }
      this.checkedAhead = this.rules.takeRun(run, this.handles);
      this.eventIndex += this.checkedAhead;
    }
    return { ...run, until: run.from + this.checkedAhead, handles: this.handles };
  }

  skip(count: number): void {
    this.checkedAhead -= count;
    this.source.skip!(count);
  }

  async refill(): Promise<boolean> {
    if (this.problems.failure !== undefined) {
      throw this.problems.failure;
    }
    return this.problems.stopped ? false : this.source.refill();
  }

  identity(): string {
    return this.source.identity();
  }

  close(): Promise<void> {
    return this.source.close();
  }

  place(): string {
    return isPlaced(this.source) ? this.source.place() : this.header.name;
  }

  private error({ problem, expected }: Violation): InputError {
    return new InputError({
      where: this.place(),
      problem: `event ${this.eventIndex - 1}: ${problem}`,
      expected,
    });
  }
}

const isPlaced = (source: EventSource): source is PlacedSource => 'place' in source;
