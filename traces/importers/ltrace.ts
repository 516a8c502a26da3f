/**
 * `ltrace -e malloc+free+realloc+calloc`: library calls through the procedure linkage table, with their results.
 *
 *     8718 probe->realloc(0x557337b93eb0, 20)    = 0x557337b93eb0
 *     8719 probe->malloc(100 <unfinished ...>
 *     8719 <... malloc resumed> )                = 0x7f53f0000b70
 *
 * Threads interleave, so calls under way are kept per thread, and what a call takes away (the block that is freed or
 * moved) is taken when it starts: another thread may be given the address before the end is recorded. ltrace takes
 * some other functions of the C library for allocators; their results give them away. It does not see calls within
 * one library, so frees of blocks allocated there are orphans.
 */
import { NULL_ADDRESS, type AddressKey, type LineScanner } from '../input/lines';
import { countMatching, type LineParser, type RecorderFormat } from './importer';
import type { LiftedObject, Recording } from './recording';

const LINE =
  /(?:->|^|^\d+ )(?:malloc|calloc|realloc|free)\([0-9a-fx, ]*(?:\)\s+= (?:0x|0|<void>)| <unfinished)/;

/** No process has this many threads within allocator calls; a hostile file may. */
const CALLS_UNDER_WAY_MAX = 1 << 16;

/** The lowest page is never mapped: results below are counts or lengths, not addresses. */
const ADDRESS_LOWEST = 4096;
/** One TiB; larger sizes are addresses that another function took. */
const SIZE_PLAUSIBLE_MAX = 0x100_0000_0000;
const PAGE_BYTES = 4096;

/** ltrace prints memory that it takes for a name when a process is coming or going. */
const CONTROL_CHARACTER = /[\0-\x1f\x7f]/;

const COLON = 0x3a;
const POINT = 0x2e;

interface Call {
  readonly kind: 'allocate' | 'count' | 'reallocate' | 'free';
  /** What is freed or reallocated. */
  readonly address: AddressKey;
  readonly size: number;
  readonly align: number;
}

/** What a function's numeric arguments ask for; how many there must be is the function's length. */
const FUNCTIONS: ReadonlyMap<string, (...values: AddressKey[]) => Call> = new Map(
  Object.entries<(...values: AddressKey[]) => Call>({
    malloc: (size) => allocate(Number(size)),
    calloc: (count, size) => ({ ...allocate(Number(count) * Number(size)), kind: 'count' }),
    realloc: (address, size) => reallocate(address!, Number(size)),
    reallocarray: (address, count, size) => reallocate(address!, Number(count) * Number(size)),
    free: (address) => ({ kind: 'free', address: address!, size: 0, align: 0 }),
    cfree: (address) => ({ kind: 'free', address: address!, size: 0, align: 0 }),
    memalign: (align, size) => allocate(Number(size), Number(align)),
    aligned_alloc: (align, size) => allocate(Number(size), Number(align)),
    valloc: (size) => allocate(Number(size), PAGE_BYTES),
    pvalloc: (size) => allocate(Math.ceil(Number(size) / PAGE_BYTES) * PAGE_BYTES, PAGE_BYTES),
  }),
);

function allocate(size: number, align = 0): Call {
  return { kind: 'allocate', address: NULL_ADDRESS, size, align };
}

function reallocate(address: AddressKey, size: number): Call {
  return { kind: 'reallocate', address, size, align: 0 };
}

interface CallUnderWay {
  readonly name: string;
  readonly call: Call;
  readonly lifted: LiftedObject;
}

export const ltrace: RecorderFormat = {
  name: 'ltrace',
  summary: 'ltrace -e malloc+free+realloc+calloc, also with -f and times',
  heeds: ['pid'],
  detect: (lines) => countMatching(lines, LINE),
  open: (recording) => new LtraceParser(recording),
};

class LtraceParser implements LineParser {
  private readonly underWay = new Map<number, CallUnderWay[]>();
  private underWayCount = 0;

  constructor(private readonly recording: Recording) {}

  line(line: LineScanner): void {
    const pid = takePid(line);
    skipTime(line);
    if (line.atEnd || line.take('+++ ') || line.take('--- ')) return;
    const wanted = this.recording.options.pid;
    if (wanted !== undefined && pid !== wanted) {
      this.recording.accounting.otherPidLines += 1;
      return;
    }
    if (line.take('<... ')) this.resumption(line, pid);
    else this.call(line, pid);
  }

  finish(): boolean {
    for (const calls of this.underWay.values()) {
      for (const { call, lifted } of calls.reverse()) {
        this.recording.callUnfinished();
        this.recording.putBack(lifted, call.address);
      }
    }
    this.underWay.clear();
    return false;
  }

  /** `LIBRARY->malloc(100) = 0x…`, `malloc(100 <unfinished ...>`. Calls of other functions are none of ours. */
  private call(line: LineScanner, pid: number): void {
    const isNamed = skipLibrary(line);
    const name = takeName(line);
    const describe = FUNCTIONS.get(name);
    if (describe === undefined) return;
    if (!isNamed) {
      this.recording.unparsed('the name of a library before the arrow', 1);
      return;
    }
    const values = takeArguments(line);
    if (values.length !== describe.length) {
      this.recording.unparsed(`${describe.length} numbers as the arguments of ${name}`);
      return;
    }
    const call = describe(...values);
    if (line.take(')')) {
      this.result(line, { name, call, lifted: this.takeAway(call) });
    } else if (line.take(' <unfinished ...>')) {
      this.suspend(pid, { name, call, lifted: this.takeAway(call) });
    } else {
      this.recording.unparsed('")" or " <unfinished ...>"');
    }
  }

  /** `<... malloc resumed> ) = 0x…`: the rest of a call that this thread began before. */
  private resumption(line: LineScanner, pid: number): void {
    const name = takeName(line);
    if (!FUNCTIONS.has(name)) return;
    const calls = this.underWay.get(pid) ?? [];
    const index = calls.map((candidate) => candidate.name).lastIndexOf(name);
    if (index < 0 || !line.take(' resumed>')) {
      this.recording.unparsed(`the rest of a call of ${name} that thread ${pid} had begun`);
      return;
    }
    const [resumed] = calls.splice(index, 1);
    this.underWayCount -= 1;
    if (calls.length === 0) this.underWay.delete(pid);
    line.takeBlanks();
    line.take(')');
    this.result(line, resumed!);
  }

  private suspend(pid: number, call: CallUnderWay): void {
    if (this.underWayCount >= CALLS_UNDER_WAY_MAX) {
      this.recording.unparsed(`at most ${CALLS_UNDER_WAY_MAX} calls under way`);
      this.recording.putBack(call.lifted, call.call.address);
      return;
    }
    const calls = this.underWay.get(pid);
    if (calls === undefined) this.underWay.set(pid, [call]);
    else calls.push(call);
    this.underWayCount += 1;
  }

  private takeAway(call: Call): LiftedObject {
    if (call.kind === 'free') this.recording.freed(call.address);
    return call.kind === 'reallocate' ? this.recording.lift(call.address) : undefined;
  }

  private result(line: LineScanner, { call, lifted }: CallUnderWay): void {
    const { recording } = this;
    const result = takeResult(line);
    if (result === undefined) {
      recording.unparsed('"= " and the result');
      recording.putBack(lifted, call.address);
    } else if (call.kind !== 'free' && isImplausible(call, result)) {
      recording.putBack(lifted, call.address);
      recording.implausible('no allocator can have been called', 'sizes up to 2^40 and results from 4096');
    } else if (call.kind === 'reallocate') {
      recording.finishRealloc(lifted, call.address, result, call.size);
    } else if (call.kind !== 'free') {
      recording.allocated(result, call.size, call.align);
    }
  }
}

/**
 * Whether another function was taken for the allocator. A null result is a failure, whatever size was asked for; but
 * a product above 2^40 is that of two other arguments, for calloc multiplies sizes, not addresses.
 */
function isImplausible({ kind, size }: Call, result: AddressKey): boolean {
  if (result > 0 && result < ADDRESS_LOWEST) return true;
  return size > SIZE_PLAUSIBLE_MAX && (kind === 'count' || result !== NULL_ADDRESS);
}

/** `8718 ` under -f, `[pid 8718] ` when it goes to a terminal; 0 if the line says none. */
function takePid(line: LineScanner): number {
  const start = line.column;
  const isBracketed = line.take('[pid ');
  if (isBracketed) line.takeBlanks();
  const pid = line.takeDecimal();
  if (pid !== undefined && (!isBracketed || line.take(']')) && line.takeBlanks()) return pid;
  line.moveTo(start);
  return 0;
}

/** The times of -t, -tt, -ttt and -r: `00:08:04.501158 `, `1700000000.501158 `, `  0.000123 `. */
function skipTime(line: LineScanner): void {
  line.takeBlanks();
  const start = line.column;
  const isTime = line.takeDecimal() !== undefined && (line.byte === COLON || line.byte === POINT);
  if (isTime) line.takeWord();
  if (!isTime || !line.takeBlanks()) line.moveTo(start);
}

/** The name of the calling object stands before an arrow, and no argument before it. Says whether it is a name. */
function skipLibrary(line: LineScanner): boolean {
  const start = line.column;
  const afterArrow = line.seek('->') ? line.column : undefined;
  line.moveTo(start);
  const afterParenthesis = line.seek('(') ? line.column : 0;
  const hasLibrary = afterArrow !== undefined && afterArrow < afterParenthesis;
  line.moveTo(hasLibrary ? afterArrow : start);
  return !hasLibrary || !CONTROL_CHARACTER.test(line.text(start, afterArrow));
}

/** A function's name and the opening parenthesis, if one follows. */
function takeName(line: LineScanner): string {
  const start = line.column;
  line.takeIdentifier();
  const name = line.text(start, line.column);
  line.take('(');
  return name;
}

function takeArguments(line: LineScanner): AddressKey[] {
  const values: AddressKey[] = [];
  do {
    const value = takeNumber(line);
    if (value === undefined) break;
    values.push(value);
  } while (line.take(', '));
  return values;
}

function takeResult(line: LineScanner): AddressKey | undefined {
  line.takeBlanks();
  if (!line.take('= ')) return undefined;
  return line.take('<void>') ? NULL_ADDRESS : takeNumber(line);
}

function takeNumber(line: LineScanner): AddressKey | undefined {
  if (line.take('0x')) return line.takeHexAddress();
  if (line.take('nil') || line.take('(nil)') || line.take('NULL')) return NULL_ADDRESS;
  return line.takeDecimal();
}
