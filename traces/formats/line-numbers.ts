/**
 * Which line each event of a block stands on. Events stand on successive lines but where a record spans several or a
 * line was passed over, so only those places are kept.
 */
export class LineNumbers {
  private indices: number[] = [];
  private lines: number[] = [];

  clear(): void {
    this.indices = [];
    this.lines = [];
  }

  /** Says that the event at `index`, which is later than any said before, stands on `line`. */
  set(index: number, line: number): void {
    if (this.lines.length > 0 && this.lineOf(index) === line) {
      return;
    }
    this.indices.push(index);
    this.lines.push(line);
  }

  /** The line of the event at `index`. */
  lineOf(index: number): number {
    let place = this.indices.length - 1;
    while (place > 0 && this.indices[place]! > index) {
      place -= 1;
    }
    return this.lines[place]! + index - this.indices[place]!;
  }
}
