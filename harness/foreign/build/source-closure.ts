import * as fs from 'node:fs';
import * as path from 'node:path';

/**
 * The files that a compilation can read: its sources and what they include, directly or not. Conditions are not
 * evaluated, so the set may hold more than the compiler looks at, never less; a name that leads nowhere is the
 * compiler's to complain about. The set is all that the compiler sees, and what the cache of builds goes by.
 */

const INCLUDE =
  /^[ \t]*#[ \t]*(?:include(?:_next)?|import|embed)[ \t]*(?:<([^>\n]+)>|"([^"\n]+)"|([^\s<"].*))/gm;

export interface SourceFile {
  readonly file: string;
  readonly content: Buffer;
}

/** @param include folders in the order in which they are searched */
export function sourceClosure(sources: readonly string[], include: readonly string[]): SourceFile[] {
  const found = new Map<string, Buffer>();
  const waiting = [...sources];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (found.has(file)) {
      continue;
    }
    const content = readIfFile(file);
    if (content === undefined) {
      continue;
    }
    found.set(file, content);
    waiting.push(...includedBy(file, content.toString('latin1'), include));
  }
  return [...found].map(([file, content]) => ({ file, content })).sort((a, b) => (a.file < b.file ? -1 : 1));
}

/** Every file that an include may mean: which of them is taken is the compiler's business. */
function includedBy(file: string, text: string, include: readonly string[]): string[] {
  const folders = [path.dirname(file), ...include];
  const spliced = text.replace(/\\\r?\n/g, '');
  return [...spliced.matchAll(INCLUDE)].flatMap(([, angled, quoted, computed]) => {
    const name = angled ?? quoted;
    if (name !== undefined) {
      return folders.map((folder) => path.resolve(folder, name));
    }
    // A macro names the header; any header beside those that are named may be meant.
    return computed === undefined ? [] : include.flatMap(headersIn);
  });
}

/** A source whose includes go up by `..`, with the absolute names of the files that a compiler would find. */
export function resolveUpwardIncludes(
  file: string,
  text: string,
  include: readonly string[],
  known: ReadonlySet<string>,
  root: string,
): string {
  return text.replace(INCLUDE, (whole, angled?: string, quoted?: string) => {
    const name = angled ?? quoted;
    if (name === undefined || !name.split('/').includes('..')) {
      return whole;
    }
    const folders = quoted === undefined ? include : [path.dirname(file), ...include];
    const found = folders.map((folder) => path.resolve(folder, name)).find((each) => known.has(each));
    return found === undefined ? whole : whole.replace(/[<"][^>"\n]*[>"]/, () => `"${root}${found}"`);
  });
}

function headersIn(folder: string): string[] {
  return fs
    .readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(h|hh|hpp|inc|def)$/.test(name))
    .map((name) => path.join(folder, name));
}

function readIfFile(file: string): Buffer | undefined {
  return fs.statSync(file, { throwIfNoEntry: false })?.isFile() === true ? fs.readFileSync(file) : undefined;
}
