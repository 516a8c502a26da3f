import type { SourceLine } from '../machine/steps';
import { ByteReader, ByteWriter } from './wasm/bytes';

/**
 * Which place in the source every instruction of a module comes from. The table travels in the module, as a custom
 * section, so that whoever runs it needs neither compiler nor debug information.
 */

/** A place: innermost first, each inlined into the next. Empty where nothing is known. */
export type Place = readonly SourceLine[];

export const LOCATIONS_SECTION = 'alloc-replay.locations';

export class LocationTable {
  /** @param starts where stretches of one place begin, ascending, from the start of the code section's contents */
  constructor(
    readonly places: readonly Place[],
    private readonly starts: readonly number[],
    private readonly placeOfStretch: readonly number[],
  ) {}

  static readonly EMPTY = new LocationTable([[]], [], []);

  /** Index in `places` of the instruction at an offset of the code section's contents. */
  indexAt(offset: number): number {
    let low = 0;
    let high = this.starts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.starts[middle]! <= offset) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low === 0 ? 0 : this.placeOfStretch[low - 1]!;
  }

  /** The first place with a line among the instructions from one offset to before another. */
  firstLineWithin(start: number, end: number): Place | undefined {
    for (let stretch = 0; stretch < this.starts.length; stretch++) {
      const place = this.places[this.placeOfStretch[stretch]!]!;
      if (this.starts[stretch]! >= start && this.starts[stretch]! < end && (place[0]?.line ?? 0) > 0) {
        return place;
      }
    }
    return undefined;
  }

  encode(): Uint8Array {
    const texts = new Map<string, number>();
    const textIndex = (text: string): number => {
      const index = texts.get(text) ?? texts.size;
      texts.set(text, index);
      return index;
    };
    const places = new ByteWriter();
    places.vector(this.places, (place) =>
      places.vector(place, ({ functionName, file, line }) =>
        places.unsigned(textIndex(functionName)).unsigned(textIndex(file)).unsigned(line),
      ),
    );
    const stretches = new ByteWriter();
    let before = 0;
    stretches.vector(this.starts, (start) => {
      stretches.unsigned(start - before);
      before = start;
    });
    this.placeOfStretch.forEach((place) => stretches.unsigned(place));
    const writer = new ByteWriter();
    writer.vector([...texts.keys()], (text) => writer.name(text));
    return writer.bytes(places.finish()).bytes(stretches.finish()).finish().slice();
  }

  /** Throws a `MalformedModule` for a table that this program did not write. */
  static decode(bytes: Uint8Array): LocationTable {
    const reader = new ByteReader(bytes);
    const texts = reader.vector(() => reader.name());
    const places = reader.vector(() =>
      reader.vector(() => ({
        functionName: texts[reader.u32()] ?? '',
        file: texts[reader.u32()] ?? '',
        line: reader.u32(),
      })),
    );
    let before = 0;
    const starts = reader.vector(() => (before += reader.u32()));
    const placeOfStretch = starts.map(() => Math.min(reader.u32(), Math.max(places.length - 1, 0)));
    return new LocationTable(places.length === 0 ? [[]] : places, starts, placeOfStretch);
  }
}

/** A place in words: `block_merge at tlsf.c:512`, with the callers it was inlined into where asked for. */
export function placeText(place: Place): string {
  const [innermost] = place;
  if (innermost === undefined) {
    return '';
  }
  const { functionName, file, line } = innermost;
  return line === 0 ? functionName : `${functionName} at ${file}:${line}`;
}
