import * as fs from 'node:fs';
import * as path from 'node:path';
import { Readable } from 'node:stream';
import { gunzipSync, gzipSync } from 'node:zlib';
import { decompress } from 'fzstd';
import { openBytes } from '../../../traces/input/bytes';
import { InputError } from '../../../traces/input-error';
import { openImport, type ImportSource } from '../../../traces/importers/import-source';
import { formatNamed } from '../../../traces/importers/registry';
import { RandomStream } from '../../../traces/random';
import { OP, type EventSource } from '../../../traces/trace';
import { forEachEvent, type GivenOptions } from './importing';

/**
 * Imports of damaged recordings: the beginnings of genuine ones and texts of our own with a few bytes changed, cut,
 * doubled or moved. Whatever comes out must be balanced, and nothing may crash, hang or take memory.
 */

const BYTES_OF_EACH = 1500;
const recordings = path.join(__dirname, '../../recordings');
const bytesOf = (file: string) => fs.readFileSync(path.join(recordings, file));
const beginning = (bytes: Uint8Array, from = 0) => Buffer.from(bytes.subarray(from, from + BYTES_OF_EACH));

interface Sample {
  readonly format: string;
  readonly bytes: Buffer;
  readonly options?: GivenOptions;
}

function samples(): readonly Sample[] {
  const grammarProbe = gunzipSync(bytesOf('valgrind/grammar-probe.vg.txt.gz'));
  const threads = gunzipSync(bytesOf('ltrace/probe-threads.ltrace.txt.gz'));
  const raw = decompress(bytesOf('heaptrack/probe.raw.zst'));
  const interpreted = decompress(bytesOf('heaptrack/probe.zst'));
  const kmem = bytesOf('kmem/samples.txt');
  return [
    { format: 'valgrind', bytes: beginning(grammarProbe, 200) },
    { format: 'valgrind', bytes: gzipSync(beginning(grammarProbe)) },
    { format: 'ltrace', bytes: beginning(threads) },
    { format: 'ltrace', bytes: beginning(threads, 2500) },
    { format: 'mtrace', bytes: beginning(gunzipSync(bytesOf('mtrace/mt-random.mtrace.txt.gz')), 3000) },
    { format: 'heaptrack', bytes: Buffer.from(linesWith(raw, /^[-+v] /).slice(0, BYTES_OF_EACH)) },
    { format: 'heaptrack', bytes: Buffer.from(linesWith(interpreted, /^[-+av] /).slice(0, BYTES_OF_EACH)) },
    { format: 'heaptrack', bytes: bytesOf('heaptrack/probe.raw.zst') },
    { format: 'kmem', bytes: beginning(kmem, 3000) },
    { format: 'kmem', bytes: beginning(kmem), options: { kmem: 'pages' } },
    { format: 'memleak', bytes: bytesOf('memleak/memleak-trace.txt') },
    { format: 'plan9-log', bytes: bytesOf('plan9-log/flags-logging.ilp32.log') },
    { format: 'ltrace', bytes: bytesOf('cases/ltrace-x-inside-libc.x-libc.txt') },
    { format: 'ltrace', bytes: bytesOf('cases/ltrace-operator-new.demangled.txt') },
    { format: 'lttng', bytes: beginning(bytesOf('lttng/all-functions.lttng.txt')) },
    { format: 'memory-replay', bytes: bytesOf('memory-replay/malloc-debug-readme.txt') },
    { format: 'mbed', bytes: bytesOf('mbed/serial.txt') },
    { format: 'riot', bytes: bytesOf('riot/tracing.txt') },
    { format: 'wee-alloc', bytes: bytesOf('wee-alloc/small.trace') },
    { format: 'drmemtrace', bytes: bytesOf('drmemtrace/func-view.txt') },
    { format: 'dj-malloc', bytes: bytesOf('dj-malloc/two-threads.wl') },
    { format: 'dj-malloc', bytes: bytesOf('dj-malloc/raw.mtrace') },
    { format: 'malloclab', bytes: Buffer.from('20000\n3\n8\n1\na 0 512\na 1 128\nr 0 640\nf 1\na 2 9\nf 0\nr 1 4\nf 1\n') },
    { format: 'minimalloc', bytes: Buffer.from('id,lower,upper,size\nb1,0,3,4\nb2,3,9,4\nb3,0,9,4\nb4,9,21,4\nb5,0,21,4\n') },
    { format: 'regex', bytes: beginning(threads), options: { patterns: { alloc: 'malloc\\((?<size>\\d+)\\)\\s*= (?<addr>\\w+)', free: 'free\\((?<addr>\\w+)' } } },
  ]; // prettier-ignore
}

function linesWith(bytes: Uint8Array, pattern: RegExp): string {
  const lines = Buffer.from(bytes).toString('latin1').split('\n');
  return lines.filter((line) => pattern.test(line)).join('\n');
}

const FILTERS: readonly GivenOptions[] = [
  {},
  { closeLeaks: 'newest' },
  { closeLeaks: 'oldest', skipEvents: 3 },
  { minSizeBytes: 100, closeLeaks: 'newest' },
  { limitEvents: 10 },
  { strict: true },
];

export interface MutationFigures {
  readonly imports: number;
  readonly refused: number;
  readonly slowestMilliseconds: number;
  readonly memoryBytesMax: number;
}

/** Imports `count` damaged recordings. Throws for the first that misbehaves, with what makes it again. */
export async function importMutations(seed: number, count: number): Promise<MutationFigures> {
  const random = new RandomStream(seed, 'mutations');
  const all = samples();
  const memoryBytesBefore = memoryBytes();
  const figures = { imports: 0, refused: 0, slowestMilliseconds: 0, memoryBytesMax: 0 };
  for (let i = 0; i < count; i++) {
    const sample = all[i % all.length]!;
    const options = { ...sample.options, ...FILTERS[random.below(FILTERS.length)] };
    const bytes = mutated(sample.bytes, random);
    const started = process.hrtime.bigint();
    try {
      if (!(await isRead(bytes, sample.format, options))) {
        figures.refused += 1;
      }
    } catch (error) {
      const input = bytes.toString('base64');
      throw new Error(`${sample.format} ${JSON.stringify(options)} ${input}`, { cause: error });
    }
    const milliseconds = Number(process.hrtime.bigint() - started) / 1e6;
    figures.slowestMilliseconds = Math.max(figures.slowestMilliseconds, milliseconds);
    figures.imports += 1;
    if (i % 500 === 0) {
      figures.memoryBytesMax = Math.max(figures.memoryBytesMax, memoryBytes() - memoryBytesBefore);
    }
  }
  return figures;
}

function memoryBytes(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/**
 * Imports damaged recordings leniently and strictly: the kinds of unparsed lines add up to all of them, no line is
 * counted twice, none that names an allocator's call is taken for chatter, and strictness refuses exactly what
 * leniency counted. Throws for the first that breaks this.
 */
export async function checkBooks(seed: number, count: number): Promise<void> {
  const random = new RandomStream(seed, 'books');
  const texts = samples().filter(({ bytes, format }) => bytes[0] !== 0x1f && format !== 'dj-malloc');
  for (let i = 0; i < count; i++) {
    const { format, options, bytes: original } = texts[i % texts.length]!;
    const bytes = mutated(original, random);
    const what = `${format} ${bytes.toString('base64')}`;
    const source = await importOf(bytes, format, { ...options });
    if (source === undefined) {
      continue;
    }
    const books = source.accounting;
    const kinds = books.unparsedKinds.reduce((sum, { lines }) => sum + lines, 0);
    const isForgiven =
      kinds + books.orphanFrees + books.orphanReallocs + books.missedFrees + books.implausibleCalls > 0;
    const isRefused = (await importOf(bytes, format, { ...options, strict: true })) === undefined;
    if (kinds !== books.unparsedLines) {
      throw new Error(`kinds ${kinds}, lines ${books.unparsedLines}: ${what}`);
    }
    if (books.unparsedLines + books.chatterLines > books.lines) {
      throw new Error(`too many lines: ${what}`);
    }
    const named = linesNaming(ALLOCATOR_NAMES[format]!, bytes);
    if (named + books.chatterLines > books.lines) {
      throw new Error(
        `${named} of ${books.lines} lines name an allocator's call, ${books.chatterLines} are chatter: ${what}`,
      );
    }
    const mayRefuse = isForgiven || books.notes.length > 0;
    if (isRefused !== mayRefuse) {
      throw new Error(`forgiven ${isForgiven}, refused ${isRefused}: ${what}`);
    }
  }
}

const C_CALL =
  /(?<![\w.])(?:malloc|calloc|realloc|reallocarray|free|memalign|aligned_alloc|posix_memalign|valloc|pvalloc|_Znwm|_ZdlPv|operator new|operator delete)\(/;

/** What in a line of each format names a call of the allocator: such a line is an event, counted, or unparsed. */
const ALLOCATOR_NAMES: Readonly<Record<string, RegExp>> = {
  valgrind: C_CALL,
  ltrace: C_CALL,
  mtrace: /^@ \S+ [-+<>] /,
  heaptrack: /^[-+] [0-9a-f]/,
  kmem: /(?<!\w)(?:kmalloc|kfree|kmem_cache_alloc|kmem_cache_free|mm_page_alloc|mm_page_free)(?:_node)?: /,
  memleak: /(?:alloc exited|free entered), /,
  'plan9-log': /^pool(?:alloc|free|realloc|allocalign) /,
  lttng: /lttng_ust_libc:(?:malloc|calloc|realloc|free|memalign|posix_memalign): /,
  'memory-replay': /^\d+: (?:malloc|calloc|realloc|free|memalign) /,
  mbed: /#[mcrf]:/,
  riot: /(?<!\w)(?:malloc|calloc|realloc|free)\(/,
  'wee-alloc': /^(?:Alloc|Free)\(/,
  drmemtrace: /![a-z_]*(?:malloc|calloc|realloc|free)\(/,
  malloclab: /^[arf] \d/,
  minimalloc: /^\w+,\d+,\d+/,
  regex: /(?!)/,
};

/** Comments name what they are about, except that Mbed OS begins its records as others do a comment. */
const COMMENT = /^#(?![mcrf]:)/;

function linesNaming(name: RegExp, bytes: Buffer): number {
  const lines = bytes.toString('latin1').split(/\r?\n|\r/);
  return lines.filter((line) => name.test(line) && !COMMENT.test(line)).length;
}

/** The source of an import that was read to its end; undefined if it was refused. */
async function importOf(
  bytes: Buffer,
  format: string,
  options: GivenOptions,
): Promise<ImportSource | undefined> {
  try {
    const source = await openImport(
      await openBytes(Readable.from([bytes]), 'log'),
      formatNamed(format),
      options,
    );
    await forEachEvent(source, () => undefined);
    return source;
  } catch (error) {
    if (error instanceof InputError) {
      return undefined;
    }
    throw error;
  }
}

/** Whether the bytes were imported; false if they were refused as they should be. */
async function isRead(bytes: Buffer, format: string, options: GivenOptions): Promise<boolean> {
  try {
    const source = await openImport(
      await openBytes(Readable.from([bytes]), 'log'),
      formatNamed(format),
      options,
    );
    await checkBalance(source, options);
    return true;
  } catch (error) {
    if (error instanceof InputError) {
      return false;
    }
    throw error;
  }
}

async function checkBalance(source: EventSource, options: GivenOptions): Promise<void> {
  const live = new Set<number>();
  let events = 0;
  await forEachEvent(source, ({ op, id, size }) => {
    events += 1;
    const isNew = op === OP.alloc || op === OP.alignedalloc;
    if (isNew === live.has(id) && op !== OP.compact) {
      throw new Error(`unbalanced: op ${op} id ${id} size ${size}`);
    }
    if (!Number.isSafeInteger(size) || size < 0) {
      throw new Error(`size ${size}`);
    }
    if (isNew) {
      live.add(id);
    }
    if (op === OP.free) {
      live.delete(id);
    }
  });
  if (options.closeLeaks !== undefined && live.size > 0) {
    throw new Error(`${live.size} left open`);
  }
  if (events > 20_000) {
    throw new Error(`${events} events`);
  }
}

/** A copy with one to four changes. */
export function mutated(original: Buffer, random: RandomStream): Buffer {
  let bytes = Buffer.from(original);
  for (let changes = random.between(1, 4); changes > 0 && bytes.length > 0; changes--) {
    const at = random.below(bytes.length);
    const length = Math.min(random.between(1, 40), bytes.length - at);
    const before = bytes.subarray(0, at);
    const piece = bytes.subarray(at, at + length);
    const rest = bytes.subarray(at + length);
    const to = random.below(bytes.length);
    switch (random.below(8)) {
      case 0:
        bytes[at]! ^= 1 << random.below(8);
        break;
      case 1:
        bytes[at] = random.below(256);
        break;
      case 2:
        bytes = Buffer.concat([before, rest]);
        break;
      case 3:
        bytes = Buffer.concat([before, piece, piece, rest]);
        break;
      case 4:
        bytes = Buffer.concat([before, Buffer.from('9'.repeat(length)), piece, rest]);
        break;
      case 5:
        bytes = Buffer.concat([before, Buffer.from('\n'), piece, rest]);
        break;
      case 6:
        bytes = Buffer.concat([bytes.subarray(0, to), piece, bytes.subarray(to)]);
        break;
      default:
        bytes[at] = 0x30 + random.below(10);
    }
  }
  return bytes;
}
