import type { Machine, Words } from '../../harness/machine/machine';
import { HEAP_BASE } from '../../harness/machine/memory-layout';
import { HEADER_BYTES, SIZE } from './tlsf-layout';

/**
 * How Xen's TLSF xmalloc aligns beyond its granule: the request is inflated, the object moved up to its alignment,
 * and the word before it, where a header's size word would lie, holds the distance with bit 0 set.
 */

/** Bit 0 of the word before an object: padding, not a size (a used block's bit 0 is clear). */
const PADDED = 1;

const STEPS = {
  pad: { instructions: 8 },
  strip: { instructions: 4 },
} as const;

export class ObjectPadding {
  private readonly step;

  constructor(private readonly machine: Machine) {
    this.step = machine.defineSteps('object-padding', STEPS);
  }

  /** Moves an object up to its alignment, to which the start of the heap is aligned whatever it is. */
  add(object: number, alignBytes: number): number {
    const bytes = (alignBytes - ((object - HEAP_BASE) % alignBytes)) % alignBytes;
    if (bytes === 0) {
      return object;
    }
    this.machine.store(object + bytes - HEADER_BYTES + SIZE, bytes | PADDED);
    this.machine.work(this.step.pad);
    return object + bytes;
  }

  /** Where an object would lie without its padding. */
  strip(object: number, words: Words = this.machine): number {
    const word = words.load(object - HEADER_BYTES + SIZE);
    if ((word & PADDED) === 0) {
      return object;
    }
    words.work(this.step.strip);
    return object - (word - PADDED);
  }
}
