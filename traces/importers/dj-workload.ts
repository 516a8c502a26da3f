/**
 * What glibc's experimental tracing malloc (branch dj/malloc) leaves behind, as a decoder from bytes to the lines that
 * `dj-malloc.ts` reads: a workload (`.wl`) is a program of one-byte codes with numbers, a stream for each thread; a
 * raw trace is an array of 64-byte records behind one that is marked.
 *
 * A workload orders its threads by marks that one sets and another waits for. Its lines come in an order that the
 * marks allow: every thread runs until it has to wait, the first one first.
 */
import { InputError } from '../input-error';

/** Both must be whole before the first line; the published workloads are below 100 MB. */
const BYTES_MAX = 1 << 28;

const RECORD_BYTES = 64;
const MAGIC_TYPE = 255;
const MAGIC_POINTER = 0x1234;

/** What workload codes are called in lines, and how many numbers follow them. */
const CODES: readonly (readonly [name: string, numbers: number])[] = [
  ['nop', 0],
  ['done', 0],
  ['malloc', 2],
  ['calloc', 2],
  ['realloc', 3],
  ['free', 1],
  ['set', 1],
  ['wait', 1],
  ['pointers', 1],
  ['marks', 1],
  ['threads', 1],
  ['start', 1],
  ['memalign', 3],
  ['valloc', 2],
  ['pvalloc', 2],
  ['memalign', 3],
];

const POINTERS_CODE = 8;
const MARKS_CODE = 9;
const RECORD_NAMES = [
  '',
  'malloc',
  'calloc',
  'free',
  'realloc',
  'memalign',
  'valloc',
  'pvalloc',
  'posix_memalign',
];

export const isRawTrace = (head: Buffer): boolean =>
  head.length >= RECORD_BYTES && head[4] === MAGIC_TYPE && head.readUInt32LE(8) === MAGIC_POINTER;

/** A workload begins with how many pointers and marks there are. */
export function isWorkload(head: Buffer): boolean {
  if (head[0] !== POINTERS_CODE) {
    return false;
  }
  const marks = skipNumber(head, 1);
  return marks > 1 && head[marks] === MARKS_CODE;
}

/** The lines of a whole file. Throws an `InputError` for what is cut or damaged; `name` is what that calls the file. */
export function* workloadLines(bytes: Buffer, name: string): Generator<string, void, undefined> {
  if (bytes.length > BYTES_MAX) {
    throw new InputError({
      where: name,
      problem: 'too long a workload',
      expected: `at most ${BYTES_MAX} bytes`,
    });
  }
  if (isRawTrace(bytes)) {
    yield* recordLines(bytes);
  } else {
    yield* threadLines(bytes, name);
  }
}

/** `malloc RESULT SIZE`, `realloc RESULT OLD SIZE`, `memalign RESULT ALIGN SIZE`, `free BLOCK`. */
function* recordLines(bytes: Buffer): Generator<string, void, undefined> {
  for (let at = 0; at + RECORD_BYTES <= bytes.length; at += RECORD_BYTES) {
    const thread = bytes.readInt32LE(at);
    const type = bytes[at + 4]!;
    const isRealloc = (bytes[at + 5]! & REALLOC_SERVED_BY_OTHERS) !== 0;
    const number = (index: number) => bytes.readBigUInt64LE(at + 8 + 8 * index).toString();
    const [first, second, size, other] = [number(0), number(1), number(2), number(3)];
    const name = RECORD_NAMES[type];
    if (type === MAGIC_TYPE || type === 0) {
      continue;
    }
    if (name === undefined) {
      yield `unknown ${type}`;
    } else if (name === 'free') {
      yield `free ${first} ${thread}`;
    } else if (name === 'realloc') {
      yield `${isRealloc ? 'moved' : 'realloc'} ${second} ${first} ${size} ${thread}`;
    } else if (name === 'posix_memalign') {
      yield `memalign ${first === '0' ? second : '0'} ${other} ${size} ${thread}`;
    } else if (name === 'memalign') {
      yield `memalign ${second} ${other} ${size} ${thread}`;
    } else {
      yield `${name} ${second} ${size} ${thread}`;
    }
  }
}

/** Among the paths that a call took: it became calls of its own, which follow. */
const REALLOC_SERVED_BY_OTHERS = 1 << 6;

interface Thread {
  position: number;
  hasEnded: boolean;
}

function* threadLines(bytes: Buffer, name: string): Generator<string, void, undefined> {
  const reader = new CodeReader(bytes, name);
  const threads: Thread[] = [];
  const main: Thread = { position: 0, hasEnded: false };
  while (!main.hasEnded) {
    const [code, numbers] = reader.read(main);
    if (code === 'start') {
      threads.push({ position: numbers[0]!, hasEnded: false });
    }
  }
  const set = new Set<number>();
  for (let isMoving = true; isMoving;) {
    isMoving = false;
    for (const thread of threads) {
      while (!thread.hasEnded) {
        const before = thread.position;
        const [code, numbers] = reader.read(thread);
        if (code === 'wait' && !set.has(numbers[0]!)) {
          thread.position = before;
          thread.hasEnded = false;
          break;
        }
        isMoving = true;
        if (code === 'set') {
          set.add(numbers[0]!);
        } else if (CALLS.has(code)) {
          yield `${code} ${numbers.join(' ')}`;
        }
      }
    }
  }
  const waiting = threads.find((thread) => !thread.hasEnded);
  if (waiting !== undefined) {
    const where = `${name}:byte ${waiting.position}`;
    throw new InputError({
      where,
      problem: 'a thread waits for ever',
      expected: 'another one to set its mark',
    });
  }
}

const CALLS: ReadonlySet<string> = new Set([
  'malloc',
  'calloc',
  'realloc',
  'free',
  'memalign',
  'valloc',
  'pvalloc',
]);

class CodeReader {
  constructor(
    private readonly bytes: Buffer,
    private readonly name: string,
  ) {}

  /** The code at a thread's position with its numbers; moves on. */
  read(thread: Thread): readonly [code: string, numbers: readonly number[]] {
    const start = thread.position;
    const known = CODES[this.bytes[start] ?? -1];
    if (known === undefined) {
      this.fail(start, `a code from 0 to ${CODES.length - 1}`);
    }
    const [code, count] = known;
    const numbers: number[] = [];
    thread.position += 1;
    for (let i = 0; i < count; i++) {
      numbers.push(this.number(thread));
    }
    thread.hasEnded = code === 'done';
    return [code, numbers];
  }

  /** Seven bits a byte, the upper ones first; the last byte has no eighth bit. */
  private number(thread: Thread): number {
    const start = thread.position;
    let value = 0;
    for (;;) {
      const byte = this.bytes[thread.position];
      if (byte === undefined || thread.position - start > NUMBER_BYTES_MAX) {
        this.fail(start, 'a number');
      }
      thread.position += 1;
      value = value * 128 + (byte & 0x7f);
      if (byte < 0x80) {
        return value;
      }
    }
  }

  private fail(position: number, expected: string): never {
    throw new InputError({
      where: `${this.name}:byte ${position}`,
      problem: 'the workload is damaged',
      expected,
    });
  }
}

const NUMBER_BYTES_MAX = 10;

/** Where a number ends, or −1 if it does not. */
function skipNumber(bytes: Buffer, start: number): number {
  for (let at = start; at < Math.min(bytes.length, start + NUMBER_BYTES_MAX); at++) {
    if (bytes[at]! < 0x80) {
      return at + 1;
    }
  }
  return -1;
}
