/**
 * Where a text stops being JSON. Engines word the message of `JSON.parse` differently and do not always say where, so
 * the place is found by a scan of our own, in the one case in which it is needed.
 */
export interface TextPosition {
  readonly line: number;
  readonly column: number;
}

/** Strings, numbers, words and punctuation, each with the white space before it. */
const TOKEN =
  /[ \t\n\r]*(?:("(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null|([[\]{},:]))/y;

type Expected = 'value' | 'value or ]' | 'key' | 'key or }' | ':' | ', or close' | 'end';

/** The position of the first token that JSON's grammar does not allow; 1-based, columns in UTF-16 units. */
export function jsonErrorPosition(text: string): TextPosition {
  const closers: (']' | '}')[] = [];
  let expected: Expected = 'value';
  TOKEN.lastIndex = 0;
  for (;;) {
    const start = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (match === null) {
      return positionOf(text, start);
    }
    const next = expectedAfter(expected, match[2], match[1] !== undefined, closers);
    if (next === undefined) {
      return positionOf(text, start);
    }
    expected = next;
  }
}

/** What may follow a token, or undefined where the token itself was not allowed. */
function expectedAfter(
  expected: Expected,
  sign: string | undefined,
  isString: boolean,
  closers: (']' | '}')[],
): Expected | undefined {
  const closer = closers[closers.length - 1];
  const afterValue = () => (closers.length === 0 ? 'end' : ', or close');
  const mayClose =
    expected === ', or close' ||
    (expected === 'value or ]' && closer === ']') ||
    (expected === 'key or }' && closer === '}');
  if (mayClose && sign === closer) {
    closers.pop();
    return afterValue();
  }
  switch (expected) {
    case 'value':
    case 'value or ]':
      if (sign === '[' || sign === '{') {
        closers.push(sign === '[' ? ']' : '}');
        return sign === '[' ? 'value or ]' : 'key or }';
      }
      return sign === undefined ? afterValue() : undefined;
    case 'key':
    case 'key or }':
      return isString ? ':' : undefined;
    case ':':
      return sign === ':' ? 'value' : undefined;
    case ', or close':
      return sign === ',' ? (closer === ']' ? 'value' : 'key') : undefined;
    case 'end':
      return undefined;
  }
}

/** The first position from `start` on that is no white space. */
function positionOf(text: string, start: number): TextPosition {
  const offset = start + /^[ \t\n\r]*/.exec(text.slice(start))![0].length;
  const before = text.slice(0, offset);
  return { line: before.split('\n').length, column: offset - before.lastIndexOf('\n') };
}
