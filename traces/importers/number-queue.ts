/** Numbers in the order of their coming, to be taken from either end; holds no more than what is in it, doubled. */
export class NumberQueue {
  private numbers: number[] = [];
  /** Index of the oldest; what lies before it is gone. */
  private oldest = 0;

  push(value: number): void {
    this.numbers.push(value);
  }

  takeNewest(): number | undefined {
    return this.numbers.length > this.oldest ? this.numbers.pop() : undefined;
  }

  takeOldest(): number | undefined {
    if (this.numbers.length === this.oldest) {
      return undefined;
    }
    const value = this.numbers[this.oldest++];
    if (this.oldest > this.numbers.length / 2) {
      this.numbers = this.numbers.slice(this.oldest);
      this.oldest = 0;
    }
    return value;
  }
}
