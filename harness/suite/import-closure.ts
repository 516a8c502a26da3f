import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';

/**
 * The identity of code: a hash over a module and everything it imports, directly or not. It changes with every edit
 * that could change what the module does, and with no other. Imports are found in the text, sources and compiled code
 * alike; what is only a type is left out, for it is gone when the code runs. Of an installed package the name and
 * version stand for its contents.
 */

/** The module named by an `import … from`, `export … from`, `import()` or `require()`. */
const IMPORT =
  /(?:^|[\s;}])(?:import|export)\s+(?!type[\s{])[^'"`;()]*?from\s*['"]([^'"]+)['"]|(?:^|[\s;}])import\s*['"]([^'"]+)['"]|\b(?:require|import)\(\s*['"]([^'"]+)['"]\s*\)/g;

const ENDINGS = ['', '.ts', '.tsx', '.js', '.cjs', '.mjs', '.json', '/index.ts', '/index.js'];

interface Module {
  /** Hash of the text; of a package, its name and version. */
  readonly content: string;
  readonly imports: readonly string[];
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
  return { content: createHash('sha256').update(text).digest('hex'), imports: importsIn(text, file) };
}

/** The files, and the folders of packages, that a module imports. */
export function importsOf(file: string): string[] {
  return importsIn(readIfThere(file) ?? '', file);
}

function importsIn(text: string, file: string): string[] {
  return [...text.matchAll(IMPORT)].flatMap(([, from, bare, called]) => {
    const target = resolveImport(file, (from ?? bare ?? called)!);
    return target === undefined ? [] : [target];
  });
}

/** What a package needs itself is settled by its version and the lock file. */
function readPackage(folder: string): Module {
  const manifest = readIfThere(path.join(folder, 'package.json')) ?? '{}';
  const { name, version } = JSON.parse(manifest) as { name?: string; version?: string };
  return { content: `${name ?? path.basename(folder)}@${version ?? ''}`, imports: [] };
}

function resolveImport(from: string, name: string): string | undefined {
  if (name.startsWith('.') || path.isAbsolute(name)) {
    const target = path.resolve(path.dirname(from), name);
    return ENDINGS.map((ending) => target + ending).find(isFile);
  }
  if (name.startsWith('node:')) {
    return undefined;
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
