/**
 * The function view of DynamoRIO's drmemtrace, over a trace recorded with `-record_heap`: calls with their arguments
 * and results in hexadecimal, behind the thread, indented where they nest.
 *
 *     T2971    0x7f2a1c => libc.so.6!malloc(0x64) => 0x55d0c8a2b2a0
 *     T2971    0x7f2a1c => libstdc++.so.6!_Znwm(0x20)
 *     T2971        0x7f2a44 => libc.so.6!malloc(0x20) => 0x55d0c8a2b310
 *     T2971    => 0x55d0c8a2b310
 *     T2971    0x7f2a1c => libc.so.6!free(0x55d0c8a2b2a0)
 *
 * A call within another one of the allocator serves it: the outer one counts. What does not return is told as it
 * begins.
 */
import { wideAddress, type AddressKey, type LineScanner } from '../input/lines';
import { allocatorFunction, type AllocatorCall } from './allocator-functions';
import { understoodLines } from './detection';
import type { LineParser, RecorderFormat } from './importer';
import type { LiftedObject, Recording } from './recording';

const CALL =
  /^T(\d+)\s+0x[0-9a-f]+ => (?:[^!(]*!)?([^(]*)\(([^)]*)\)?( => 0x0*([0-9a-f]{1,16})| <no return>)?\s*$/;
const RETURN = /^T(\d+)\s+=> 0x0*([0-9a-f]{1,16})\s*$/;
const LINE = /^T\d+\s+(?:0x[0-9a-f]+ )?=> /;
/** A call that the rest of its line does not fit. */
const NAMED = /!\w*(?:alloc|free|memalign)\w*\(|!_Z[nd]\w*\(/;
const ARGUMENT = /^0x0*([0-9a-f]{1,16})$/;

/** No thread nests so many calls; a hostile file may. */
const DEPTH_MAX = 1 << 10;
const THREADS_MAX = 1 << 16;

interface OpenCall {
  readonly name: string;
  /** Undefined for a call of another function. */
  readonly call: AllocatorCall | undefined;
  readonly lifted: LiftedObject;
  readonly isInner: boolean;
  /** The block that a call within it was given. */
  innerResult?: AddressKey;
}

const open = (recording: Recording): LineParser => new DrmemtraceParser(recording);

export const drmemtrace: RecorderFormat = {
  name: 'drmemtrace',
  summary: "drmemtrace's function view of a trace with -record_heap",
  heeds: ['pid'],
  detect: (lines) => understoodLines(open, lines),
  open,
};

class DrmemtraceParser implements LineParser {
  private readonly threads = new Map<string, OpenCall[]>();

  constructor(private readonly recording: Recording) {}

  line(line: LineScanner): void {
    const text = line.text();
    if (!LINE.test(text) && !NAMED.test(text)) {
      return;
    }
    const { pid } = this.recording.options;
    const call = CALL.exec(text);
    const returned = call === null ? RETURN.exec(text) : null;
    const thread = (call ?? returned)?.[1];
    if (thread === undefined) {
      this.recording.unparsed('"TTHREAD CALLER => FUNCTION(ARGUMENTS) => RESULT" or "TTHREAD => RESULT"', 1);
    } else if (pid !== undefined && Number(thread) !== pid) {
      this.recording.ofOtherProcess(thread);
    } else if (call !== null) {
      this.call(thread, call[2]!, call[3]!, call[5]);
    } else {
      this.returned(thread, wideAddress(returned![2]!));
    }
  }

  finish(): boolean {
    for (const calls of this.threads.values()) {
      for (const { call, lifted, isInner } of calls.reverse()) {
        if (call === undefined || isInner) {
          continue;
        }
        this.recording.callUnfinished();
        this.recording.putBack(lifted, call.address);
      }
    }
    this.threads.clear();
    return false;
  }

  private call(thread: string, name: string, given: string, result: string | undefined): void {
    const { recording } = this;
    const describe = allocatorFunction(name);
    const values = given === '' ? [] : given.split(', ').map(valueOf);
    if (describe !== undefined && (values.length < describe.length || values.includes(undefined))) {
      recording.unparsed(`${describe.length} arguments of ${name}`);
      return;
    }
    const call = describe?.(...(values as AddressKey[]));
    const calls = this.threads.get(thread) ?? [];
    const isInner = calls.some((outer) => outer.call !== undefined);
    recording.understood();
    if (call?.kind === 'free') {
      // It is no call that returns: nothing says when it ends, and nothing within it is the program's.
      if (!isInner) {
        recording.freed(call.address);
      } else {
        recording.innerCall();
      }
      return;
    }
    const lifted = call?.kind === 'reallocate' && !isInner ? recording.lift(call.address) : undefined;
    const begun: OpenCall = { name, call, lifted, isInner };
    if (result !== undefined) {
      this.end(begun, wideAddress(result), calls);
    } else if (calls.length >= DEPTH_MAX || this.threads.size >= THREADS_MAX) {
      recording.unparsed(`at most ${DEPTH_MAX} calls within each other`);
    } else {
      calls.push(begun);
      this.threads.set(thread, calls);
    }
  }

  private returned(thread: string, result: AddressKey): void {
    const calls = this.threads.get(thread);
    const ended = calls?.pop();
    if (ended === undefined) {
      this.recording.unparsed('a call that its thread had begun', 1);
      return;
    }
    this.recording.understood();
    if (calls!.length === 0) {
      this.threads.delete(thread);
    }
    this.end(ended, result, calls!);
  }

  private end(
    { name, call, lifted, isInner, innerResult }: OpenCall,
    result: AddressKey,
    outer: OpenCall[],
  ): void {
    const { recording } = this;
    if (call === undefined) {
      return;
    }
    if (isInner) {
      recording.innerCall();
      const served = outer.at(-1);
      if (served !== undefined) {
        served.innerResult = result;
      }
    } else if (call.kind === 'reallocate') {
      recording.finishRealloc(lifted, call.address, result, call.size);
    } else if (call.kind !== 'hidden') {
      recording.allocated(result, call.size, call.align);
    } else if (result !== 0) {
      recording.callFailed();
    } else if (innerResult !== undefined) {
      recording.allocated(innerResult, call.size, call.align);
    } else {
      recording.unparsed(`an address, which the function view does not show of ${name}`);
    }
  }
}

function valueOf(text: string): AddressKey | undefined {
  const digits = ARGUMENT.exec(text)?.[1];
  return digits === undefined ? undefined : wideAddress(digits);
}
