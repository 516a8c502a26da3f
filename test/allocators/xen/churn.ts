import { engineNamed } from '../../../allocators/registry';
import type { AccessStream } from '../../../harness/machine/access-stream';
import { createStack, type Stack } from '../../../harness/replay/stack';
import { RandomStream } from '../../../traces/random';
import { NULL, OP, type Placement } from '../../../traces/trace';

/** A deterministic mix of allocations and frees of all kinds of sizes, on an engine of the registry. */

interface LiveObject {
  readonly placement: Placement;
  readonly size: number;
  readonly align: number;
}

export interface ChurnOptions {
  readonly options?: Readonly<Record<string, string>>;
  readonly heapPages?: number;
  readonly largestBytes?: number;
  readonly accessesMax?: number;
  readonly drain?: (batch: AccessStream) => void;
}

export class Churn {
  readonly stack: Stack;
  readonly live: LiveObject[] = [];
  private readonly random: RandomStream;
  private readonly largestBytes: number;
  private index = 0;

  constructor(engine: string, seed: number, options: ChurnOptions = {}) {
    this.random = new RandomStream(seed, 'churn');
    this.largestBytes = options.largestBytes ?? 9000;
    const { heapPages = 256, drain, accessesMax = 1 << 16 } = options;
    this.stack = createStack(
      engineNamed(engine),
      options.options ?? {},
      { heapPages, virtualPages: 1 << 15, accessesMax, ...(drain && { drain }) },
      engineNamed,
    );
  }

  /** Performs `operations` operations, about `target` objects staying live. */
  run(operations: number, target: number): void {
    for (let done = 0; done < operations; done++) {
      if (this.random.below(2 * target) >= this.live.length) {
        this.allocate();
      } else {
        this.free();
      }
    }
  }

  freeAll(): void {
    while (this.live.length > 0) {
      this.free();
    }
  }

  private allocate(): void {
    const size = this.size();
    const align = this.random.below(4) === 0 ? 1 << this.random.below(8) : 0;
    const placement = this.perform(OP.alloc, size, () => this.stack.engine.allocate(size, align));
    if (placement > NULL) {
      this.live.push({ placement, size, align });
    }
  }

  private free(): void {
    const at = this.random.below(this.live.length);
    const { placement, size, align } = this.live[at]!;
    this.live[at] = this.live.at(-1)!;
    this.live.pop();
    this.perform(OP.free, size, () => this.stack.engine.free(placement, size, align));
  }

  private perform<T>(op: number, size: number, action: () => T): T {
    const { stream } = this.stack.machine;
    stream.beginOperation(this.index++, op, 0, size, 0);
    const result = action();
    stream.endOperation(NULL);
    return result;
  }

  /** Half of the sizes below a page third, the rest anywhere. */
  private size(): number {
    return 1 + this.random.below(this.random.below(2) === 0 ? 1300 : this.largestBytes);
  }
}
