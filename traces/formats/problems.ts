import type { InputError } from '../input-error';

/** Is told a problem that can be passed over; says whether to read on. */
export type ProblemListener = (problem: InputError) => boolean;

/** What a reader does with problems: the first is its failure, unless somebody listens and it can be passed over. */
export class Problems {
  /** What the reader has to reject with, after the events before it. */
  failure: InputError | undefined;
  /** Whether to read no further. */
  stopped = false;

  constructor(private readonly listener: ProblemListener | undefined) {}

  /** For a problem that can be passed over. */
  tell(problem: InputError): void {
    if (this.stopped) {
      return;
    }
    if (this.listener === undefined) {
      this.fail(problem);
    } else {
      this.stopped = !this.listener(problem);
    }
  }

  /** For a problem after which nothing can be read. */
  fail(problem: InputError): void {
    this.failure ??= problem;
    this.stopped = true;
  }
}
