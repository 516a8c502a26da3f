import { isBlock, type Placement } from '../../trace';
import { integer, yesOrNo, type ValuesOf } from '../parameters';
import { freeEach, ScriptedGenerator, type Pen, type Script } from '../script';
import { defineSynthesizer } from '../synthesizer';

/**
 * Robson's adversary: a program that never holds more than M words, asks only for powers of two up to n words, and
 * yet drives every allocator that cannot move blocks to M(1 + ½log₂n) − n + 1 words. Address-ordered first fit and
 * best fit without headers need exactly that.
 *
 * It fills memory with blocks of one word. Then, for blocks of 2, 4 … n words, it keeps only blocks that lie on one
 * residue modulo that length, so that no freed stretch is long enough for the new ones, and spends all it freed on
 * them. To know where blocks lie it needs their placements; words are counted from address 0.
 */
const parameters = {
  live: integer('M: the most that lives at once', 'words', 4096, { from: 1, to: 1 << 22 }),
  largest: integer('n: the largest request, a power of two', 'words', 256, { from: 1, to: 1 << 22 }),
  unit: integer('one word', 'bytes', 16, { from: 1, to: 1 << 20 }),
  header: integer('what the engine puts before a block: requests ask for so much less', 'bytes', 0, {
    from: 0,
    to: 4096,
  }),
  drain: yesOrNo('free everything at the end', 'no'),
};

type Values = ValuesOf<typeof parameters>;

interface Block {
  readonly id: number;
  /** Its first word, counted from address 0. */
  readonly start: number;
  readonly words: number;
}

export const robson = defineSynthesizer({
  name: 'adversary/robson',
  summary: 'needs M(1 + ½log₂n) − n + 1 words of any allocator that cannot move blocks, holding M',
  sources: [
    'J. M. Robson, "An Estimate of the Store Size Necessary for Dynamic Storage Allocation", J. ACM 18(3), 1971',
    'J. M. Robson, "Bounds for Some Functions Concerning Dynamic Storage Allocation", J. ACM 21(3), 1974',
  ],
  category: 'adversary',
  adaptive: true,
  parameters,
  refusal: ({ live, largest, unit, header }) => {
    if ((largest & (largest - 1)) !== 0 || largest > live) {
      return { problem: `largest=${largest}`, expected: `a power of two up to live=${live}` };
    }
    return header >= unit
      ? { problem: `header=${header} leaves nothing of a word`, expected: `less than unit=${unit}` }
      : undefined;
  },
  generate: (values) =>
    new ScriptedGenerator(
      (pen) => program(pen, values),
      () => [{ name: 'words that Robson’s bound demands', value: robsonBound(values), unit: 'words' }],
    ),
});

/** M(1 + ½log₂n) − n + 1, rounded down. */
export function robsonBound({ live, largest }: { readonly live: number; readonly largest: number }): number {
  const log = 31 - Math.clz32(largest);
  return Math.floor((live * (2 + log)) / 2) - largest + 1;
}

function* program(pen: Pen, { live, largest, unit, header, drain }: Values): Script {
  let blocks: Block[] = [];
  let liveWords = 0;

  function* fill(words: number): Script {
    for (let left = Math.floor((live - liveWords) / words); left > 0; left--) {
      pen.allocate(words * unit - header);
      const { id } = pen;
      yield;
      if (!isBlock(pen.placement)) {
        continue;
      }
      blocks.push({ id, start: wordAt(pen.placement, unit, header), words });
      liveWords += words;
    }
  }

  yield* fill(1);
  for (let words = 2, residue = 0; words <= largest; words *= 2) {
    residue = heavierResidue(blocks, residue, words);
    for (const block of blocks) {
      if (touches(block, residue, words)) {
        continue;
      }
      pen.free(block.id);
      yield;
      liveWords -= block.words;
    }
    blocks = blocks.filter((block) => touches(block, residue, words));
    yield* fill(words);
  }
  const survivors = blocks.map(({ id }) => id);
  if (drain === 'yes') {
    yield* freeEach(pen, survivors);
  }
}

const wordAt = (placement: Placement, unit: number, header: number): number =>
  Math.floor((placement - header) / unit);

/** Whether a word of the block is congruent to the residue. */
function touches({ start, words }: Block, residue: number, modulus: number): boolean {
  const ahead = (residue - (start % modulus) + modulus) % modulus;
  return ahead < words;
}

/**
 * Which of the two residues that continue `residue` spoils more: every block on it makes useless what is missing of
 * it to a whole new block.
 */
function heavierResidue(blocks: readonly Block[], residue: number, modulus: number): number {
  const other = residue + modulus / 2;
  const spoilt = (candidate: number) =>
    blocks.reduce(
      (sum, block) => (touches(block, candidate, modulus) ? sum + modulus - block.words : sum),
      0,
    );
  return spoilt(other) > spoilt(residue) ? other : residue;
}
