/**
 * Any recorder that writes a line a call, by regular expressions that its user gives: bpftrace one-liners, an
 * allocator's own debug log, printf.
 *
 *     alloc    (?<size>…) and (?<addr>…) or (?<id>…), perhaps (?<count>…) of that size, (?<align>…)
 *     free     (?<addr>…) or (?<id>…)
 *     realloc  (?<size>…), perhaps (?<count>…), and (?<id>…) or (?<old>…) with (?<new>…) or (?<addr>…), the new place
 *
 * Addresses are hexadecimal with or without `0x`, or nil; an id is any text that names the object until it is freed;
 * sizes, counts and alignments are decimal, or hexadecimal with `0x`. Each kind may have several patterns. A line goes
 * to the first that matches, realloc before alloc before free; others are not ours. The patterns are a user's, so they
 * must not take forever: they run on RE2, which has no back references and no lookaround and takes time in proportion
 * to the line, whatever the pattern; longer lines than anyone logs are not searched.
 */
import { RE2JS } from 're2js';
import { UsageError } from '../input-error';
import { NULL_ADDRESS, wideAddress, type AddressKey, type LineScanner } from '../input/lines';
import type { LineParser, RecorderFormat } from './importer';
import type { LinePatterns } from './options';
import type { Recording } from './recording';

const LINE_CHARACTERS_MAX = 1024;

const ADDRESS = /^(?:0x)?0*([0-9a-f]{1,16})$/i;
const NIL = /^(?:0x0|nil|null|\(nil\)|\(null\))$/i;
const MAP_FAILED = /^(?:-1|MAP_FAILED)$/;
const NUMBER = /^(?:0x[0-9a-f]{1,13}|\d{1,15})$/i;

/** The groups that a pattern must name, each under one of its names. */
const GROUPS: Readonly<Record<keyof LinePatterns, readonly (readonly string[])[]>> = {
  alloc: [['size'], ['addr']],
  free: [['addr']],
  realloc: [['old'], ['size'], ['new', 'addr']],
};

/** The group that stands for all those of addresses. */
const ID = 'id';

export const regex: RecorderFormat = {
  name: 'regex',
  summary: 'lines that your own regular expressions match (groups addr or id, size, count, align, old, new)',
  heeds: ['patterns'],
  detect: () => 0,
  open: (recording) => new RegexParser(recording, compiledPatterns(recording.options.patterns)),
};

type CompiledPatterns = Readonly<Record<keyof LinePatterns, readonly RE2JS[]>>;

/** Throws a `UsageError` for patterns that are absent, wrong or name too few groups. */
function compiledPatterns(patterns: LinePatterns | undefined): CompiledPatterns {
  if (patterns === undefined) {
    const expected = 'a pattern of allocations and one of frees';
    throw new UsageError({ where: 'patterns', problem: 'the format regex has none', expected });
  }
  const all = (kind: keyof LinePatterns) => listed(patterns[kind]).map((source) => compiled(kind, source));
  return { alloc: all('alloc'), free: all('free'), realloc: all('realloc') };
}

const listed = (patterns: string | readonly string[] = []): readonly string[] =>
  typeof patterns === 'string' ? [patterns] : patterns;

function compiled(kind: keyof LinePatterns, source: string): RE2JS {
  const where = `pattern of ${kind}`;
  let pattern: RE2JS;
  try {
    pattern = RE2JS.compile(source);
  } catch (error) {
    const reason = (error as Error).message.replace('error parsing regexp: ', '');
    const problem = `Invalid regular expression: ${reason}`;
    const expected =
      'one of RE2, without lookaround and back references, each group named once: alternatives are patterns of their own';
    throw new UsageError({ where, problem, expected });
  }
  const named = Object.keys(pattern.namedGroups());
  const missing = GROUPS[kind]
    .filter((names) => !names.some((name) => named.includes(name)))
    .filter(([name]) => name === 'size' || !named.includes(ID));
  if (missing.length > 0) {
    const names = (groups: readonly (readonly string[])[]) => groups.map((each) => each.join('/')).join(', ');
    const expected = `groups named ${names(GROUPS[kind])}, or id for an address, as in (?<size>\\d+)`;
    throw new UsageError({ where, problem: `no group is named ${names(missing)}`, expected });
  }
  return pattern;
}

class RegexParser implements LineParser {
  /** Keys of the objects that are named by an id, while they are live. */
  private readonly keys = new Map<string, number>();
  private lastKey = 0;

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
    const reallocation = groupsOf(realloc, text);
    if (reallocation !== undefined) {
      return this.reallocation(reallocation);
    }
    const allocation = groupsOf(alloc, text);
    if (allocation !== undefined) {
      return this.allocation(allocation);
    }
    const freed = groupsOf(free, text);
    if (freed !== undefined) {
      this.free(freed);
    }
  }

  private reallocation({ old, size, count, new: result, addr, id }: Groups): void {
    const key = id === undefined ? undefined : this.keyOf(id);
    const [from, to] = [key ?? address(old), key ?? address(result ?? addr)];
    const bytes = product(size, count);
    if (from === undefined || bytes === undefined || to === undefined) {
      this.wrongGroups();
    } else {
      this.recording.reallocated(from, to, bytes);
    }
  }

  private allocation({ addr, id, size, count, align }: Groups): void {
    const [at, bytes, alignment] = [this.place(addr, id), product(size, count), number(align ?? '0')];
    if (at === undefined || bytes === undefined || alignment === undefined) {
      this.wrongGroups();
    } else {
      this.recording.allocated(at, bytes, alignment);
    }
  }

  private free({ addr, id }: Groups): void {
    const at = this.place(addr, id);
    if (at === undefined) {
      this.wrongGroups();
    } else {
      this.recording.freed(at);
    }
    if (id !== undefined) {
      this.keys.delete(id);
    }
  }

  private place(addr: string | undefined, id: string | undefined): AddressKey | undefined {
    return id === undefined ? address(addr) : this.keyOf(id);
  }

  private keyOf(id: string): number {
    const known = this.keys.get(id);
    if (known !== undefined) {
      return known;
    }
    this.lastKey += 1;
    this.keys.set(id, this.lastKey);
    return this.lastKey;
  }

  private wrongGroups(): void {
    this.recording.unparsed(
      'hexadecimal addresses, and sizes, counts and alignments that are decimal or begin with 0x',
    );
  }
}

/** What the groups of a pattern matched, by their names; a group in a branch that was not taken matched nothing. */
type Groups = Readonly<Record<string, string | undefined>>;

/** The groups of the first pattern that matches. */
function groupsOf(patterns: readonly RE2JS[], text: string): Groups | undefined {
  for (const pattern of patterns) {
    const matcher = pattern.matcher(text);
    if (matcher.find()) {
      return taken(matcher.getNamedGroups());
    }
  }
  return undefined;
}

const taken = (groups: Readonly<Record<string, string | null>>): Groups =>
  Object.fromEntries(Object.entries(groups).map(([name, text]) => [name, text ?? undefined]));

function address(text: string | undefined): AddressKey | undefined {
  if (text === undefined) {
    return undefined;
  }
  const digits = ADDRESS.exec(text)?.[1];
  if (digits !== undefined) {
    return wideAddress(digits);
  }
  if (MAP_FAILED.test(text)) {
    return -1;
  }
  return NIL.test(text) ? NULL_ADDRESS : undefined;
}

/** Bytes of so many objects of a size. */
function product(size: string | undefined, count: string | undefined): number | undefined {
  const [bytes, objects] = [number(size), number(count ?? '1')];
  return bytes === undefined || objects === undefined ? undefined : bytes * objects;
}

function number(text: string | undefined): number | undefined {
  return text !== undefined && NUMBER.test(text) ? Number(text) : undefined;
}
