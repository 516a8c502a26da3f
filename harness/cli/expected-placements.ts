import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import { UsageError, InputError } from '../../traces/input-error';
import type { Placement, TraceEvent } from '../../traces/trace';
import { HEAP_BASE } from '../machine/memory-layout';
import type { BlockState } from '../replay/port';
import { replay, type ReplayObserver, type ReplayState } from '../replay/replay';
import { createStack, type Stack } from '../replay/stack';
import type { Cell } from '../results/cell';
import { EXIT, type ExitCode } from './exit-codes';
import { createRegistries } from './registries';

/**
 * `run --expect FILE`: holds an engine against what a real allocator did. The first pass writes the placements in
 * memory a line at a time and finds the first that differs; the second replays up to that operation and shows the
 * heap around both places.
 */

/** Blocks shown before and after each of the two places. */
const NEIGHBOURS = 3;

interface Difference {
  readonly index: number;
  readonly placed: string;
  readonly expected: string;
}

/** Exit 0 when all placements are as expected, 3 at the first that is not. */
export async function expectPlacements(cells: readonly Cell[], file: string): Promise<ExitCode> {
  const cell = cells[0];
  if (cell === undefined || cells.length !== 1) {
    throw new UsageError({
      where: '--expect',
      problem: `${cells.length} replays`,
      expected: 'one trace and one engine',
    });
  }
  const placed = await placementLines(cell);
  const difference = await firstDifference(placed, file);
  if (difference === undefined) {
    process.stdout.write(`${placed.length - 1} placements as expected\n`);
    return EXIT.ok;
  }
  process.stdout.write(await describe(cell, difference));
  return EXIT.finding;
}

function stackOf(cell: Cell): Stack {
  const registries = createRegistries();
  const definition = registries.engineNamed(cell.engine);
  const { heapPages, virtualPages } = cell;
  return createStack(definition, cell.options, { heapPages, virtualPages }, (name) =>
    registries.engineNamed(name),
  );
}

async function placementLines(cell: Cell): Promise<string[]> {
  const chunks: string[] = [];
  const trace = await createRegistries().openTrace(cell.trace);
  await replay(trace, stackOf(cell), [], {
    placements: (chunk) => chunks.push(Buffer.from(chunk).toString('latin1')),
    ...(cell.realloc !== undefined && { realloc: cell.realloc }),
  });
  return chunks.join('').trimEnd().split('\n');
}

/** Compares line by line on the columns that the placed lines have: goldens of Plan 9 carry more. */
async function firstDifference(placed: readonly string[], file: string): Promise<Difference | undefined> {
  let line = 0;
  for await (const text of linesOf(file)) {
    const expected = text.split(',').slice(0, 4).join(',');
    if (placed[line] !== expected) {
      return { index: line - 1, placed: placed[line] ?? 'nothing: the trace has ended', expected };
    }
    line++;
  }
  if (line === 0) {
    throw new InputError({ where: file, problem: 'empty file', expected: 'index,op,id,offset' });
  }
  return line < placed.length
    ? { index: line - 1, placed: placed[line]!, expected: 'nothing: the file has ended' }
    : undefined;
}

async function* linesOf(file: string): AsyncIterable<string> {
  const bytes = createReadStream(file);
  const input = file.endsWith('.gz') ? bytes.pipe(createGunzip()) : bytes;
  try {
    yield* createInterface({ input, crlfDelay: Infinity });
  } catch (error) {
    throw new InputError({
      where: file,
      problem: (error as Error).message,
      expected: 'a readable placements file',
    });
  }
}

async function describe(cell: Cell, { index, placed, expected }: Difference): Promise<string> {
  const lines = [
    `operation ${index}: first placement that differs`,
    `  placed    ${placed}`,
    `  expected  ${expected}`,
  ];
  if (index >= 0) {
    const heap = await heapAfter(cell, index);
    for (const [what, text] of [
      ['placed', placed],
      ['expected', expected],
    ] as const) {
      const offset = offsetIn(text);
      lines.push(
        ...(offset === undefined
          ? []
          : [`heap around the ${what} place:`, ...around(heap, HEAP_BASE + offset)]),
      );
    }
  }
  return `${lines.join('\n')}\n`;
}

interface HeapBlock {
  readonly start: number;
  readonly bytes: number;
  readonly state: BlockState;
}

/** Every block of the held memory after operation `index`, in address order. */
async function heapAfter(cell: Cell, index: number): Promise<HeapBlock[]> {
  const blocks: HeapBlock[] = [];
  const observer: ReplayObserver = {
    operation(state: ReplayState, _event: TraceEvent, _placement: Placement): void {
      if (state.eventIndex === index) {
        state.stack.engine.walk((start, bytes, blockState) =>
          blocks.push({ start, bytes, state: blockState }),
        );
      }
    },
  };
  const trace = await createRegistries().openTrace(cell.trace);
  await replay(trace, stackOf(cell), [observer], cell.realloc === undefined ? {} : { realloc: cell.realloc });
  return blocks.sort((a, b) => a.start - b.start);
}

/** The offset in a placements line, hex or decimal; undefined for an outcome without an address. */
function offsetIn(line: string): number | undefined {
  const cell = line.split(',')[3] ?? '';
  return /^(0x[0-9a-f]+|\d+)$/.test(cell) ? Number(cell) : undefined;
}

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
