import { isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, visit, type Document } from 'yaml';
import { InputError } from '../../traces/input-error';

/** A YAML text as plain data, and where each part of it stands. */
export interface PlacedYaml {
  readonly data: unknown;
  /** `file:line:column` of the deepest part of `path` that exists: of a key in a mapping, of an entry in a list. */
  placeOf(path: readonly (string | number)[]): string;
}

/** Throws an `InputError` with the place of what is no YAML; `file` is the name that errors give. */
export function parsePlacedYaml(text: string, file: string): PlacedYaml {
  const lines = new LineCounter();
  const document = shallow(file, () =>
    parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true }),
  );
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${Math.max(1, line)}:${Math.max(1, col)}`;
  };
  const [broken] = [...document.errors, ...document.warnings];
  if (broken !== undefined) {
    // The reader gives up where its own calls are too many, and says so in words of the machine.
    const problem = broken.message.includes('call stack') ? TOO_DEEP : broken.message;
    throw new InputError({ where: place(broken.pos[0]), problem, expected: 'YAML' });
  }
  shallow(file, () =>
    visit(document, {
      Pair: (_, { key }) => {
        if (isScalar(key) && key.value === '__proto__') {
          const where = place(key.range?.[0] ?? 0);
          throw new InputError({ where, problem: 'the key __proto__', expected: 'another name' });
        }
      },
      Scalar: (_, { value, range }) => {
        if (typeof value === 'number' && !Number.isFinite(value)) {
          const problem = 'a number that is none or has no end';
          throw new InputError({ where: place(range?.[0] ?? 0), problem, expected: 'digits' });
        }
      },
    }),
  );
  return {
    data: shallow(file, () => plainData(document, file)),
    placeOf: (path) => place(offsetOf(document, path)),
  };
}

const TOO_DEEP = 'nested too deeply';

/** What is nested deeper than calls may be is refused, whichever reader gives up. */
function shallow<T>(file: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof RangeError) {
      throw new InputError({ where: file, problem: TOO_DEEP, expected: 'YAML' });
    }
    throw error;
  }
}

/** References that multiply without bound are refused by the YAML reader itself. */
function plainData(document: Document, file: string): unknown {
  try {
    return document.toJS();
  } catch (error) {
    if (error instanceof RangeError) {
      throw error;
    }
    throw new InputError({ where: file, problem: (error as Error).message, expected: 'YAML' });
  }
}

function offsetOf(document: Document, path: readonly (string | number)[]): number {
  let node: unknown = document.contents;
  let offset = document.contents?.range?.[0] ?? 0;
  for (const step of path) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && key.value === step);
      if (pair === undefined || !isScalar(pair.key)) {
        break;
      }
      offset = pair.key.range?.[0] ?? offset;
      node = pair.value;
    } else if (isSeq(node) && typeof step === 'number') {
      node = node.items[step];
      offset = isNode(node) ? (node.range?.[0] ?? offset) : offset;
    } else {
      break;
    }
  }
  return offset;
}
