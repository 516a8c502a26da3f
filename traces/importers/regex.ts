/**
 * Any recorder that writes a line a call, by regular expressions that its user gives: bpftrace one-liners, an
 * allocator's own debug log, printf.
 *
 *     alloc    (?<size>…) and (?<addr>…), perhaps (?<align>…)
 *     free     (?<addr>…)
 *     realloc  (?<old>…), (?<size>…) and (?<new>…) or (?<addr>…), where the block lies now
 *
 * Addresses are hexadecimal with or without `0x`, or nil; sizes and alignments are decimal, or hexadecimal with `0x`.
 * A line goes to the first pattern that matches, realloc before alloc before free; others are not ours. The patterns
 * are a user's, so they must not take forever: repeated groups that repeat or branch within are refused, which rules
 * out exponential search, and longer lines than anyone logs are not searched, which bounds what remains.
 */
import { UsageError } from '../input-error';
import { NULL_ADDRESS, wideAddress, type AddressKey, type LineScanner } from '../input/lines';
import type { LineParser, RecorderFormat } from './importer';
import type { LinePatterns } from './options';
import type { Recording } from './recording';

const LINE_CHARACTERS_MAX = 1024;

const ADDRESS = /^(?:0x)?0*([0-9a-f]{1,16})$/i;
const NIL = /^(?:0x0|nil|null|\(nil\)|\(null\))$/i;
const NUMBER = /^(?:0x[0-9a-f]{1,13}|\d{1,15})$/i;

/** The groups that a pattern must name, each under one of its names. */
const GROUPS: Readonly<Record<keyof LinePatterns, readonly (readonly string[])[]>> = {
  alloc: [['size'], ['addr']],
  free: [['addr']],
  realloc: [['old'], ['size'], ['new', 'addr']],
};

export const regex: RecorderFormat = {
  name: 'regex',
  summary: 'lines that your own regular expressions match (groups addr, size, align, old, new)',
  heeds: ['patterns'],
  detect: () => 0,
  open: (recording) => new RegexParser(recording, compiledPatterns(recording.options.patterns)),
};

interface CompiledPatterns {
  readonly alloc: RegExp;
  readonly free: RegExp;
  readonly realloc: RegExp | undefined;
}

/** Throws a `UsageError` for patterns that are absent, wrong, name too few groups or might take forever. */
function compiledPatterns(patterns: LinePatterns | undefined): CompiledPatterns {
  if (patterns === undefined) {
    const expected = 'a pattern of allocations and one of frees';
    throw new UsageError({ where: 'patterns', problem: 'the format regex has none', expected });
  }
  return {
    alloc: compiled('alloc', patterns.alloc),
    free: compiled('free', patterns.free),
    realloc: patterns.realloc === undefined ? undefined : compiled('realloc', patterns.realloc),
  };
}

function compiled(kind: keyof LinePatterns, source: string): RegExp {
  const where = `pattern of ${kind}`;
  let pattern: RegExp;
  try {
    pattern = new RegExp(source);
  } catch (error) {
    const problem = (error as Error).message;
    throw new UsageError({ where, problem, expected: 'a JavaScript regular expression' });
  }
  const missing = GROUPS[kind].filter((names) => names.every((name) => !source.includes(`(?<${name}>`)));
  if (missing.length > 0) {
    const names = (groups: readonly (readonly string[])[]) => groups.map((each) => each.join('/')).join(', ');
    const expected = `groups named ${names(GROUPS[kind])}, as in (?<size>\\d+)`;
    throw new UsageError({ where, problem: `no group is named ${names(missing)}`, expected });
  }
  if (repeatsWithinRepetition(source)) {
    const problem = 'a repeated group repeats or branches within, which may take forever';
    throw new UsageError({
      where,
      problem,
      expected: 'repetitions such as \\d+ and .* outside of each other',
    });
  }
  return pattern;
}

/** Whether a group that may match more than once holds a repetition or an alternation: `(a+)*`, `(a|b)+`. */
export function repeatsWithinRepetition(source: string): boolean {
  // Escapes, classes and group heads are one token each, so that their characters mean nothing.
  const tokens = source.matchAll(/\\.|\[(?:\\.|[^\]\\])*\]|\(\?(?:<?[=!]|:|<\w+>)|\{\d*,?\d*\}|./gsu);
  const branching: boolean[] = [];
  let closed: boolean | undefined;
  for (const [token] of tokens) {
    const repeats = token === '*' || token === '+' || (token.startsWith('{') && token.length > 1);
    if (repeats && closed === true) return true;
    if ((repeats || token === '|' || token === '?') && branching.length > 0) {
      branching[branching.length - 1] = true;
    }
    closed = undefined;
    if (token.startsWith('(')) {
      branching.push(false);
    } else if (token === ')') {
      closed = branching.pop() ?? false;
      if (closed && branching.length > 0) branching[branching.length - 1] = true;
    }
  }
  return false;
}

class RegexParser implements LineParser {
  constructor(
    private readonly recording: Recording,
    private readonly patterns: CompiledPatterns,
  ) {}

  line(line: LineScanner): void {
    const text = line.text();
    if (text.length > LINE_CHARACTERS_MAX) {
      this.recording.unparsed(`lines of at most ${LINE_CHARACTERS_MAX} characters`);
      return;
    }
    const { alloc, free, realloc } = this.patterns;
    const reallocation = realloc?.exec(text);
    if (reallocation) {
      this.reallocation(reallocation.groups!);
      return;
    }
    const allocation = alloc.exec(text);
    if (allocation !== null) {
      this.allocation(allocation.groups!);
      return;
    }
    const freed = free.exec(text);
    if (freed !== null) this.free(freed.groups!);
  }

  private reallocation({ old, size, new: result, addr }: Record<string, string>): void {
    const [from, bytes, to] = [address(old), number(size), address(result ?? addr)];
    if (from === undefined || bytes === undefined || to === undefined) this.wrongGroups();
    else this.recording.reallocated(from, to, bytes);
  }

  private allocation({ addr, size, align }: Record<string, string>): void {
    const [at, bytes, alignment] = [address(addr), number(size), number(align ?? '0')];
    if (at === undefined || bytes === undefined || alignment === undefined) this.wrongGroups();
    else this.recording.allocated(at, bytes, alignment);
  }

  private free({ addr }: Record<string, string>): void {
    const at = address(addr);
    if (at === undefined) this.wrongGroups();
    else this.recording.freed(at);
  }

  private wrongGroups(): void {
    this.recording.unparsed(
      'hexadecimal addresses, and sizes and alignments that are decimal or begin with 0x',
    );
  }
}

function address(text: string | undefined): AddressKey | undefined {
  if (text === undefined) return undefined;
  const digits = ADDRESS.exec(text)?.[1];
  if (digits !== undefined) return wideAddress(digits);
  return NIL.test(text) ? NULL_ADDRESS : undefined;
}

function number(text: string | undefined): number | undefined {
  return text !== undefined && NUMBER.test(text) ? Number(text) : undefined;
}
