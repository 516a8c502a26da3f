/**
 * Which call sites have moved to a new allocator: a fixed share of them, chosen by the hash of their names, so that a
 * site that has moved at one share has moved at every larger one. Calls without a site move in their turn.
 */
export class Migration {
  private site = '';
  private turn = 0;

  constructor(private readonly sharePercent: number) {}

  /** The site of the next call; empty where the trace names none. */
  callSite(site: string): void {
    this.site = site;
  }

  /** Whether the next call goes to the new allocator. */
  hasMoved(): boolean {
    if (this.site !== '') {
      return hash(this.site) % 100 < this.sharePercent;
    }
    this.turn += this.sharePercent;
    if (this.turn < 100) {
      return false;
    }
    this.turn -= 100;
    return true;
  }
}

/** FNV-1a, 32 bits, over the text's code units. */
function hash(text: string): number {
  let value = 0x811c_9dc5;
  for (let index = 0; index < text.length; index++) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x0100_0193);
  }
  return value >>> 0;
}
