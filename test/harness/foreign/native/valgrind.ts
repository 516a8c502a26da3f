import { execFileSync, spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { createInterface } from 'node:readline';
import { NOTHING, OP, TraceEvent, type Trace } from '../../../../traces/trace';
import type { Counted } from '../costs';

/** An engine in C built by gcc, and what valgrind counts of its operations. */

const FOLDER = __dirname;
const HEADERS = path.join(FOLDER, '../../../../harness/foreign/c');
/**
 * As kernels are built: without vector registers, in which gcc joins pairs of stores. A program that is not moved when
 * it is loaded has its marks where `nm` says.
 */
const FLAGS = ['-O2', '-std=gnu11', '-mgeneral-regs-only', '-no-pie', '-fno-pie'];

/** Where valgrind puts a program's stack. */
const STACK = { from: 0x1f_f000_0000, end: 0x20_0000_0000 } as const;
const ACCESS = /^ [LSM] /;

export const VERBS = ['alloc', 'free'] as const;
export type Verb = (typeof VERBS)[number];
/** As the driver reads it: slot, bytes, and 1 for an allocation. */
export type NativeRow = readonly [number, number, number];

/** The events of a trace of allocations and frees. */
export async function nativeEvents({ open }: Trace): Promise<readonly NativeRow[]> {
  const rows: NativeRow[] = [];
  const bytesOf = new Map<number, number>();
  const source = await open();
  const event = new TraceEvent();
  do {
    while (source.next(event, NOTHING)) {
      if (event.op === OP.alloc) {
        bytesOf.set(event.id, event.size);
      }
      rows.push([event.id, bytesOf.get(event.id)!, event.op === OP.alloc ? 1 : 0]);
    }
  } while (await source.refill());
  await source.close();
  return rows;
}

/** Rows as the driver reads them. */
export const nativeInput = (rows: readonly NativeRow[]): Uint8Array =>
  new Uint8Array(Uint32Array.from(rows.flat()).buffer);

/** Programs of which a native measurement consists and that are not there. */
export function missingTools(): readonly string[] {
  return ['gcc', 'valgrind'].filter((tool) => {
    try {
      execFileSync(tool, ['--version'], { stdio: 'ignore' });
      return false;
    } catch {
      return true;
    }
  });
}

/** Builds `NAME.c` of this folder with the driver. */
export function buildNative(name: string, folder: string): string {
  const program = path.join(folder, name);
  const flags = [...FLAGS, '-I', HEADERS, '-o', program];
  execFileSync('gcc', [...flags, path.join(FOLDER, `${name}.c`), path.join(FOLDER, 'driver.c')]);
  return program;
}

/** Means over the operations of each verb. */
export async function nativeCounts(
  program: string,
  rows: readonly NativeRow[],
): Promise<Record<Verb, Counted>> {
  const trace = nativeInput(rows);
  const accesses = await nativeAccesses(program, trace);
  const counted = (verb: Verb, isAllocation: number, entry: string): Counted => {
    const operations = rows.filter((row) => row[2] === isAllocation).length;
    return {
      loads: accesses[verb].loads / operations,
      stores: accesses[verb].stores / operations,
      instructions: nativeInstructions(program, trace, entry) / operations,
    };
  };
  return { alloc: counted('alloc', 1, 'ar_allocate'), free: counted('free', 0, 'ar_free') };
}

/** What callgrind counts from the entry of a function to its return. */
function nativeInstructions(program: string, trace: Uint8Array, entry: string): number {
  const out = `${program}.callgrind`;
  const options = ['--tool=callgrind', `--toggle-collect=${entry}`, `--callgrind-out-file=${out}`];
  execFileSync('valgrind', [...options, program], { input: trace, stdio: ['pipe', 'ignore', 'ignore'] });
  return Number(/^(?:summary|totals): (\d+)/m.exec(fs.readFileSync(out, 'utf8'))![1]);
}

/** What lackey sees between the marks, and not on the stack: ` L ADDRESS,BYTES`, S for a store and M for both. */
async function nativeAccesses(program: string, trace: Uint8Array) {
  const marks = new Map([
    [addressOf('allocation_mark', program), VERBS[0]],
    [addressOf('release_mark', program), VERBS[1]],
  ]);
  const child = spawn('valgrind', ['--tool=lackey', '--trace-mem=yes', program]);
  child.stdin.end(trace);
  const sums = { alloc: { loads: 0, stores: 0 }, free: { loads: 0, stores: 0 } };
  let current: Verb | undefined;
  /** Address of the last load of the instruction under way. */
  let loaded: number | undefined;
  for await (const line of createInterface({ input: child.stderr })) {
    if (line.startsWith('I')) {
      loaded = undefined;
    }
    if (!ACCESS.test(line)) {
      continue;
    }
    const address = parseInt(line.slice(3), 16);
    const marked = marks.get(address);
    if (marked !== undefined) {
      current = current === undefined ? marked : undefined;
    } else if (current !== undefined && (address < STACK.from || address >= STACK.end)) {
      // A locked instruction is shown as a load and then as a modification.
      sums[current].loads += line[1] === 'S' || address === loaded ? 0 : 1;
      sums[current].stores += line[1] === 'L' ? 0 : 1;
      loaded = line[1] === 'L' ? address : undefined;
    }
  }
  return sums;
}

function addressOf(variable: string, program: string): number {
  const symbols = execFileSync('nm', [program], { encoding: 'utf8' });
  return parseInt(new RegExp(`^(\\w+) . ${variable}$`, 'm').exec(symbols)![1]!, 16);
}
