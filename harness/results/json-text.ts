/**
 * JSON that a person can read and `diff` can show: two blanks a level, one line for every object or list that holds
 * nothing but plain values and short ones, keys in the order of the object.
 */

const INLINE_DEPTH_MAX = 2;
const INLINE_COLUMNS_MAX = 100;

export function jsonText(value: unknown): string {
  return `${render(value, '')}\n`;
}

function render(value: unknown, indent: string): string {
  if (typeof value !== 'object' || value === null) {
    return JSON.stringify(value);
  }
  if (depthOf(value) <= INLINE_DEPTH_MAX) {
    const line = inline(value);
    if (line.length <= INLINE_COLUMNS_MAX || isFlatList(value)) {
      return line;
    }
  }
  const deeper = `${indent}  `;
  const parts = Array.isArray(value)
    ? value.map((each) => deeper + render(each, deeper))
    : entriesOf(value).map(([key, each]) => `${deeper}${JSON.stringify(key)}: ${render(each, deeper)}`);
  const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}'];
  return parts.length === 0 ? `${open}${close}` : `${open}\n${parts.join(',\n')}\n${indent}${close}`;
}

function inline(value: unknown): string {
  if (typeof value !== 'object' || value === null) {
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) {
    const text = JSON.stringify(value);
    // Without texts and names every comma stands between two values.
    return text.includes('"') ? `[${value.map(inline).join(', ')}]` : text.replaceAll(',', ', ');
  }
  const parts = entriesOf(value).map(([key, each]) => `${JSON.stringify(key)}: ${inline(each)}`);
  return parts.length === 0 ? '{}' : `{ ${parts.join(', ')} }`;
}

/** Levels of nesting, counted no further than needed to say that a value is not for one line. */
function depthOf(value: unknown, limit = INLINE_DEPTH_MAX + 1): number {
  if (typeof value !== 'object' || value === null || limit === 0) {
    return 0;
  }
  let deepest = 0;
  for (const each of Object.values(value)) {
    deepest = Math.max(deepest, depthOf(each, limit - 1));
    if (deepest >= limit - 1) {
      break;
    }
  }
  return deepest + 1;
}

/** Lists of plain values stay on one line whatever their length: distributions are read by programs. */
function isFlatList(value: object): boolean {
  return Array.isArray(value) && value.every((each) => typeof each !== 'object' || each === null);
}

function entriesOf(value: object): [string, unknown][] {
  return Object.entries(value).filter(([, each]) => each !== undefined);
}
