/**
 * glibc's mtrace (`MALLOC_TRACE=file`, libc_malloc_debug.so): one record a line, behind the caller if it is known.
 *
 *     @ ./mt:[0x12c6] + 0x5641f3f294a0 0x9df         allocation (also of realloc(NULL, n))
 *     [0x80481eb] + 0x8064c48 0x14                   the same, by a glibc that knew no more of the caller
 *     @ ./mt:[0x1396] - 0x5641f3f30970               free (also of realloc(p, 0))
 *     @ ./mt:[0x12c6] < 0x5641f3f2a790               reallocation: the old block here,
 *     @ ./mt:[0x12c6] > 0x5641f3f2a790 0x344         the new one in the next line
 *     @ ./mt:[0x12c6] ! 0x5641f3f2a790 0x344         failed reallocation
 *
 * The caller holds a path, which may hold blanks and anything else, so records are read from the end of the line.
 */
import { NULL_ADDRESS, wideAddress, type AddressKey, type LineScanner } from '../input/lines';
import { understoodLines } from './detection';
import type { LineParser, RecorderFormat } from './importer';
import type { Recording } from './recording';

const RECORD =
  /^ *(?:@ (.*) |(\[0x[0-9a-f]{1,16}\]) )?([-+<>!]) (?:0x0*([0-9a-f]{1,16})|\(nil\))(?: (0x[0-9a-f]{1,16}|\d{1,16}))?$/;
const EXPECTED =
  '"+ ADDRESS SIZE", "- ADDRESS", "< ADDRESS", "> ADDRESS SIZE" or "! ADDRESS SIZE" at the end';

/** What follows the address, by record. */
const HAS_SIZE: Readonly<Record<string, boolean>> = {
  '+': true,
  '-': false,
  '<': false,
  '>': true,
  '!': true,
};

const open = (recording: Recording): LineParser => new MtraceParser(recording);

export const mtrace: RecorderFormat = {
  name: 'mtrace',
  summary: 'glibc mtrace (MALLOC_TRACE=FILE, LD_PRELOAD=libc_malloc_debug.so.0)',
  heeds: ['sites'],
  detect: (lines) => understoodLines(open, lines),
  open,
};

class MtraceParser implements LineParser {
  /** The old address of a reallocation whose other line is to come. */
  private reallocated: AddressKey | undefined;

  constructor(private readonly recording: Recording) {}

  line(line: LineScanner): void {
    if (line.isEmpty) {
      return;
    }
    if (line.take('= Start') || line.take('= End')) {
      this.recording.understood();
      return;
    }
    const [, caller, place, kind, address, size] = RECORD.exec(line.text()) ?? [];
    if (kind === undefined || (size !== undefined) !== HAS_SIZE[kind]) {
      this.recording.unparsed(EXPECTED);
      return;
    }
    this.record(
      kind,
      address === undefined ? NULL_ADDRESS : wideAddress(address),
      Number(size ?? 0),
      caller ?? place,
    );
  }

  /** The old half of a reallocation, whose new half is the next line. */
  private begin(address: AddressKey): void {
    this.reallocated = address;
    this.recording.understood();
  }

  finish(): boolean {
    if (this.reallocated !== undefined) {
      this.recording.callUnfinished();
    }
    return false;
  }

  private record(kind: string, address: AddressKey, size: number, caller: string | undefined): void {
    const { recording } = this;
    const old = this.reallocated;
    this.reallocated = undefined;
    if (old !== undefined && kind !== '>') {
      recording.callUnfinished();
    }
    const site = recording.sites.index(caller ?? '');
    if (kind === '+') {
      recording.allocated(address, size, 0, site);
    } else if (kind === '-') {
      recording.freed(address);
    } else if (kind === '<') {
      this.begin(address);
    } else if (kind === '!') {
      recording.callFailed();
    } else if (old !== undefined) {
      recording.reallocated(old, address, size, site);
    } else {
      recording.unparsed('"< ADDRESS" in the line before');
    }
  }
}
