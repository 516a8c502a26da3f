/**
 * `valgrind --trace-malloc=yes` (memcheck, massif and dhat have it): every call of an allocator function, as
 * `--PID-- malloc(5) = 0x4A41040`, among banners (`==PID== …`) and the program's own output.
 *
 * A line is a sequence of calls, not one: a call that another one serves (`realloc(0x0,1600)malloc(1600) = …`,
 * `realloc(0x…,0)free(0x…)`) prints its result only in the inner one, a call that fails early (an overflowing
 * `calloc`) prints no result and no line end at all, and one that valgrind warns about gets its result on a later
 * line of its own. So a call waits, once its arguments are read, for its result or for the next call.
 *
 * Where sites are wanted, it waits for its stack too, which `VALGRIND_PRINTF_BACKTRACE` prints behind the result:
 *
 *     ==7497==    at 0x4853224: malloc (in /tmp/sites.so)
 *     ==7497==    by 0x109199: parse (json.c:20)
 */
import { NULL_ADDRESS, type AddressKey, type LineScanner } from '../input/lines';
import { baseName, siteOfStack, type Frame } from './call-stack';
import { understoodLines } from './detection';
import type { LineParser, RecorderFormat } from './importer';
import type { Recording } from './recording';

/** What a damaged call or result looks like; anything else behind the prefix is valgrind's own chatter (`-v`). */
const CALL =
  /^\w+\(|^ =|(?:malloc|calloc|realloc|reallocarray|memalign|aligned_alloc|free|\b_Z[nd]\w*|__builtin_\w+)\(/;
const FRAME = /^(?:at|by) 0x[0-9A-Fa-f]+: (.+?)(?: \((?:in )?([^()]*)\))?$/;
const FRAMES_MAX = 64;
const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;
const COLON = 0x3a;
const COMMA = 0x2c;

const open = (recording: Recording): LineParser => new ValgrindParser(recording);

export const valgrind: RecorderFormat = {
  name: 'valgrind',
  summary: 'valgrind --trace-malloc=yes (memcheck, massif, dhat)',
  heeds: ['sites', 'pid'],
  detect: (lines) => understoodLines(open, lines),
  open,
};

/** What waits for a result. */
type PendingCall = 'none' | 'allocation' | 'reallocation';

/** A call that has its result. */
interface ServedCall {
  readonly kind: Exclude<PendingCall, 'none'>;
  readonly address: AddressKey;
  readonly result: AddressKey;
  readonly size: number;
  readonly align: number;
}

class ValgrindParser implements LineParser {
  private pid: number | undefined;
  /** `--PID-- `, by which a line is found behind program output that did not end its own. */
  private prefix = '';
  private pending: PendingCall = 'none';
  private size = 0;
  private align = 0;
  /** What is being reallocated. */
  private address: AddressKey = NULL_ADDRESS;
  /** What waits for its stack. */
  private served: ServedCall | undefined;
  private frames: Frame[] = [];

  constructor(private readonly recording: Recording) {
    if (recording.options.pid !== undefined) {
      this.choose(recording.options.pid, false);
    }
  }

  line(line: LineScanner): void {
    if (this.isOfStack(line)) {
      return;
    }
    this.settle();
    if (!this.takePrefix(line)) {
      return;
    }
    const start = line.column;
    let awaitsResult = false;
    let isKnown = !line.take(' = ') || this.result(line);
    while (isKnown && !line.atEnd) {
      isKnown = this.call(line) && (!line.take(' = ') || this.result(line));
      if (isKnown) {
        awaitsResult = this.pending !== 'none';
      }
    }
    if (isKnown || awaitsResult) {
      this.recording.understood();
    }
    // What is glued to a call without a result is valgrind's warning about its arguments.
    else if (CALL.test(line.text(start))) {
      this.recording.unparsed('a call of an allocator function or its result');
    }
  }

  finish(): boolean {
    this.settle();
    if (this.pending !== 'none') {
      this.recording.callUnfinished();
    }
    return false;
  }

  /** Whether a call or result of the chosen process follows: the first one, for forked children log here too. */
  private takePrefix(line: LineScanner): boolean {
    const isEvent = line.take('--');
    if (isEvent || (this.pid === undefined && line.take('=='))) {
      const hasTime = takeTime(line);
      const pid = line.takeDecimal();
      if (pid !== undefined && line.take(isEvent ? '-- ' : '== ')) {
        if (this.pid === undefined) {
          this.choose(pid, hasTime);
        }
        if (isEvent && pid !== this.pid) {
          this.recording.ofOtherProcess(pid);
        }
        return isEvent && pid === this.pid;
      }
    }
    return this.pid !== undefined && line.seek(this.prefix);
  }

  private choose(pid: number, hasTime: boolean): void {
    this.pid = pid;
    this.prefix = hasTime ? ` ${pid}-- ` : `--${pid}-- `;
  }

  /** Takes a function's name and arguments. */
  private call(line: LineScanner): boolean {
    if (line.take('malloc(')) {
      return this.sized(line);
    }
    if (line.take('free(')) {
      return this.free(line);
    }
    if (line.take('realloc(')) {
      return this.reallocation(line);
    }
    if (line.take('calloc(')) {
      return this.counted(line);
    }
    if (line.take('_Zn') || line.take('__builtin_new') || line.take('__builtin_vec_new')) {
      line.takeIdentifier();
      return line.take('(') && (isDigit(line.byte) ? this.sized(line) : this.labelled(line));
    }
    if (line.take('_Zd') || line.take('__builtin_delete') || line.take('__builtin_vec_delete')) {
      line.takeIdentifier();
      return line.take('(') && this.free(line);
    }
    if (line.take('memalign(') || line.take('posix_memalign(') || line.take('aligned_alloc(')) {
      return this.labelled(line);
    }
    if (line.take('free_sized(') || line.take('free_aligned_sized(')) {
      return this.free(line);
    }
    if (line.take('reallocarray(')) {
      return this.reallocation(line);
    }
    return line.take('malloc_usable_size(') && this.ignored(line);
  }

  /** `malloc(SIZE)`, `_Znwm(SIZE)`. */
  private sized(line: LineScanner): boolean {
    const size = line.takeDecimal();
    if (size === undefined || !line.take(')')) {
      return false;
    }
    // A reallocation of null is served by this call; the result is this call's.
    this.begin(this.pending === 'reallocation' && this.address === NULL_ADDRESS);
    this.await('allocation', size, 0);
    return true;
  }

  /** `calloc(COUNT,SIZE)`. */
  private counted(line: LineScanner): boolean {
    const count = line.takeDecimal();
    if (count === undefined || !line.take(',')) {
      return false;
    }
    const size = line.takeDecimal();
    if (size === undefined || !line.take(')')) {
      return false;
    }
    this.begin(false);
    this.await('allocation', count * size, 0);
    return true;
  }

  /** `memalign(al ALIGN, size SIZE)`, `_ZnwmSt11align_val_t(size SIZE, al ALIGN)`. */
  private labelled(line: LineScanner): boolean {
    let size: number | undefined;
    let align: number | undefined;
    do {
      if (line.take('size ')) {
        size = line.takeDecimal();
      } else if (line.take('al ')) {
        align = line.takeDecimal();
      } else {
        return false;
      }
    } while (line.take(', '));
    if (size === undefined || align === undefined || !line.take(')')) {
      return false;
    }
    this.begin(false);
    this.await('allocation', size, align);
    return true;
  }

  /** `realloc(ADDRESS,SIZE)`, `reallocarray(ADDRESS,COUNT,SIZE)`. */
  private reallocation(line: LineScanner): boolean {
    const address = takeAddress(line);
    let size = 1;
    if (address === undefined || line.byte !== COMMA) {
      return false;
    }
    while (line.take(',')) {
      const factor = line.takeDecimal();
      if (factor === undefined) {
        return false;
      }
      size *= factor;
    }
    if (!line.take(')')) {
      return false;
    }
    this.begin(false);
    this.address = address;
    this.await('reallocation', size, 0);
    return true;
  }

  /** `free(ADDRESS)`, `_ZdlPvm(ADDRESS)`; newer ones add sizes and alignments. */
  private free(line: LineScanner): boolean {
    const address = takeAddress(line);
    if (address === undefined || !(line.take(')') || (line.byte === COMMA && line.seek(')')))) {
      return false;
    }
    // A reallocation to size 0 is served by this call.
    this.begin(this.pending === 'reallocation' && this.size === 0 && this.address === address);
    this.recording.freed(address);
    return true;
  }

  /** `malloc_usable_size(ADDRESS) = SIZE`. */
  private ignored(line: LineScanner): boolean {
    if (takeAddress(line) === undefined || !line.take(') = ') || line.takeDecimal() === undefined) {
      return false;
    }
    this.begin(false);
    return true;
  }

  /** Another call is here: what still waits has failed, unless the new call is its own. */
  private begin(servesPending: boolean): void {
    this.settle();
    if (this.pending !== 'none' && !servesPending) {
      this.recording.callFailed();
    }
    this.pending = 'none';
  }

  private await(pending: PendingCall, size: number, align: number): void {
    this.pending = pending;
    this.size = size;
    this.align = align;
  }

  /** Takes a result; one that nothing waits for is that of a reallocation to size 0, already freed. */
  private result(line: LineScanner): boolean {
    const result = takeAddress(line) ?? line.takeDecimal();
    if (result === undefined) {
      return false;
    }
    if (this.pending !== 'none') {
      const { pending: kind, address, size, align } = this;
      this.served = { kind, address, result, size, align };
      if (!this.recording.sites.wanted) {
        this.settle();
      }
    }
    this.pending = 'none';
    return true;
  }

  /** Takes a line of the stack that a served call waits for; another line ends it. */
  private isOfStack(line: LineScanner): boolean {
    if (this.served === undefined) {
      return false;
    }
    const isPrinted = line.take('**');
    if (isPrinted || line.take('==')) {
      takeTime(line);
      if (line.takeDecimal() === this.pid && line.take(isPrinted ? '** ' : '== ')) {
        // What the program printed stands before the first frame, or in a line of its own.
        const text = isPrinted ? line.text().replace(/^.*?(?= at 0x)/, '') : line.text();
        const [, name, place = ''] = FRAME.exec(text.trim()) ?? [];
        if (name !== undefined && this.frames.length < FRAMES_MAX) {
          this.frames.push({ name, place: baseName(place) });
        }
        if (name !== undefined || isPrinted) {
          return true;
        }
      }
    }
    line.moveTo(1);
    return false;
  }

  /** What was served and waited for its stack has happened. */
  private settle(): void {
    const { served, frames } = this;
    if (served === undefined) {
      return;
    }
    const { kind, address, result, size, align } = served;
    const { sites } = this.recording;
    const site = sites.index(sites.wanted ? siteOfStack(frames) : '');
    if (kind === 'allocation') {
      this.recording.allocated(result, size, align, site);
    } else {
      this.recording.reallocated(address, result, size, site);
    }
    this.served = undefined;
    this.frames = [];
  }
}

/** What `--time-stamp=yes` puts before the process: `00:00:00:01.234 7497`. */
function takeTime(line: LineScanner): boolean {
  const start = line.column;
  const isTime = line.takeDecimal() !== undefined && line.byte === COLON;
  if (isTime) {
    line.takeWord();
  }
  if (isTime && line.takeBlanks()) {
    return true;
  }
  line.moveTo(start);
  return false;
}

function takeAddress(line: LineScanner): AddressKey | undefined {
  return line.take('0x') ? line.takeHexAddress() : undefined;
}

function isDigit(byte: number): boolean {
  return byte >= DIGIT_0 && byte <= DIGIT_9;
}
