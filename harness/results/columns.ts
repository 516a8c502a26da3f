import { deflateSync, inflateSync, strFromU8, strToU8 } from 'fflate';

/**
 * Plain data as one word of text, for archives of many results: like stands with like in columns, numbers as what they
 * differ by from the one before, then deflated and in base64. Checkpoints and distributions take a tenth of what they
 * take as JSON, and come back as they were.
 *
 * A column is a list of values of one kind: `n` numbers as differences; `a` arrays as their lengths and a column of
 * the first elements, one of the second …; `o` objects as one column a key, by the keys that any of them has; `j` the
 * rest as it is. `at` says which places hold a value where not all do: 0 absent, 1 a value, 2 null.
 */

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

interface Column {
  readonly at?: readonly number[];
  readonly n?: readonly number[];
  readonly a?: { readonly lengths: readonly number[]; readonly columns: readonly Column[] };
  readonly o?: {
    readonly count: number;
    readonly columns: readonly (readonly [key: string, column: Column])[];
  };
  readonly j?: readonly Json[];
}

/** More than a results file holds: what a hostile file may make us unpack. */
const UNPACKED_BYTES_MAX = 1 << 26;

/** How many bytes there are once it is inflated, a colon, and the rest in base64. */
const PACKED = /^(\d{1,8}):([A-Za-z0-9+/]*={0,2})$/;

export function packed(value: unknown): string {
  const bytes = strToU8(JSON.stringify(columnOf([value as Json])));
  return `${bytes.length}:${Buffer.from(deflateSync(bytes, { level: 9 })).toString('base64')}`;
}

/** What was packed; undefined for a text that nothing was packed into. */
export function unpacked(text: string): unknown {
  const [, length, base64] = PACKED.exec(text) ?? [];
  if (length === undefined || base64 === undefined || Number(length) > UNPACKED_BYTES_MAX) {
    return undefined;
  }
  try {
    const inflated = inflateSync(Buffer.from(base64, 'base64'), { out: new Uint8Array(Number(length)) });
    if (inflated.length !== Number(length)) {
      return undefined;
    }
    return valuesOf(JSON.parse(strFromU8(inflated)) as Column)[0];
  } catch {
    return undefined;
  }
}

type Cell = Json | undefined;

function columnOf(cells: readonly Cell[]): Column {
  const values = cells.filter((cell) => cell !== undefined && cell !== null);
  const at = cells.map((cell) => (cell === undefined ? 0 : cell === null ? 2 : 1));
  const placed = values.length === cells.length ? {} : { at };
  if (values.every((value) => Number.isSafeInteger(value))) {
    const n = differences(values as number[]);
    return n.every(Number.isSafeInteger) ? { ...placed, n } : { ...placed, j: values };
  }
  if (values.every((value) => Array.isArray(value))) {
    return { ...placed, a: columnsOfArrays(values as Json[][]) };
  }
  if (values.every((value) => typeof value === 'object' && !Array.isArray(value))) {
    const objects = values as Readonly<Record<string, Json>>[];
    const keys = [...new Set(objects.flatMap((each) => Object.keys(each)))];
    const columns = keys.map((key) => [key, columnOf(objects.map((each) => each[key]))] as const);
    return { ...placed, o: { count: objects.length, columns } };
  }
  return { ...placed, j: values };
}

function columnsOfArrays(arrays: readonly (readonly Json[])[]): NonNullable<Column['a']> {
  const lengths = arrays.map(({ length }) => length);
  // A single long list is one column, not one for each of its elements.
  if (arrays.length === 1) {
    return { lengths, columns: [columnOf(arrays[0]!)] };
  }
  const widest = Math.max(0, ...lengths);
  const columns = Array.from({ length: widest }, (_, index) =>
    columnOf(arrays.filter(({ length }) => length > index).map((each) => each[index])),
  );
  return { lengths, columns };
}

const differences = (numbers: readonly number[]): number[] =>
  numbers.map((number, index) => (index === 0 ? number : number - numbers[index - 1]!));

function valuesOf({ at, ...kind }: Column): Cell[] {
  const values = plainValuesOf(kind);
  let next = 0;
  return at?.map((state) => (state === 0 ? undefined : state === 2 ? null : values[next++])) ?? values;
}

function plainValuesOf({ n, a, o, j }: Column): Json[] {
  if (n !== undefined) {
    let value = 0;
    return n.map((difference) => (value += difference));
  }
  if (a !== undefined) {
    return arraysOf(a);
  }
  if (o !== undefined) {
    const columns = o.columns.map(([key, column]) => [key, valuesOf(column)] as const);
    return Array.from({ length: o.count }, (_, index) =>
      Object.fromEntries(
        columns.flatMap(([key, values]) => (values[index] === undefined ? [] : [[key, values[index]]])),
      ),
    ) as Json[];
  }
  return [...j!];
}

function arraysOf({ lengths, columns }: NonNullable<Column['a']>): Json[][] {
  if (lengths.length === 1) {
    return [valuesOf(columns[0]!) as Json[]];
  }
  const values = columns.map((column) => valuesOf(column) as Json[]);
  const taken = values.map(() => 0);
  return lengths.map((length) => Array.from({ length }, (_, index) => values[index]![taken[index]!++]!));
}
