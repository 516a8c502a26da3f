/**
 * LTTng's wrapper of the C library (`liblttng-ust-libc-wrapper.so`) as babeltrace prints it: an event a line, its
 * fields in braces behind those of the context.
 *
 *     [02:46:05.03] (+0.0) host lttng_ust_libc:malloc: { cpu_id = 1 }, { size = 100, ptr = 0x558F8C87E6B0 }
 *     … lttng_ust_libc:calloc: { cpu_id = 1 }, { nmemb = 3, size = 50, ptr = 0x558F8C87E720 }
 *     … lttng_ust_libc:realloc: { cpu_id = 1 }, { in_ptr = 0x558F8C87E6B0, size = 5000, ptr = 0x558F8C87E7C0 }
 *     … lttng_ust_libc:posix_memalign: { … }, { out_ptr = 0x558F8C880040, alignment = 64, size = 77, result = 0 }
 *
 * `valloc`, `pvalloc` and `aligned_alloc` are not wrapped: their frees are orphans. Contexts may name the process.
 */
import { wideAddress, type AddressKey, type LineScanner } from '../input/lines';
import { understoodLines } from './detection';
import type { LineParser, RecorderFormat } from './importer';
import type { Recording } from './recording';

const EVENT = /lttng_ust_libc:(malloc|calloc|realloc|memalign|posix_memalign|free):/;

const field = (name: string): RegExp =>
  new RegExp(`[{ ]${name} = (?:0x0*([0-9A-Fa-f]{1,16})|(\\d{1,20}))(?=[ ,}])`);

const FIELDS = {
  ptr: field('ptr'),
  in_ptr: field('in_ptr'),
  out_ptr: field('out_ptr'),
  size: field('size'),
  nmemb: field('nmemb'),
  alignment: field('alignment'),
  result: field('result'),
  vpid: field('vpid'),
} as const;

/** What each event must say. */
const NEEDED: Readonly<Record<string, readonly (keyof typeof FIELDS)[]>> = {
  malloc: ['size', 'ptr'],
  calloc: ['nmemb', 'size', 'ptr'],
  realloc: ['in_ptr', 'size', 'ptr'],
  memalign: ['alignment', 'size', 'ptr'],
  posix_memalign: ['alignment', 'size', 'out_ptr', 'result'],
  free: ['ptr'],
};

const open = (recording: Recording): LineParser => new LttngParser(recording);

export const lttng: RecorderFormat = {
  name: 'lttng',
  summary: "LTTng-UST's wrapper of libc, as babeltrace prints it",
  heeds: ['pid'],
  detect: (lines) => understoodLines(open, lines),
  open,
};

class LttngParser implements LineParser {
  constructor(private readonly recording: Recording) {}

  line(line: LineScanner): void {
    const text = line.text();
    const event = EVENT.exec(text);
    if (event === null) {
      return;
    }
    const name = event[1]!;
    const fields = text.slice(event.index + event[0].length);
    const values = NEEDED[name]!.map((needed) => valueOf(FIELDS[needed], fields));
    const { pid } = this.recording.options;
    const vpid = valueOf(FIELDS.vpid, fields);
    if (pid !== undefined && Number(vpid) !== pid) {
      this.recording.ofOtherProcess(vpid === undefined ? undefined : Number(vpid));
    } else if (values.some((value) => value === undefined)) {
      this.recording.unparsed(`the fields ${NEEDED[name]!.join(', ')} of ${name}`, event.index + 1);
    } else {
      this.event(name, values as AddressKey[]);
    }
  }

  private event(name: string, values: readonly AddressKey[]): void {
    const { recording } = this;
    const [first, second, third, fourth] = values;
    if (name === 'malloc') {
      recording.allocated(second!, Number(first));
    } else if (name === 'calloc') {
      recording.allocated(third!, Number(first) * Number(second));
    } else if (name === 'memalign') {
      recording.allocated(third!, Number(second), Number(first));
    } else if (name === 'realloc') {
      recording.reallocated(first!, third!, Number(second));
    } else if (name === 'free') {
      recording.freed(first!);
    }
    // What is stored through the pointer means nothing when the result is an error's number.
    else if (fourth !== 0) {
      recording.callFailed();
    } else {
      recording.allocated(third!, Number(second), Number(first));
    }
  }
}

/** The last of that name: a context, which comes first, may have fields of its own. */
function valueOf(pattern: RegExp, fields: string): AddressKey | undefined {
  const found = pattern.exec(fields.slice(Math.max(fields.lastIndexOf('{'), 0))) ?? pattern.exec(fields);
  if (found === null) {
    return undefined;
  }
  return found[1] === undefined ? Number(found[2]) : wideAddress(found[1].toLowerCase());
}
