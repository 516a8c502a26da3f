import type { InputError } from '../input-error';

/** Is told a problem; says whether to read on. */
export type ProblemListener = (problem: InputError) => boolean;

/** What a reader does with problems: the first one is its failure, unless somebody listens and wants more. */
export class Problems {
  /** Set where nobody listens: what the reader has to reject with. */
  failure: InputError | undefined;
  /** Whether to read no further. */
  stopped = false;

  constructor(private readonly listener: ProblemListener | undefined) {}

  tell(problem: InputError): void {
    if (this.stopped) return;
    if (this.listener === undefined) this.failure = problem;
    this.stopped = this.listener?.(problem) !== true;
  }

  /** For a problem after which nothing can be read. */
  tellLast(problem: InputError): void {
    this.tell(problem);
    this.stopped = true;
  }
}
