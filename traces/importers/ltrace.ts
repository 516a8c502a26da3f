/**
 * `ltrace -e malloc+free+realloc+calloc`: library calls through the procedure linkage table, with their results.
 *
 *     8718 probe->realloc(0x557337b93eb0, 20)    = 0x557337b93eb0
 *     8719 1700000055.6216 [0x5500001230]   malloc@libc.so.6(100 <unfinished ...>
 *     8719 <... malloc resumed> )                = 0x7f53f0000b70
 *     operator new(unsigned long)(32, 0x1, 0x2, 0) = 0x5500003690
 *
 * Threads interleave, so calls under way are kept per thread, and what a call takes away (the block that is freed or
 * moved) is taken when it starts: another thread may be given the address before the end is recorded. Functions that
 * ltrace has no prototype for are printed with four arguments, of which the first ones count. With `-x`, and where C++
 * is traced, a call may be seen again in the function that serves it: that is one call, the outer one. ltrace takes
 * some other functions of the C library for allocators; their results give them away. It does not see calls within
 * one library, so frees of blocks allocated there are orphans.
 */
import { NULL_ADDRESS, type AddressKey, type LineScanner } from '../input/lines';
import { allocatorFunction, type AllocatorCall, type AllocatorFunction } from './allocator-functions';
import { understoodLines } from './detection';
import type { LineParser, RecorderFormat } from './importer';
import {
  mentionsAllocator,
  skipLibrary,
  takeArguments,
  takeInstructionPointer,
  takeName,
  takePid,
  takeResult,
  takeTimes,
} from './ltrace-line';
import type { LiftedObject, Recording } from './recording';

/** No process has this many threads within allocator calls; a hostile file may. */
const CALLS_UNDER_WAY_MAX = 1 << 16;

/** The lowest page is never mapped: results below are counts or lengths, not addresses. */
const ADDRESS_LOWEST = 4096;
/** One TiB; larger sizes are addresses that another function took. */
const SIZE_PLAUSIBLE_MAX = 0x100_0000_0000;

/** What ltrace prints of a function that it knows nothing about. */
const ARGUMENTS_WITHOUT_PROTOTYPE = 4;

/** A call behind text that did not end its line, which is no argument of another function and not valgrind's. */
const CALL_BEHIND_TEXT =
  /^[^("']*?(?<![\w.>@-]|-- )((?:c|re|aligned_)?alloc|malloc|memalign|p?valloc|reallocarray|posix_memalign|c?free|_Zn[wa]|_Zd[la]|operator (?:new|delete))/;

/** The name of an allocator's function that is called, wherever it stands; what is quoted is another's argument. */
const CALL =
  /(?<![\w.])((?:m|c|re|aligned_)alloc|memalign|p?valloc|reallocarray|posix_memalign|c?free|_Z(?:n[wa]|d[la])\w*|operator (?:new|delete)(?:\[\])?)\(/;
const QUOTED = /"[^"]*"/g;

interface CallUnderWay {
  readonly name: string;
  readonly call: AllocatorCall;
  readonly lifted: LiftedObject;
  /** Whether it serves the call that the same thread began before it. */
  readonly isInner: boolean;
  /** The allocation that serves this call, once it has its result. */
  held?: { readonly call: AllocatorCall; readonly result: AddressKey };
}

/** Of a function that ltrace knows to store its result through an argument, it shows them when it returns. */
const WITHOUT_ARGUMENTS: AllocatorCall = { kind: 'hidden', address: NULL_ADDRESS, size: 0, align: 0 };

const open = (recording: Recording): LineParser => new LtraceParser(recording);

export const ltrace: RecorderFormat = {
  name: 'ltrace',
  summary: 'ltrace -e malloc+free+realloc+calloc, also with -f and times',
  heeds: ['pid'],
  detect: (lines) => understoodLines(open, lines),
  open,
};

class LtraceParser implements LineParser {
  private readonly underWay = new Map<number, CallUnderWay[]>();
  private underWayCount = 0;
  /** Functions by the names met so far, so that each is taken apart once; those that are none of ours are not kept. */
  private readonly functions = new Map<string, AllocatorFunction>();

  constructor(private readonly recording: Recording) {}

  line(line: LineScanner): void {
    const pid = takePid(line);
    takeTimes(line);
    takeInstructionPointer(line);
    line.takeBlanks();
    if (line.atEnd || line.take('+++ ') || line.take('--- ')) {
      return;
    }
    const wanted = this.recording.options.pid;
    if (wanted !== undefined && pid !== wanted) {
      this.recording.ofOtherProcess(pid);
      return;
    }
    if (line.take('<... ')) {
      this.resumption(line, pid);
    } else {
      this.call(line, pid);
    }
  }

  finish(): boolean {
    for (const calls of this.underWay.values()) {
      this.release(calls);
      for (const { call, lifted } of calls.reverse()) {
        this.recording.callUnfinished();
        this.recording.putBack(lifted, call.address);
      }
    }
    this.underWay.clear();
    return false;
  }

  /** `LIBRARY->malloc(100) = 0x…`, `malloc@LIBRARY(100 <unfinished ...>`. Calls of other functions are none of ours. */
  private call(line: LineScanner, pid: number): void {
    const isNamed = skipLibrary(line);
    const name = takeName(line);
    const describe = this.functionNamed(name);
    if (describe === undefined) {
      if (mentionsAllocator(line)) {
        this.callBehindText(line, pid);
      }
      return;
    }
    if (!isNamed) {
      this.recording.unparsed('the name of a library before the arrow', 1);
      return;
    }
    this.callOf(describe, name, line, pid);
  }

  /** The program's own output and ltrace's go to the same terminal. */
  private callBehindText(line: LineScanner, pid: number): void {
    const text = line.text(1);
    const found = CALL_BEHIND_TEXT.exec(text);
    if (found !== null) {
      line.moveTo(found[0].length - found[1]!.length + 1);
      const name = takeName(line);
      const describe = this.functionNamed(name);
      if (describe !== undefined) {
        this.callOf(describe, name, line, pid);
        return;
      }
    }
    const called = CALL.exec(text.replace(QUOTED, '""'))?.[1];
    if (called !== undefined) {
      this.recording.unparsed(`a call of ${called} at the beginning of the line`);
    }
  }

  /** Takes the arguments and what follows them. */
  private callOf(describe: AllocatorFunction, name: string, line: LineScanner, pid: number): void {
    const values = takeArguments(line);
    if (values.length === 0 && line.take(' <unfinished ...>')) {
      this.suspend(pid, this.begun(name, WITHOUT_ARGUMENTS, pid));
      return;
    }
    const call = this.described(describe, name, values);
    if (call === undefined) {
      return;
    }
    if (line.take(')')) {
      this.result(line, this.begun(name, call, pid), pid);
    } else if (line.take(' <unfinished ...>')) {
      this.suspend(pid, this.begun(name, call, pid));
    } else {
      this.recording.unparsed(`")" or " <unfinished ...>" after the arguments of ${name}`);
    }
  }

  /** `<... malloc resumed> ) = 0x…`: the rest of a call that this thread began before. */
  private resumption(line: LineScanner, pid: number): void {
    const name = takeName(line);
    if (this.functionNamed(name) === undefined) {
      return;
    }
    const calls = this.underWay.get(pid) ?? [];
    const index = calls.map((candidate) => candidate.name).lastIndexOf(name);
    if (index < 0 || !line.take(' resumed>')) {
      this.recording.unparsed(`the rest of a call of ${name} that its thread had begun`);
      return;
    }
    const [resumed] = calls.splice(index, 1);
    this.underWayCount -= 1;
    if (calls.length === 0) {
      this.underWay.delete(pid);
    }
    line.takeBlanks();
    if (resumed!.call === WITHOUT_ARGUMENTS) {
      const call = this.described(this.functionNamed(name)!, name, takeArguments(line));
      if (call !== undefined && line.take(')')) {
        this.result(line, { ...resumed!, call }, pid);
      }
      return;
    }
    line.take(')');
    this.result(line, resumed!, pid);
  }

  /** What the arguments ask for; undefined, and said, if there are not as many as the function has. */
  private described(
    describe: AllocatorFunction,
    name: string,
    values: readonly AddressKey[],
  ): AllocatorCall | undefined {
    if (values.length === describe.length || values.length >= ARGUMENTS_WITHOUT_PROTOTYPE) {
      return describe(...values);
    }
    this.recording.unparsed(`${describe.length} numbers as the arguments of ${name}`);
    return undefined;
  }

  /** A call that begins here, and what it takes away, unless the call that it serves has taken that. */
  private begun(name: string, call: AllocatorCall, pid: number): CallUnderWay {
    const calls = this.underWay.get(pid) ?? [];
    const isInner = calls.some((outer) => serves(call, outer));
    if (!isInner) {
      this.release(calls);
    }
    return { name, call, isInner, lifted: isInner ? undefined : this.takeAway(call) };
  }

  /** What was taken for a part of a call that is still under way when the next begins was a call of its own. */
  private release(calls: CallUnderWay[]): void {
    for (const outer of calls) {
      if (outer.held === undefined) {
        continue;
      }
      this.recording.allocated(outer.held.result, outer.held.call.size, outer.held.call.align);
      delete outer.held;
    }
  }

  private suspend(pid: number, call: CallUnderWay): void {
    if (this.underWayCount >= CALLS_UNDER_WAY_MAX) {
      this.recording.unparsed(`at most ${CALLS_UNDER_WAY_MAX} calls under way`);
      this.recording.putBack(call.lifted, call.call.address);
      return;
    }
    this.recording.understood();
    const calls = this.underWay.get(pid);
    if (calls === undefined) {
      this.underWay.set(pid, [call]);
    } else {
      calls.push(call);
    }
    this.underWayCount += 1;
  }

  private takeAway(call: AllocatorCall): LiftedObject {
    if (call.kind === 'free') {
      this.recording.freed(call.address);
    }
    return call.kind === 'reallocate' ? this.recording.lift(call.address) : undefined;
  }

  private result(line: LineScanner, ended: CallUnderWay, pid: number): void {
    const { recording } = this;
    const { call, lifted, name } = ended;
    const result = takeResult(line);
    if (result !== undefined && ended.held?.result === result) {
      recording.innerCall();
    }
    if (result === undefined) {
      recording.unparsed(`"= " and the result of ${name}`);
      recording.putBack(lifted, call.address);
    } else if (ended.isInner) {
      this.innerResult(ended, result, pid);
    } else if (call.kind === 'hidden') {
      this.hiddenResult(ended, result);
    } else if (call.kind !== 'free' && isImplausible(call, result)) {
      recording.putBack(lifted, call.address);
      recording.implausible('no allocator can have been called', 'sizes up to 2^40 and results from 4096');
    } else {
      if (ended.held !== undefined && ended.held.result !== result) {
        this.release([ended]);
      }
      if (call.kind === 'reallocate') {
        recording.finishRealloc(lifted, call.address, result, call.size);
      } else if (call.kind === 'free') {
        recording.understood();
      } else {
        recording.allocated(result, call.size, call.align);
      }
    }
  }

  /** The call that it serves counts; of an allocation it is remembered in case that never ends. */
  private innerResult({ call, held }: CallUnderWay, result: AddressKey, pid: number): void {
    const outer = this.underWay.get(pid)?.at(-1);
    const serving = call.kind === 'hidden' ? held : { call, result };
    if (outer === undefined || serving === undefined || call.kind === 'free') {
      this.recording.innerCall();
    } else {
      this.recording.understood();
      outer.held = serving;
    }
  }

  /** `posix_memalign(0x…, 64, 100) = 0`: its result is an error's number. */
  private hiddenResult({ name, call, held }: CallUnderWay, result: AddressKey): void {
    const address = call.address === NULL_ADDRESS ? held?.result : call.address;
    if (result !== 0) {
      this.recording.callFailed();
    } else if (address !== undefined) {
      this.recording.allocated(address, call.size, call.align);
    } else {
      this.recording.unparsed(`an address, which ltrace does not show of ${name}`);
    }
  }

  private functionNamed(name: string): AllocatorFunction | undefined {
    const known = this.functions.get(name);
    if (known !== undefined) {
      return known;
    }
    const found = allocatorFunction(name);
    if (found !== undefined) {
      this.functions.set(name, found);
    }
    return found;
  }
}

/** Whether a call is what another one, still under way in the same thread, does to be served. */
function serves(inner: AllocatorCall, { call: outer, held }: CallUnderWay): boolean {
  const frees = inner.kind === 'free' || inner.kind === 'reallocate';
  if (outer.kind === 'free') {
    return inner.kind === 'free' && inner.address === outer.address;
  }
  if (outer.kind === 'reallocate' && frees) {
    return inner.address === outer.address;
  }
  return !frees && held === undefined;
}

/**
 * Whether another function was taken for the allocator. A null result is a failure, whatever size was asked for; but
 * a product above 2^40 is that of two other arguments, for calloc multiplies sizes, not addresses.
 */
function isImplausible({ kind, size }: AllocatorCall, result: AddressKey): boolean {
  if (result > 0 && result < ADDRESS_LOWEST) {
    return true;
  }
  return size > SIZE_PLAUSIBLE_MAX && (kind === 'count' || result !== NULL_ADDRESS);
}
