/** The largest of a sequence of values, and the first operation at which it was reached. */
export interface Peak {
  readonly value: number;
  readonly operation: number;
}

/** Follows a sequence of non-negative values; nothing was offered while `peak` is undefined. */
export class Largest {
  private value = -1;
  private operation = 0;

  offer(value: number, operation: number): void {
    if (value > this.value) {
      this.value = value;
      this.operation = operation;
    }
  }

  get peak(): Peak | undefined {
    return this.value < 0 ? undefined : { value: this.value, operation: this.operation };
  }
}
