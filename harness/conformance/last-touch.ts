import { AccessWatch } from '../replay/access-watch';

/**
 * Which step touched a range of memory last: of an engine in C the function and the line, of a block that nobody has
 * any more where it was lost.
 */
export class LastTouch extends AccessWatch {
  constructor(
    private readonly start: number,
    private readonly end: number,
  ) {
    super();
  }

  /** The step's name, or undefined where no step touched the range. */
  get place(): string | undefined {
    return this.notedStep?.name;
  }

  protected override isOfInterest(address: number): boolean {
    return address >= this.start && address < this.end;
  }
}
