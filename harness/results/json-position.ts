import { visit, type JSONPath, type JSONVisitor } from 'jsonc-parser';

/** Where something stands in a JSON text: 1-based, columns in UTF-16 units. */
export interface TextPosition {
  readonly line: number;
  readonly column: number;
}

/**
 * The position of the first token that JSON's grammar does not allow: engines word the message of `JSON.parse`
 * differently and do not always say where. Undefined where the text is nested too deeply to be looked through.
 */
export function jsonErrorPosition(text: string): TextPosition | undefined {
  let found: TextPosition | undefined;
  walk(text, {
    onError: (_code, _offset, _length, line, character) => (found ??= position(line, character)),
  });
  return found;
}

/** The position of the deepest part of `path` that is there: of a key in an object, of an entry in a list. */
export function jsonPosition(text: string, path: JSONPath): TextPosition | undefined {
  let found: TextPosition | undefined;
  let depth = 0;
  const isOnTheWay = (at: JSONPath): boolean =>
    at.length <= path.length && at.every((step, index) => step === path[index]);
  const meet = (at: JSONPath, line: number, character: number): void => {
    // A key that is there twice counts the last time, as for `JSON.parse`.
    if (isOnTheWay(at) && at.length >= depth) {
      depth = at.length;
      found = position(line, character);
    }
  };
  /** What is off the way is passed over; a value of a key stands where its key does. */
  const meetValue = (line: number, character: number, pathOf: () => JSONPath): boolean => {
    const at = pathOf();
    if (typeof at.at(-1) !== 'string') {
      meet(at, line, character);
    }
    return isOnTheWay(at);
  };
  walk(text, {
    onObjectProperty: (key, _offset, _length, line, character, pathOf) =>
      meet([...pathOf(), key], line, character),
    onObjectBegin: (_offset, _length, line, character, pathOf) => meetValue(line, character, pathOf),
    onArrayBegin: (_offset, _length, line, character, pathOf) => meetValue(line, character, pathOf),
    onLiteralValue: (_value, _offset, _length, line, character, pathOf) => {
      meetValue(line, character, pathOf);
    },
    // Without these the parser would pass over all that follows what was passed over.
    onObjectEnd: () => undefined,
    onArrayEnd: () => undefined,
  });
  return found;
}

const position = (line: number, character: number): TextPosition => ({
  line: line + 1,
  column: character + 1,
});

/** The parser calls itself at every level, and gives up where `JSON.parse` does not. */
function walk(text: string, visitor: JSONVisitor): void {
  try {
    visit(text, visitor, { disallowComments: true });
  } catch (error) {
    if (!(error instanceof RangeError)) {
      throw error;
    }
  }
}
