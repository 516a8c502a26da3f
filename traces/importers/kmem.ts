/**
 * The Linux kernel's kmem events as text: ftrace's `trace` file, `trace-cmd report`, `perf script`, and the comments
 * of function_graph. A line has one event, of one of two allocators that are to be looked at one at a time:
 *
 *     … kmalloc: call_site=c104deff ptr=c147dd20 bytes_req=29 bytes_alloc=32 gfp_flags=GFP_KERNEL
 *     … mm_page_alloc: page=ffffea0003db9f40 pfn=1155800 order=0 migratetype=0 gfp_flags=GFP_KERNEL
 *
 * What stands before the event's name differs by tool and by kernel, and a task's name may hold anything, so the
 * event is found by its name followed by its first field, and fields are taken by name: kernels and vendors add some.
 * Pointers are hashed since 4.15 and numbers may read `0x1000 (4096)`; neither matters, for a pointer is only a key.
 */
import { NULL_ADDRESS, wideAddress, type AddressKey, type LineScanner } from '../input/lines';
import { NO_TEXT } from '../trace';
import { understoodLines } from './detection';
import type { LineParser, RecorderFormat } from './importer';
import type { KmemSelection } from './options';
import type { Recording } from './recording';
import { PAGE_BYTES } from '../ground/integers';

const EVENTS =
  'kmalloc|kmalloc_node|kmem_cache_alloc|kmem_cache_alloc_node|kfree|kmem_cache_free|' +
  'mm_page_alloc|mm_page_free|mm_page_free_batched|mm_page_free_direct|mm_pagevec_free';

/** The name with its first field: libtraceevent's plug-in prints the caller between them. */
const EVENT = new RegExp(`\\b(${EVENTS})[:(]\\s*[^=]{0,256}?\\b(?:call_site|page|ptr|pfn)(?:=|: )`);

/** The name where an event's stands, whatever follows: a task's name may be that, and comes with `=`. */
const EVENT_NAME = new RegExp(`(?:^|\\s|kmem:)(${EVENTS})[:(]`);

const ALLOCATING: ReadonlySet<string> = new Set([
  'kmalloc',
  'kmalloc_node',
  'kmem_cache_alloc',
  'kmem_cache_alloc_node',
  'mm_page_alloc',
]);

/** `COMM-PID`, in perf's output `COMM PID`, then perhaps `(TGID)`, then `[CPU]`. */
const PID = /[- ](\d+)\s+(?:\([\s\d-]+\)\s+)?\[\d+\]/;

/** Values may be padded: `ptr=          (null)`; `perf trace` writes `ptr: 0x1,`. */
const field = (name: string): RegExp => new RegExp(`[ (:]${name}(?:=|: )\\s*(\\(?[^\\s,()]+)`);

const PTR = field('ptr');
const PAGE = field('page');
const PFN = field('pfn');
const ORDER = field('order');
const BYTES_REQ = field('bytes_req');
const BYTES_ALLOC = field('bytes_alloc');
const CALL_SITE = field('call_site');

/** Frame 0 is never given out, and -1 is no frame. */
const NO_FRAME = /^(?:0x0+|0+|0xf{16}|18446744073709551615|-1)$/;

/** What kmalloc gives for no bytes: kfree takes it as it takes null. */
const ZERO_SIZE_PTR = 16;

const POINTER = /^(?:0x)?0*([0-9a-f]{1,16})$/;
const NUMBER = /^(?:0x[0-9a-f]{1,13}|\d{1,15})$/;

/** MAX_ORDER is 10 on every usual configuration and nowhere above 15; more is damage. */
const ORDER_MAX = 30;

const open = (recording: Recording, head: readonly string[]): LineParser =>
  new KmemParser(recording, recording.options.kmem ?? defaultSelection(head));

export const kmem: RecorderFormat = {
  name: 'kmem',
  summary: 'Linux kmem events as text (ftrace, trace-cmd report, perf script): kmalloc or pages',
  heeds: ['sites', 'pid', 'kmem'],
  detect: (lines) => understoodLines(open, lines),
  open,
};

function defaultSelection(head: readonly string[]): KmemSelection {
  const names = head.map((line) => EVENT.exec(line)?.[1]).filter((name) => name !== undefined);
  return names.length > 0 && names.every(isPageEvent) ? 'pages' : 'kmalloc';
}

function isPageEvent(name: string): boolean {
  return name.startsWith('mm_page');
}

class KmemParser implements LineParser {
  constructor(
    private readonly recording: Recording,
    private readonly selection: KmemSelection,
  ) {}

  line(line: LineScanner): void {
    const text = line.text();
    if (text.startsWith('#')) {
      return;
    }
    const event = EVENT.exec(text);
    if (event === null) {
      const named = EVENT_NAME.exec(text);
      if (named !== null) {
        this.recording.unparsed(`the fields of ${named[1]!}`, named.index + 1);
      }
      return;
    }
    const name = event[1]!;
    const isPages = isPageEvent(name);
    if (isPages !== (this.selection === 'pages')) {
      this.recording.ofOtherAllocator();
      return;
    }
    const fields = text.slice(event.index + name.length);
    const isAllocation = ALLOCATING.has(name);
    const key = isPages ? pageKey(fields) : pointer(fields, PTR);
    if (key === undefined) {
      this.recording.unparsed(`a field ${isPages ? 'pfn or page' : 'ptr'} of ${name}`, event.index + 1);
    } else if (this.isOtherProcess(text.slice(0, event.index), isAllocation, key)) {
      this.recording.ofOtherProcess(PID.exec(text.slice(0, event.index))?.[1]);
    } else if (!isAllocation) {
      this.recording.freed(key === ZERO_SIZE_PTR && !isPages ? NULL_ADDRESS : key);
    } else if (isPages) {
      this.pages(key, fields, event.index + 1);
    } else {
      this.bytes(key, fields, event.index + 1);
    }
  }

  /** The kernel frees on others' behalf, so whoever frees an object of the chosen process, it is gone. */
  private isOtherProcess(before: string, isAllocation: boolean, key: AddressKey): boolean {
    const wanted = this.recording.options.pid;
    if (wanted === undefined || (!isAllocation && this.recording.isLive(key))) {
      return false;
    }
    return Number(PID.exec(before)?.[1]) !== wanted;
  }

  private pages(key: AddressKey, fields: string, column: number): void {
    const order = number(fields, ORDER);
    if (order === undefined || order > ORDER_MAX) {
      this.recording.unparsed(`a field order from 0 to ${ORDER_MAX}`, column);
      return;
    }
    const bytes = PAGE_BYTES * (1 << order);
    this.recording.allocated(key, bytes, bytes);
  }

  private bytes(key: AddressKey, fields: string, column: number): void {
    const size = number(fields, BYTES_REQ);
    if (size === undefined) {
      this.recording.unparsed('a field bytes_req', column);
      return;
    }
    const { sites } = this.recording;
    if (!sites.wanted) {
      this.recording.allocated(key, size);
      return;
    }
    const granted = number(fields, BYTES_ALLOC);
    const value = granted === undefined ? NO_TEXT : sites.index(`bytes_alloc=${granted}`);
    this.recording.allocated(key, size, 0, sites.index(CALL_SITE.exec(fields)?.[1] ?? ''), value);
  }
}

/**
 * The page by its frame number, or by its address where there is none. Where there is no page the number is 0 or, in
 * older kernels, -1; the address says nothing, for kernels hide it, as a hash or as null.
 */
function pageKey(fields: string): AddressKey | undefined {
  const frame = PFN.exec(fields)?.[1];
  if (frame === undefined) {
    return pointer(fields, PAGE);
  }
  return NO_FRAME.test(frame) ? NULL_ADDRESS : number(fields, PFN);
}

function pointer(fields: string, field: RegExp): AddressKey | undefined {
  const text = field.exec(fields)?.[1];
  if (text === undefined || text === '(null') {
    return text === undefined ? undefined : NULL_ADDRESS;
  }
  const digits = POINTER.exec(text)?.[1];
  return digits === undefined ? undefined : wideAddress(digits);
}

function number(fields: string, field: RegExp): number | undefined {
  const text = field.exec(fields)?.[1];
  return text !== undefined && NUMBER.test(text) ? Number(text) : undefined;
}
