import { InputError, UsageError } from '../../../traces/input-error';
import { openBytes } from '../../../traces/input/bytes';
import { LINE_BYTES_MAX } from '../../../traces/input/lines';
import { HEAP_BASE } from '../../machine/memory-layout';
import { isFailure } from '../../metrics/measured-replay';
import type { Outcome } from '../../replay/outcome';
import type { BlockState } from '../../replay/port';
import { replay, type ReplayObserver, type ReplayOptions, type ReplayState } from '../../replay/replay';
import { createStack, type Stack } from '../../replay/stack';
import type { Cell, Registries } from '../../results/cell';
import { EXIT, type ExitCode } from '../exit-codes';
import { createRegistries } from '../names/registries';
import { doubtsText } from './import-text';
import { print, tell } from './terminal';

/**
 * `run --expect FILE`: holds an engine against what a real allocator did. The first pass writes the placements in
 * memory a line at a time and finds the first that differs; the second replays up to that operation and shows the
 * heap around both places. Where the real heap began elsewhere, all its offsets are off by one and the same number;
 * they are aligned by it, and that is said.
 */

/** Blocks shown before and after each of the two places. */
const NEIGHBOURS = 3;

/** Of a line that is no header, so much is quoted. */
const SHOWN_CHARS_MAX = 60;

/** One block that lies elsewhere is a difference; so many that lie elsewhere by the same are another begin. */
const ALIGNED_BLOCKS_MIN = 2;

interface Difference {
  readonly index: number;
  readonly placed: string;
  readonly expected: string;
}

interface Comparison {
  readonly difference: Difference | undefined;
  /** How far the file's offsets are above the placed ones. */
  readonly shift: number;
  /** `, with every offset …`; empty where they are not shifted. */
  readonly aligned: string;
}

/** Exit 0 when all placements are as expected, 3 at the first that is not, 1 where the engine failed before it. */
export async function expectPlacements(cells: readonly Cell[], file: string): Promise<ExitCode> {
  const cell = cells[0];
  if (cell === undefined || cells.length !== 1) {
    throw new UsageError({
      where: '--expect',
      problem: `${cells.length} replays`,
      expected: 'one trace and one engine',
    });
  }
  const registries = createRegistries();
  const { lines, outcome } = await placements(cell, registries);
  tell(doubtsText(await registries.openTrace(cell.trace)));
  const comparison = await compared(lines, file, endText(outcome));
  const { difference, aligned } = comparison;
  const isOver = difference === undefined || difference.index === lines.length - 1;
  print(
    difference === undefined
      ? `${lines.length - 1} placements as expected${aligned}${outcome.kind === 'ok' ? '' : `, then ${endText(outcome)}`}\n`
      : await describe(cell, difference, comparison, registries),
  );
  if (isOver && isFailure(outcome)) {
    return EXIT.failed;
  }
  return difference === undefined ? EXIT.ok : EXIT.finding;
}

/** A cell says what its machine has by the names that a machine has for it. */
const stackOf = (cell: Cell, registries: Registries): Stack =>
  createStack(registries.engineNamed(cell.engine), cell.options, cell, (name) =>
    registries.engineNamed(name),
  );

const replayOptions = ({ realloc }: Cell): ReplayOptions => (realloc === undefined ? {} : { realloc });

/** The lines of the placements file of a replay, the header first, and how it ended. */
async function placements(
  cell: Cell,
  registries: Registries,
): Promise<{ readonly lines: readonly string[]; readonly outcome: Outcome }> {
  const chunks: string[] = [];
  const trace = await registries.openTrace(cell.trace);
  const { outcome } = await replay(trace, stackOf(cell, registries), [], {
    placements: (chunk) => chunks.push(Buffer.from(chunk).toString('latin1')),
    ...replayOptions(cell),
  });
  return { lines: chunks.join('').trimEnd().split('\n'), outcome };
}

function endText(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'ok':
      return 'the trace has ended';
    case 'unsupported':
      return `the replay has ended: ${outcome.reason}`;
    case 'corrupt':
    case 'faulted':
    case 'runaway':
      return `the replay has ended ${outcome.kind}: ${outcome.problem}`;
  }
}

/** Compares line by line on the columns that the placed lines have: goldens of Plan 9 carry more. */
async function compared(placed: readonly string[], file: string, end: string): Promise<Comparison> {
  const alignment = new Alignment();
  let line = 0;
  for await (const text of linesOf(file)) {
    const expected = text.split(',').slice(0, 4).join(',');
    if (line === 0 && expected !== placed[0]) {
      const problem = `"${text.slice(0, SHOWN_CHARS_MAX)}" is no header of placements`;
      throw new InputError({ where: `${file}:1:1`, problem, expected: placed[0]! });
    }
    const here = { index: line - 1, placed: placed[line] ?? `nothing: ${end}`, expected };
    if (line > 0 && !alignment.agrees(here)) {
      return alignment.finish(here);
    }
    line++;
  }
  if (line === 0) {
    throw new InputError({ where: file, problem: 'empty file', expected: 'index,op,id,offset' });
  }
  return alignment.finish(
    line < placed.length
      ? { index: line - 1, placed: placed[line]!, expected: 'nothing: the file has ended' }
      : undefined,
  );
}

/** Whether the file's offsets are the placed ones, or all of them off by what the first of them is. */
class Alignment {
  private shift = 0;
  private blocks = 0;
  /** The first block, where it lies elsewhere. */
  private unaligned: Difference | undefined;

  agrees(here: Difference): boolean {
    const [placed, expected] = [offsetIn(here.placed), offsetIn(here.expected)];
    const areBlocks =
      placed !== undefined && expected !== undefined && aboutOf(here.placed) === aboutOf(here.expected);
    if (!areBlocks) {
      return here.placed === here.expected;
    }
    if (this.blocks === 0 && placed !== expected) {
      this.shift = expected - placed;
      this.unaligned = here;
    }
    const agrees = expected - placed === this.shift;
    this.blocks += agrees ? 1 : 0;
    return agrees;
  }

  finish(found: Difference | undefined): Comparison {
    if (this.unaligned === undefined || this.blocks < ALIGNED_BLOCKS_MIN) {
      return { difference: this.unaligned ?? found, shift: 0, aligned: '' };
    }
    const { shift } = this;
    const isHex = this.unaligned.expected.includes('0x');
    const size = isHex ? `0x${Math.abs(shift).toString(16)}` : Math.abs(shift);
    const aligned = `, with every offset of the file ${size} ${shift > 0 ? 'above' : 'below'} the placed one`;
    return { difference: found, shift, aligned };
  }
}

async function* linesOf(file: string): AsyncGenerator<string, void, undefined> {
  let rest = '';
  for await (const chunk of await openBytes(file)) {
    const lines = (rest + chunk.toString('latin1')).split(/\r?\n/);
    rest = lines.pop()!;
    if (rest.length > LINE_BYTES_MAX) {
      throw new InputError({ where: file, problem: 'a line without end', expected: 'index,op,id,offset' });
    }
    yield* lines;
  }
  if (rest !== '') {
    yield rest;
  }
}

async function describe(
  cell: Cell,
  { index, placed, expected }: Difference,
  { shift, aligned }: Comparison,
  registries: Registries,
): Promise<string> {
  const lines = [
    `operation ${index}: first placement that differs${aligned}${aligned === '' ? '' : ' until then'}`,
    `  placed    ${placed}`,
    `  expected  ${expected}`,
  ];
  const heap = await heapAfter(cell, index, registries);
  for (const [what, text, begin] of [
    ['placed', placed, 0],
    ['expected', expected, shift],
  ] as const) {
    const offset = offsetIn(text);
    if (heap !== undefined && offset !== undefined) {
      lines.push(`heap around the ${what} place:`, ...around(heap, HEAP_BASE + offset - begin));
    }
  }
  return `${lines.join('\n')}\n`;
}

interface HeapBlock {
  readonly start: number;
  readonly bytes: number;
  readonly state: BlockState;
}

/** Every block of the held memory after operation `index`, in address order; undefined if the engine never did it. */
async function heapAfter(
  cell: Cell,
  index: number,
  registries: Registries,
): Promise<HeapBlock[] | undefined> {
  let blocks: HeapBlock[] | undefined;
  const observer: ReplayObserver = {
    operation({ eventIndex, stack }: ReplayState): void {
      if (eventIndex === index) {
        const found: HeapBlock[] = [];
        stack.engine.walk((start, bytes, state) => found.push({ start, bytes, state }));
        blocks = found.sort((a, b) => a.start - b.start);
      }
    },
  };
  const trace = await registries.openTrace(cell.trace);
  await replay(trace, stackOf(cell, registries), [observer], replayOptions(cell));
  return blocks;
}

/** The offset in a placements line, hex or decimal; undefined for an outcome without an address. */
function offsetIn(line: string): number | undefined {
  const cell = line.split(',')[3] ?? '';
  return /^(0x[0-9a-f]+|\d+)$/.test(cell) ? Number(cell) : undefined;
}

/** Which operation a placements line is about. */
const aboutOf = (line: string): string => line.slice(0, line.lastIndexOf(','));

function around(blocks: readonly HeapBlock[], address: number): string[] {
  const index = blocks.findIndex(({ start, bytes }) => address < start + bytes);
  if (index < 0 || address < blocks[index]!.start) {
    return [`  0x${(address - HEAP_BASE).toString(16)} lies in no memory that the engine holds`];
  }
  return blocks
    .slice(Math.max(0, index - NEIGHBOURS), index + NEIGHBOURS + 1)
    .map(({ start, bytes, state }, row) => {
      const mark = Math.max(0, index - NEIGHBOURS) + row === index ? '>' : ' ';
      return `${mark} 0x${(start - HEAP_BASE).toString(16)} ${bytes} bytes ${state}`;
    });
}
