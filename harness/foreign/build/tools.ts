import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Compiler } from './plan';
import { numbers } from './run-tools.cjs';

/** One run of a tool of LLVM's. */
export interface ToolCommand {
  readonly tool: 'clang' | 'clang++' | 'wasm-ld' | 'objdump' | 'symbolizer';
  readonly arguments: readonly string[];
  /**
   * Feeds it with the hexadecimal numbers that `pattern` finds in an earlier command's text, counted from the number
   * that `base` finds there.
   */
  readonly stdinFrom?: { readonly command: number; readonly base: string; readonly pattern: string };
}

export interface ToolJob {
  /** By absolute path: all that the tools see. */
  readonly files: Readonly<Record<string, string>>;
  readonly commands: readonly ToolCommand[];
  readonly outputs: readonly string[];
}

export type ToolResult =
  | { readonly kind: 'done'; readonly texts: readonly string[]; readonly files: ReadonlyMap<string, Buffer> }
  | { readonly kind: 'failed'; readonly command: number; readonly text: string }
  /** The tool gave up on itself, not on what it read. */
  | { readonly kind: 'crashed'; readonly command: number; readonly reason: string };

/** Runs a job's commands with a compiler's tools. Throws an `Error` when the tools themselves cannot be run. */
export function runTools(compiler: Compiler, job: ToolJob): ToolResult {
  return compiler.kind === 'package' ? runPacked(compiler.module, job) : runPrograms(compiler, job);
}

/**
 * V8 compiles of the compiler's 75 MB only what runs, and not twice: its first file takes three seconds then, not ten.
 * Nothing that the tools write depends on it.
 */
const START_FAST = ['--wasm-lazy-compilation', '--liftoff-only'];
const OUTPUT_BYTES_MAX = 1 << 29;
/** Clang passes on that a signal ended a part of it as shells do. */
const EXIT_OF_SIGNALS = 128;

type PackedResult =
  | { readonly failed: number; readonly text: string }
  | { readonly crashed: number; readonly text: string }
  | { readonly texts: string[]; readonly files: Record<string, string> };

function runPacked(module: string, job: ToolJob): ToolResult {
  const { status, signal, output, stderr, error } = spawnSync(
    process.execPath,
    [...START_FAST, path.join(__dirname, 'run-tools.cjs')],
    {
      input: JSON.stringify({ module, ...job }),
      stdio: ['pipe', 'ignore', 'pipe', 'pipe'],
      maxBuffer: OUTPUT_BYTES_MAX,
      encoding: 'utf8',
    },
  );
  if (error !== undefined || status !== 0) {
    throw new Error(error?.message ?? reasonIn(`${stderr}\n${endText(status, signal)}`));
  }
  const result = JSON.parse(output[3]!) as PackedResult;
  if ('failed' in result) {
    return { kind: 'failed', command: result.failed, text: result.text };
  }
  if ('crashed' in result) {
    return { kind: 'crashed', command: result.crashed, reason: reasonIn(result.text) };
  }
  const files = Object.entries(result.files).map(
    ([file, content]) => [file, Buffer.from(content, 'base64')] as const,
  );
  return { kind: 'done', texts: result.texts, files: new Map(files) };
}

const endText = (status: number | null, signal: string | null): string =>
  signal === null ? `ended with exit code ${status}` : `ended by ${signal}`;

/** A line that is no more than the circumstances of another: warnings, quoted source, stack dumps. */
const CIRCUMSTANCE = /: (warning|note): |^\s*(\d+\s*\||\||at |#\d|\d+\.\s)|^(PLEASE|Stack dump)/;
const REASON = /assertion|fatal|error|unreachable executed/i;

/** Why a tool ended, of all that it wrote: its first line that tells of an error, else the last, which says how. */
function reasonIn(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !CIRCUMSTANCE.test(line));
  return (lines.find((line) => REASON.test(line)) ?? lines.at(-1) ?? '').trim();
}

type Programs = Extract<Compiler, { kind: 'program' }>;

/** The tools beside a compiler on this machine: `clang-16` comes with `wasm-ld-16`. */
function runPrograms({ path: clang, scratch }: Programs, job: ToolJob): ToolResult {
  const folder = fs.mkdtempSync(path.join(scratch, 'alloc-replay-build-'));
  const inFolder = (name: string): string => (job.outputs.includes(name) ? path.join(folder, name) : name);
  try {
    const texts: string[] = [];
    for (const [index, command] of job.commands.entries()) {
      const { stdinFrom } = command;
      const ran = spawnSync(
        programOf(clang, command.tool),
        command.arguments.map((argument) => inTemporary(argument, folder)),
        {
          encoding: 'utf8',
          maxBuffer: OUTPUT_BYTES_MAX,
          ...(stdinFrom !== undefined && { input: numbers(texts[stdinFrom.command]!, stdinFrom) }),
        },
      );
      if (ran.error !== undefined) {
        throw new Error(`${programOf(clang, command.tool)} cannot be run`);
      }
      if (ran.status === null || ran.status >= EXIT_OF_SIGNALS) {
        const text = `${ran.stderr}${ran.stdout}\n${endText(ran.status, ran.signal)}`;
        return { kind: 'crashed', command: index, reason: reasonIn(text) };
      }
      if (ran.status !== 0) {
        return { kind: 'failed', command: index, text: ran.stderr + ran.stdout };
      }
      texts.push(ran.stderr + ran.stdout);
    }
    const files = job.outputs.map((file) => [file, fs.readFileSync(inFolder(file))] as const);
    return { kind: 'done', texts, files: new Map(files) };
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** Names of a job's own products are relative: nothing else in a command is. */
const PRODUCT = /^[\w-]+\.(o|wasm)$/;
const inTemporary = (argument: string, folder: string): string =>
  PRODUCT.test(argument) ? path.join(folder, argument) : argument;

function programOf(clang: string, tool: ToolCommand['tool']): string {
  if (tool.startsWith('clang')) {
    return tool === 'clang' ? clang : clang.replace(/clang(?=[^/]*$)/, 'clang++');
  }
  const name = tool === 'wasm-ld' ? tool : `llvm-${tool}`;
  return clang.replace(/clang(?=[^/]*$)/, name);
}
