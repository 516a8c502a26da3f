/**
 * RIOT's `malloc_tracing` module: a line a call on standard output, with the caller and the result.
 *
 *     malloc(42) @ 0x8000a1b returned 0x20000b30
 *     calloc(4, 25) @ 0x8000a2d returned 0x20000b80
 *     realloc(0x20000b30, 100) @0x8000a41 returned 0x20000c00
 *     free(0x20000c00) @ 0x8000a55)
 */
import { NULL_ADDRESS, wideAddress, type AddressKey, type LineScanner } from '../input/lines';
import { understoodLines } from './detection';
import type { LineParser, RecorderFormat } from './importer';
import type { Recording } from './recording';

const CALL =
  /(?<!\w)(malloc|calloc|realloc|free)\(([^()]{0,64}|\(nil\)[^()]{0,64})\) @ ?0x([0-9a-f]{1,16})(?:\)| returned (\S+))/;
const BEGINNING = /(?<!\w)(malloc|calloc|realloc|free)\(/;
const ADDRESS = /^(?:0x)?0*([0-9a-f]{1,16})$/;
const NULL = /^(?:0|0x0|\(nil\)|nil|NULL|\(null\))$/;
const NUMBER = /^\d{1,16}$/;

const open = (recording: Recording): LineParser => new RiotParser(recording);

export const riot: RecorderFormat = {
  name: 'riot',
  summary: "RIOT's malloc_tracing module",
  heeds: ['sites'],
  detect: (lines) => understoodLines(open, lines),
  open,
};

class RiotParser implements LineParser {
  constructor(private readonly recording: Recording) {}

  line(line: LineScanner): void {
    const text = line.text();
    const call = CALL.exec(text);
    if (call !== null && this.call(call)) {
      return;
    }
    const beginning = BEGINNING.exec(text);
    if (beginning !== null) {
      this.recording.unparsed(`"${beginning[1]!}(…) @ CALLER returned POINTER"`, beginning.index + 1);
    }
  }

  private call([, name, given, caller, returned]: readonly (string | undefined)[]): boolean {
    const { recording } = this;
    const words = given!.split(',').map((word) => word.trim());
    const result = returned === undefined ? undefined : address(returned);
    const site = recording.sites.index(`0x${caller!}`);
    const [first, second] = words;
    const block = address(first!);
    if (name === 'free' && block !== undefined && words.length === 1) {
      recording.freed(block);
    } else if (result === undefined || !NUMBER.test(words.at(-1)!)) {
      return false;
    } else if (name === 'malloc' && words.length === 1) {
      recording.allocated(result, Number(first), 0, site);
    } else if (name === 'calloc' && words.length === 2 && NUMBER.test(first!)) {
      recording.allocated(result, Number(first) * Number(second), 0, site);
    } else if (name === 'realloc' && words.length === 2 && block !== undefined) {
      recording.reallocated(block, result, Number(second), site);
    } else {
      return false;
    }
    return true;
  }
}

function address(text: string): AddressKey | undefined {
  if (NULL.test(text)) {
    return NULL_ADDRESS;
  }
  const digits = ADDRESS.exec(text)?.[1];
  return digits === undefined ? undefined : wideAddress(digits);
}
