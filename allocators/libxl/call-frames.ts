import { Fault, HeapCorruption } from '../../harness/machine/failures';
import type { Machine } from '../../harness/machine/machine';

/**
 * The frames of libxl's public functions on the program's stack: each knows the gc it uses, its own in the same frame
 * or another's. The stack pointer is a register, so it is kept without being charged.
 */
export class CallFrames {
  private readonly depthAt: number;
  private readonly stack: number;

  constructor(private readonly machine: Machine) {
    this.depthAt = machine.reserve('stack pointer', 4);
    this.stack = machine.reserve('libxl stack', FRAMES_MAX * FRAME_BYTES);
  }

  /** Calls that are open. */
  get depth(): number {
    return this.machine.peek(this.depthAt);
  }

  /** Opens a frame; the gc it uses is `gc`, or its own. */
  push(gc?: number): void {
    const { depth } = this;
    if (depth === FRAMES_MAX) {
      throw new Fault(
        this.stack + depth * FRAME_BYTES,
        'the stack overflows: calls within calls without end',
      );
    }
    this.machine.poke(this.depthAt, depth + 1);
    this.machine.store64(this.frame(depth), gc ?? this.ownGc(depth));
  }

  /** Leaves the innermost frame; that there is none above the stack pointer is how `check` knows it is right. */
  pop(): void {
    const depth = this.depth - 1;
    this.machine.poke(this.depthAt, depth);
    this.machine.poke(this.frame(depth), 0);
  }

  /** The gc that the innermost call uses, from its frame. */
  innermostGc(): number {
    return this.machine.load64(this.frame(this.depth - 1));
  }

  /** Whether the innermost call made its gc itself; uncharged. */
  get innermostOwnsGc(): boolean {
    const innermost = this.depth - 1;
    return innermost >= 0 && this.gcOf(innermost) === this.ownGc(innermost);
  }

  /** Every gc in use once, innermost first; uncharged. */
  gcs(): number[] {
    const gcs: number[] = [];
    for (let depth = this.depth - 1; depth >= 0; depth--) {
      const gc = this.gcOf(depth);
      if (!gcs.includes(gc)) {
        gcs.push(gc);
      }
    }
    return gcs;
  }

  /**
   * Verifies the open frames and that none is open above them; uncharged. Throws `HeapCorruption`.
   *
   * @param onlyGc the gc that all frames use, where they have none of their own
   */
  check(onlyGc: number | undefined): void {
    const { depth } = this;
    if (depth > FRAMES_MAX) {
      throw new HeapCorruption(this.depthAt, 'the stack pointer is out of the stack');
    }
    for (let each = 0; each < depth; each++) {
      const gc = this.gcOf(each);
      const callers = each === 0 ? undefined : this.gcOf(each - 1);
      if (gc !== onlyGc && (onlyGc !== undefined || (gc !== this.ownGc(each) && gc !== callers))) {
        throw new HeapCorruption(
          this.frame(each),
          'a call uses a gc that is neither its own nor its caller’s',
        );
      }
    }
    if (depth < FRAMES_MAX && this.gcOf(depth) !== 0) {
      throw new HeapCorruption(this.depthAt, 'a call is open above the stack pointer');
    }
  }

  private frame(depth: number): number {
    return this.stack + depth * FRAME_BYTES;
  }

  private ownGc(depth: number): number {
    return this.frame(depth) + GC_OFFSET;
  }

  private gcOf(depth: number): number {
    return this.machine.peek64(this.frame(depth));
  }
}

/** What of a frame is modelled: the pointer to the gc, and the gc. A frame of libxl's is larger. */
const GC_OFFSET = 8;
const FRAME_BYTES = 256;
/** A stack of one MiB; the depth is bounded by nothing else since public functions may be entered from callbacks. */
const FRAMES_MAX = 4096;
