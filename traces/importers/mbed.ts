/**
 * Mbed OS's memory tracer (`mbed_mem_trace_default_callback`) on a serial line: a record a call, with the caller, and
 * perhaps with what the program printed before it on the same line.
 *
 *     #m:0x20003080;0x182f-50                       result; caller-size
 *     #c:0x20003100;0x1903-4;25                     result; caller-count; size
 *     #r:0x20003200;0x1a01-0x20003080;100           result; caller-old block; size
 *     #f:0x0;0x183f-0x20003200                      nothing; caller-block
 */
import { wideAddress, type LineScanner } from '../input/lines';
import { understoodLines } from './detection';
import type { LineParser, RecorderFormat } from './importer';
import type { Recording } from './recording';

const HEX = '(?:0x)?0*([0-9a-f]{1,16})';
const RECORD = new RegExp(`#([mcrf]):${HEX};(0x[0-9a-f]+|[0-9a-f]+)-(\\w+)(?:;(\\d{1,16}))?`);
const BEGINNING = /#[mcrf]:/;
const ADDRESS = new RegExp(`^${HEX}$`);
const NUMBER = /^\d{1,16}$/;

const EXPECTED = '"#m:RESULT;CALLER-SIZE", "#c:…-COUNT;SIZE", "#r:…-OLD;SIZE" or "#f:0x0;CALLER-BLOCK"';

const open = (recording: Recording): LineParser => new MbedParser(recording);

export const mbed: RecorderFormat = {
  name: 'mbed',
  summary: "Mbed OS's memory tracer (mbed_mem_trace)",
  heeds: ['sites'],
  detect: (lines) => understoodLines(open, lines),
  open,
};

class MbedParser implements LineParser {
  constructor(private readonly recording: Recording) {}

  line(line: LineScanner): void {
    const text = line.text();
    const record = RECORD.exec(text);
    if (record !== null && this.record(record)) {
      return;
    }
    const beginning = BEGINNING.exec(text);
    if (beginning !== null) {
      this.recording.unparsed(EXPECTED, beginning.index + 1);
    }
  }

  private record([, kind, place, caller, first, second]: readonly string[]): boolean {
    const { recording } = this;
    const result = wideAddress(place!);
    const site = recording.sites.index(caller!);
    const block = ADDRESS.exec(first!)?.[1];
    const isNumber = NUMBER.test(first!);
    if (kind === 'm' && isNumber && second === undefined) {
      recording.allocated(result, Number(first), 0, site);
    } else if (kind === 'c' && isNumber && second !== undefined) {
      recording.allocated(result, Number(first) * Number(second), 0, site);
    } else if (kind === 'r' && block !== undefined && second !== undefined) {
      recording.reallocated(wideAddress(block), result, Number(second), site);
    } else if (kind === 'f' && block !== undefined && second === undefined) {
      recording.freed(wideAddress(block));
    } else {
      return false;
    }
    return true;
  }
}
