/** The largest of a sequence of values, and the first operation at which it was reached. */
export interface Peak {
  readonly value: number;
  readonly operation: number;
}

/** Follows a sequence of non-negative values; nothing was offered while `peak` is undefined. */
export class Largest {
  /** The value and its operation. V8 compiles anew what uses a field that held small integers and holds others. */
  private readonly found = Float64Array.of(-1, 0);

  offer(value: number, operation: number): void {
    const { found } = this;
    if (value > found[0]!) {
      found[0] = value;
      found[1] = operation;
    }
  }

  get peak(): Peak | undefined {
    const [value, operation] = this.found;
    return value! < 0 ? undefined : { value: value!, operation: operation! };
  }
}
