import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { InputError } from '../../../traces/input-error';
import { reasonOf, writeWholeFile } from '../../../traces/output/whole-file';
import type { SearchState } from './search';

/** A search on disk: how far it is, and a key of all that it follows from. A file appears whole or not at all. */

const EXPECTED = 'what `search` with the same --out wrote';

export function writeState(file: string, key: string, state: SearchState): void {
  const body = JSON.stringify(state);
  writeWholeFile(file, `${JSON.stringify({ key, sha256: sha256Of(body) })}\n${body}\n`);
}

/** Undefined where there is none. Throws an `InputError` for one of another search, or a damaged one. */
export function readState(file: string, key: string): SearchState | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      return undefined;
    }
    throw new InputError({ where: file, problem: reasonOf(error), expected: EXPECTED });
  }
  const [head = '', body = ''] = text.split('\n');
  const facts = parsed(head);
  if (facts === undefined || facts.sha256 !== sha256Of(body)) {
    throw new InputError({ where: file, problem: 'damaged', expected: EXPECTED });
  }
  if (facts.key !== key) {
    const expected = 'the options, engine and traces that it was begun with, or no --resume';
    throw new InputError({ where: file, problem: 'a search for something else', expected });
  }
  return JSON.parse(body) as SearchState;
}

function parsed(head: string): { readonly key?: unknown; readonly sha256?: unknown } | undefined {
  try {
    const facts: unknown = JSON.parse(head);
    return typeof facts === 'object' && facts !== null ? facts : undefined;
  } catch {
    return undefined;
  }
}

const sha256Of = (text: string): string => createHash('sha256').update(text).digest('hex');
