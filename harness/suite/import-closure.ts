import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { isBuiltin } from 'node:module';
import * as path from 'node:path';

/**
 * The identity of code: a hash over a module and everything it imports, directly or not. It changes with every edit
 * that could change what the module does, and with no other. Imports are found in the text, sources and compiled code
 * alike; what is only a type is left out, for it is gone when the code runs. Of an installed package every file counts,
 * for a package may be edited in place, and of those that it depends on too.
 *
 * What code reads beside its imports no hash can hold; where the text shows that it might, that is said.
 */

/** The module named by an `import … from`, `export … from`, `import()` or `require()`. */
const IMPORT =
  /(?:^|[\s;}])(?:import|export)\b(?!\s+type[\s{])[^'"`;()]*?from\s*['"]([^'"]+)['"]|(?:^|[\s;}])import\s*['"]([^'"]+)['"]|\b(?:require|import)\(\s*['"]([^'"]+)['"]\s*\)/g;

/** What engines of users import is this very program. */
const SELF = 'alloc-replay';
const OWN_FACE = path.join(__dirname, '..', 'index');

/** Modules of Node that give the same to everybody. */
const PURE_BUILTINS: readonly string[] = [
  ...['assert', 'assert/strict', 'buffer', 'events', 'path', 'path/posix', 'path/win32'],
  ...['punycode', 'querystring', 'string_decoder', 'url', 'util', 'util/types'],
];

/** How code reaches what no import names. */
const READS_MORE: readonly (readonly [what: string, pattern: RegExp])[] = [
  [
    'modules whose names are computed',
    /\bimport\s*\(\s*(?!['"][^'"]*['"]\s*\))|\brequire\b(?!\s*\(\s*['"][^'"]*['"]\s*\))|\bmodule\b\s*(?:\[|\.(?!exports\b))/,
  ],
  ['code made of texts', /\beval\b|\bFunction\s*\(|\bconstructor\s*(?:\(\s*['"`]|\.\s*constructor\b)/],
  ['what the process is told', /\bprocess\b|\bglobal(?:This)?\b|\bimport\.meta\b/],
  [
    'the clock, chance or the network',
    /\bDate\b|\bperformance\b|\bMath\s*\.\s*random\b|\bcrypto\b|\bnavigator\b|\bfetch\s*\(/,
  ],
];

const ENDINGS = ['', '.ts', '.tsx', '.js', '.cjs', '.mjs', '.json', '/index.ts', '/index.js'];

interface Module {
  /** Hash of the text; of a package, of all its files. */
  readonly content: string;
  readonly imports: readonly string[];
  /** What it may read beside its imports, undefined where nothing shows that it does. */
  readonly more: string | undefined;
}

/** Reads every file once; make a new one to see edits. */
export class ImportClosure {
  private readonly modules = new Map<string, Module>();

  /** sha256 over the modules of `entries` and all they import. Files that do not exist count as missing. */
  sha256Of(entries: readonly string[]): string {
    const hash = createHash('sha256');
    for (const content of this.filesOf(entries)
      .map((file) => this.module(file).content)
      .sort()) {
      hash.update(`${content}\n`);
    }
    return hash.digest('hex');
  }

  /** The modules of `entries` and all they import, sorted; packages as `node_modules/<name>`. */
  filesOf(entries: readonly string[]): string[] {
    const found = new Set<string>();
    const waiting = [...entries];
    for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
      if (!found.has(file)) {
        found.add(file);
        waiting.push(...this.module(file).imports);
      }
    }
    return [...found].sort();
  }

  /**
   * What the modules of `entries` and all they import may read beside their imports; undefined where nothing shows that
   * they do. Those that `trusted` reaches are not looked at.
   */
  moreOf(entries: readonly string[], trusted: readonly string[]): string | undefined {
    const known = new Set(this.filesOf(trusted));
    for (const file of this.filesOf(entries)) {
      const { more } = this.module(file);
      if (more !== undefined && !known.has(file)) {
        return `${path.basename(file)} may read ${more}`;
      }
    }
    return undefined;
  }

  private module(file: string): Module {
    const known = this.modules.get(file);
    if (known !== undefined) {
      return known;
    }
    const module =
      path.basename(path.dirname(file)).startsWith('node_modules') || isScoped(file)
        ? readPackage(file)
        : readModule(file);
    this.modules.set(file, module);
    return module;
  }
}

/** `node_modules/@scope/name`. */
const isScoped = (file: string): boolean => /[\\/]node_modules[\\/]@[^\\/]+[\\/][^\\/]+$/.test(file);

function readModule(file: string): Module {
  const text = readIfThere(file) ?? '';
  return {
    content: createHash('sha256').update(text).digest('hex'),
    imports: importsIn(text, file),
    more: moreIn(text, file),
  };
}

/** The files, and the folders of packages, that a module imports. */
export function importsOf(file: string): string[] {
  return importsIn(readIfThere(file) ?? '', file);
}

function importsIn(text: string, file: string): string[] {
  return namesIn(withoutComments(text)).flatMap((name) => resolveImport(file, name) ?? []);
}

const namesIn = (code: string): string[] =>
  [...code.matchAll(IMPORT)].map(([, from, bare, called]) => (from ?? bare ?? called)!);

/** Comments go, and what only looks like one because it stands in quotes stays. */
const withoutComments = (text: string): string =>
  text.replace(
    /('(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\[^])*`)|\/\*[^]*?\*\/|\/\/.*/g,
    (_found, quoted: string | undefined) => quoted ?? ' ',
  );

/** What a module may read beside its imports. A word too many only costs its results their place in a cache. */
function moreIn(text: string, file: string): string | undefined {
  const code = withoutComments(text);
  for (const name of namesIn(code)) {
    if (isBuiltin(name)) {
      if (!PURE_BUILTINS.includes(name.replace(/^node:/, ''))) {
        return `what ${name} gives it`;
      }
    } else if (resolveImport(file, name) === undefined) {
      return `${name}, which is not found`;
    }
  }
  return READS_MORE.find(([, pattern]) => pattern.test(code))?.[0];
}

function readPackage(folder: string): Module {
  const manifest = path.join(folder, 'package.json');
  const hash = createHash('sha256');
  const more: string[] = [];
  for (const name of packageFiles(folder)) {
    const file = path.join(folder, name);
    const contents = fs.readFileSync(file);
    hash.update(`${name}\n${contents.length}\n`).update(contents);
    if (/\.[cm]?js$/.test(name)) {
      more.push(...[moreIn(contents.toString('utf8'), file)].filter((each) => each !== undefined));
    }
  }
  const imports = dependenciesIn(manifest).flatMap((name) => resolveImport(manifest, name) ?? []);
  return { content: hash.digest('hex'), imports, more: more[0] };
}

/** Of a manifest that is broken none: it is hashed as it is, and whoever needs it will say so. */
function dependenciesIn(manifest: string): string[] {
  try {
    const { dependencies } = JSON.parse(readIfThere(manifest) ?? '{}') as { dependencies?: object };
    return Object.keys(dependencies ?? {});
  } catch {
    return [];
  }
}

/** Every file of a package but those of packages within it, sorted. */
function packageFiles(folder: string): string[] {
  return (fs.readdirSync(folder, { recursive: true }) as string[])
    .filter((name) => !name.split(path.sep).includes('node_modules') && isFile(path.join(folder, name)))
    .sort();
}

function resolveImport(from: string, name: string): string | undefined {
  if (name.startsWith('.') || path.isAbsolute(name)) {
    const target = path.resolve(path.dirname(from), name);
    return ENDINGS.map((ending) => target + ending).find(isFile);
  }
  if (isBuiltin(name)) {
    return undefined;
  }
  if (name === SELF) {
    return ENDINGS.map((ending) => OWN_FACE + ending).find(isFile);
  }
  const packageName = name.split('/', name.startsWith('@') ? 2 : 1).join('/');
  for (let folder = path.dirname(from); ; folder = path.dirname(folder)) {
    const candidate = path.join(folder, 'node_modules', packageName);
    if (fs.existsSync(path.join(candidate, 'package.json'))) {
      return candidate;
    }
    if (folder === path.dirname(folder)) {
      return undefined;
    }
  }
}

function isFile(file: string): boolean {
  return fs.statSync(file, { throwIfNoEntry: false })?.isFile() ?? false;
}

function readIfThere(file: string): string | undefined {
  return isFile(file) ? fs.readFileSync(file, 'utf8') : undefined;
}
