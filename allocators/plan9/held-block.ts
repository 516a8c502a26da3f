/** The block that a call under way holds on to: a compaction meanwhile says where it went. */
export class HeldBlock {
  block = 0;

  moved(from: number, to: number): void {
    if (this.block === from) {
      this.block = to;
    }
  }
}
