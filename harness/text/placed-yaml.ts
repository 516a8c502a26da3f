import { isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, type Document } from 'yaml';
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
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true });
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${Math.max(1, line)}:${Math.max(1, col)}`;
  };
  const [broken] = [...document.errors, ...document.warnings];
  if (broken !== undefined) {
    throw new InputError({ where: place(broken.pos[0]), problem: broken.message, expected: 'YAML' });
  }
  return {
    data: plainData(document, file),
    placeOf: (path) => place(offsetOf(document, path)),
  };
}

/** References that multiply without bound are refused by the YAML reader itself. */
function plainData(document: Document, file: string): unknown {
  try {
    return document.toJS();
  } catch (error) {
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
