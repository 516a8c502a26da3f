import { HEAP_BASE } from '../../../harness/machine/memory-layout';
import type { Stack } from '../../../harness/replay/stack';
import type { Placement } from '../../../traces/trace';

interface Block {
  readonly start: number;
  readonly words: number;
}

/**
 * Robson's program (J. ACM 18(3), 1971) against an engine directly, word for word as the paper's proof describes it
 * and without anything of the synthesizer: the words the engine held in the end.
 */
export function robsonHighWater(
  { engine, machine }: Stack,
  live: number,
  largest: number,
  wordBytes: number,
): number {
  let blocks: Block[] = [];
  const place = (words: number) => {
    const placement = engine.allocate(words * wordBytes, 0);
    blocks.push({ start: (placement - HEAP_BASE) / wordBytes, words });
  };
  const occupies = ({ start, words }: Block, residue: number, modulus: number) =>
    Array.from({ length: words }, (_, word) => (start + word) % modulus).includes(residue);
  const spoilt = (residue: number, modulus: number) =>
    blocks
      .filter((block) => occupies(block, residue, modulus))
      .reduce((sum, { words }) => sum + modulus - words, 0);

  for (let word = 0; word < live; word++) {
    place(1);
  }
  for (let modulus = 2, residue = 0; modulus <= largest; modulus *= 2) {
    const other = residue + modulus / 2;
    if (spoilt(other, modulus) > spoilt(residue, modulus)) {
      residue = other;
    }
    for (const block of blocks.filter((each) => !occupies(each, residue, modulus))) {
      engine.free((HEAP_BASE + block.start * wordBytes) as Placement, block.words * wordBytes, 0);
    }
    blocks = blocks.filter((block) => occupies(block, residue, modulus));
    const used = blocks.reduce((sum, { words }) => sum + words, 0);
    for (let left = Math.floor((live - used) / modulus); left > 0; left--) {
      place(modulus);
    }
  }
  return machine.ledger.heldBytes / wordBytes;
}
