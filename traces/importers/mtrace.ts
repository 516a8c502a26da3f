/**
 * glibc's mtrace (`MALLOC_TRACE=file`, libc_malloc_debug.so): one record a line, behind the caller if it is known.
 *
 *     @ ./mt:[0x12c6] + 0x5641f3f294a0 0x9df         allocation (also of realloc(NULL, n))
 *     @ ./mt:[0x1396] - 0x5641f3f30970               free (also of realloc(p, 0))
 *     @ ./mt:[0x12c6] < 0x5641f3f2a790               reallocation: the old block here,
 *     @ ./mt:[0x12c6] > 0x5641f3f2a790 0x344         the new one in the next line
 *     @ ./mt:[0x12c6] ! 0x5641f3f2a790 0x344         failed reallocation
 *
 * The caller holds a path, which may hold blanks and anything else, so records are read from the end of the line.
 */
import { NULL_ADDRESS, wideAddress, type AddressKey, type LineScanner } from '../input/lines';
import { countMatching, type LineParser, type RecorderFormat } from './importer';
import type { Recording } from './recording';

const RECORD = /(?:^|^@ (.*) )([-+<>!]) (?:0x0*([0-9a-f]{1,16})|\(nil\))(?: (0x[0-9a-f]{1,16}|0))?$/;
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

export const mtrace: RecorderFormat = {
  name: 'mtrace',
  summary: 'glibc mtrace (MALLOC_TRACE=FILE, LD_PRELOAD=libc_malloc_debug.so.0)',
  heeds: ['sites'],
  detect: (lines) => countMatching(lines, RECORD) + (lines[0] === '= Start' ? 1 : 0),
  open: (recording) => new MtraceParser(recording),
};

class MtraceParser implements LineParser {
  /** The old address of a reallocation whose other line is to come. */
  private reallocated: AddressKey | undefined;

  constructor(private readonly recording: Recording) {}

  line(line: LineScanner): void {
    if (line.isEmpty || line.take('= Start') || line.take('= End')) return;
    const [, caller, kind, address, size] = RECORD.exec(line.text()) ?? [];
    if (kind === undefined || (size !== undefined) !== HAS_SIZE[kind]) {
      this.recording.unparsed(EXPECTED);
      return;
    }
    this.record(kind, address === undefined ? NULL_ADDRESS : wideAddress(address), Number(size ?? 0), caller);
  }

  finish(): boolean {
    if (this.reallocated !== undefined) this.recording.callUnfinished();
    return false;
  }

  private record(kind: string, address: AddressKey, size: number, caller: string | undefined): void {
    const { recording } = this;
    const old = this.reallocated;
    this.reallocated = undefined;
    if (old !== undefined && kind !== '>') recording.callUnfinished();
    const site = recording.sites.index(caller ?? '');
    if (kind === '+') recording.allocated(address, size, 0, site);
    else if (kind === '-') recording.freed(address);
    else if (kind === '<') this.reallocated = address;
    else if (kind === '!') recording.callFailed();
    else if (old !== undefined) recording.reallocated(old, address, size, site);
    else recording.unparsed('"< ADDRESS" in the line before');
  }
}
