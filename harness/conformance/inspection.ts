import { isVirtual } from '../../traces/trace';
import { HEAP_BASE } from '../machine/memory-layout';
import type { BlockState, Engine, EngineDefinition } from '../replay/port';
import type { LiveObject } from './live-objects';
import type { Findings } from './rules';
import type { WatchedMachine } from './watched-machine';

/** What the engine's observers show, held against the ledger, against what is live and against each other. */

interface Block {
  readonly start: number;
  readonly end: number;
  readonly state: BlockState;
}

/** Examines one moment of a heap. Throws what the observers throw. */
export function inspect(
  machine: WatchedMachine,
  engine: Engine,
  definition: EngineDefinition,
  live: readonly LiveObject[],
  findings: Findings,
  lastTouched: (start: number, end: number) => string | undefined,
): void {
  engine.check();
  const blocks = walkedBlocks(engine);
  examineTiling(machine, blocks, findings);
  examineObjects(engine, definition, blocks, live, findings, lastTouched);
}

/** The blocks that a walk visits, in address order. */
export function walkedBlocks(engine: Engine): Block[] {
  const blocks: Block[] = [];
  engine.walk((start, bytes, state) => blocks.push({ start, end: start + bytes, state }));
  return blocks.sort((one, other) => one.start - other.start);
}

function examineTiling(machine: WatchedMachine, blocks: readonly Block[], findings: Findings): void {
  let next = 0;
  machine.ledger.runs(({ address, bytes }) => {
    let position = address;
    while (next < blocks.length && blocks[next]!.start === position && blocks[next]!.end > position) {
      position = blocks[next++]!.end;
    }
    const reason = () =>
      `of the held run ${offset(address)} … ${offset(address + bytes)} the walk visits up to ${offset(position)}` +
      (next < blocks.length ? `, then goes on at ${offset(blocks[next]!.start)}` : '');
    findings.expect('tiled', position === address + bytes, reason);
  });
  findings.expect(
    'tiled',
    next === blocks.length,
    () =>
      `${blocks.length - next} of the blocks that the walk visits overlap others or lie beside the held memory`,
  );
}

function examineObjects(
  engine: Engine,
  definition: EngineDefinition,
  blocks: readonly Block[],
  live: readonly LiveObject[],
  findings: Findings,
  lastTouched: (start: number, end: number) => string | undefined,
): void {
  let expectedBytes = 0;
  const { granuleBytes } = definition.constants;
  // Where an engine shows no blocks the harness goes by its headers, which may lie anywhere before an object.
  const knowsBlocks = definition.foreign?.shows.blockAt ?? true;
  for (const { id, placement, sizeBytes, align } of live) {
    const block = engine.blockAt(placement, sizeBytes, align);
    if (block === undefined) {
      findings.expect('located', false, () => `blockAt knows no block of the live object ${id}`);
      return;
    }
    const { start, bytes, headerBytes } = block;
    const end = start + bytes;
    const told = () =>
      `object ${id} at ${offset(placement)}: blockAt says ${bytes} bytes from ${offset(start)}`;
    const fits = start + headerBytes <= placement && placement + sizeBytes <= end;
    findings.expect(
      'located',
      fits,
      () => `${told()}, header ${headerBytes}, which cannot hold its ${sizeBytes} bytes`,
    );
    findings.expect(
      'located',
      !knowsBlocks || (start % granuleBytes === 0 && bytes % granuleBytes === 0),
      () => `${told()}: no multiples of the granule ${granuleBytes}`,
    );
    expectedBytes += bytes;
    if (!isVirtual(placement)) {
      findings.expect('located', isAllocated(blocks, start, end), () => `${told()}, the walk does not`);
    }
  }
  const walkedBytes = blocks.reduce(
    (sum, { start, end, state }) => (state === 'allocated' ? sum + end - start : sum),
    0,
  );
  findings.expect('located', walkedBytes === expectedBytes, () => {
    const sums = `the walk shows ${walkedBytes} allocated bytes, the live objects' blocks have ${expectedBytes}`;
    const lost = blocks.find(
      ({ start, end, state }) =>
        state === 'allocated' && !live.some(({ placement }) => start <= placement && placement < end),
    );
    if (lost === undefined) {
      return sums;
    }
    const place = lastTouched(lost.start, lost.end);
    const where = place === undefined ? '' : `, last touched in ${place}`;
    return `${sums}; no object has the ${lost.end - lost.start} bytes at ${offset(lost.start)}${where}`;
  });
}

/** Whether allocated blocks cover the range without a gap. */
function isAllocated(blocks: readonly Block[], start: number, end: number): boolean {
  let covered = start;
  for (const block of blocks) {
    if (block.start <= covered && covered < block.end && block.state === 'allocated') {
      covered = block.end;
    }
  }
  return covered >= end;
}

function offset(address: number): string {
  return `0x${(address - HEAP_BASE).toString(16)}`;
}
