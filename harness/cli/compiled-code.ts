import { readFileSync, statSync } from 'node:fs';
import { createRequire, isBuiltin, Module } from 'node:module';
import * as path from 'node:path';
import { constants, Script } from 'node:vm';

/**
 * The program's modules as V8 compiled them when the program was built, packages that it uses included: one file beside
 * the code, which `.ci/compile-code.js` writes after it has run the program once. To find, read and compile three
 * hundred modules takes half of the time of a short run.
 *
 * Nothing depends on it. A module that was changed since is read as it is now, and another Node than the one that built
 * it reads all of them as if the file were not there. Like what tsc keeps of a build it stays where it was made: it is
 * not published.
 */

const COMPILED_FILE = path.join(__dirname, '../../.compiled');

/** What lies here is the program's own; all else are packages. */
export const OWN_FOLDER = path.join(__dirname, '../..') + path.sep;
const isOwn = (file: string): boolean => file.startsWith(OWN_FOLDER);

/** What Node puts around the text of a module. */
const WRAPPER = ['(function (exports, require, module, __filename, __dirname) { ', '\n})'] as const;
type Wrapped = (
  exports: unknown,
  require: NodeJS.Require,
  module: Module,
  filename: string,
  dirname: string,
) => void;

/** Where modules come from: a file of them, or whoever compiles them for such a file. */
export interface ModuleStore {
  /** The file that `request` leads to from a module of the store, if the store has it. */
  resolve(from: string, request: string): string | undefined;
  /** Undefined where the store has none, or none that is up to date. */
  scriptOf(file: string): Script | undefined;
}

/** What the file of compiled modules begins with, as JSON. */
export interface CompiledHeader {
  /** Whose V8 compiled. */
  readonly node: string;
  /** Where the program lay; files are named by whole paths, as stack traces show them. */
  readonly folder: string;
  readonly modules: readonly CompiledModule[];
  /** Where requests for packages lead, by the module that asks; those of the program's own are alike. */
  readonly packages: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** Where one of them stands, counted from the end of the header, and the file that it was made of. */
export interface CompiledModule {
  readonly file: string;
  readonly modifiedMilliseconds: number;
  readonly fileBytes: number;
  readonly textAt: number;
  readonly textBytes: number;
  readonly codeAt: number;
  readonly codeBytes: number;
}

export const scriptOfText = (file: string, text: string, cachedData?: Buffer): Script =>
  new Script(WRAPPER.join(text), {
    filename: file,
    columnOffset: -WRAPPER[0].length,
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    ...(cachedData && { cachedData }),
  });

/** The module beside this one that `request` names: out of the file of compiled ones, where the build left one. */
export function requireCompiled(request: string): unknown {
  const store = CompiledCode.from(COMPILED_FILE);
  return store === undefined
    ? createRequire(__filename)(request)
    : new ModuleReader(store).read(path.join(__dirname, `${request}.js`));
}

/** Does with the modules of a store what Node's `require` does with files, and leaves all others to that. */
export class ModuleReader {
  constructor(private readonly store: ModuleStore) {}

  /** What a module of the store exports. Node knows it under its file like those that it has read itself. */
  read(file: string): unknown {
    const known = require.cache[file];
    if (known !== undefined) {
      return known.exports;
    }
    const script = this.store.scriptOf(file);
    if (script === undefined) {
      return createRequire(__filename)(file);
    }
    const module = new Module(file);
    module.filename = file;
    module.require = this.requireFrom(file);
    require.cache[file] = module;
    try {
      const body = script.runInThisContext() as Wrapped;
      body.call(
        module.exports,
        module.exports,
        module.require as NodeJS.Require,
        module,
        file,
        path.dirname(file),
      );
    } catch (error) {
      delete require.cache[file];
      throw error;
    }
    module.loaded = true;
    return module.exports;
  }

  private requireFrom(file: string): NodeJS.Require {
    const read = (request: string): unknown => {
      if (isBuiltin(request)) {
        return module.require(request);
      }
      const target = this.store.resolve(file, request);
      return target === undefined ? createRequire(file)(request) : this.read(target);
    };
    const { cache, extensions, main } = require;
    return Object.defineProperty(Object.assign(read, { cache, extensions, main }), 'resolve', {
      get: () => createRequire(file).resolve,
    }) as unknown as NodeJS.Require;
  }
}

const ENDINGS = ['', '.js', '/index.js'];

/** What the build compiled, and of the program's own modules also those that it did not, or that have changed since. */
class CompiledCode implements ModuleStore {
  private readonly modules: ReadonlyMap<string, CompiledModule>;

  private constructor(
    private readonly header: CompiledHeader,
    private readonly contents: Buffer,
  ) {
    this.modules = new Map(header.modules.map((each) => [each.file, each]));
  }

  /** Undefined where there is no such file, or another Node's. */
  static from(file: string): CompiledCode | undefined {
    let bytes: Buffer;
    try {
      bytes = readFileSync(file);
    } catch {
      return undefined;
    }
    const contentsAt = bytes.readUInt32LE(0);
    const header = JSON.parse(bytes.toString('utf8', 4, contentsAt)) as CompiledHeader;
    return header.node === process.version && header.folder === OWN_FOLDER
      ? new CompiledCode(header, bytes.subarray(contentsAt))
      : undefined;
  }

  resolve(from: string, request: string): string | undefined {
    if (!request.startsWith('.')) {
      return this.header.packages[isOwn(from) ? OWN_FOLDER : from]?.[request];
    }
    const target = path.join(from, '..', request);
    const stored = ENDINGS.map((ending) => target + ending).find((file) => this.modules.has(file));
    return stored ?? (isOwn(from) ? ownModule(createRequire(from).resolve(request)) : undefined);
  }

  scriptOf(file: string): Script | undefined {
    const module = this.modules.get(file);
    if (module !== undefined && isUnchanged(module)) {
      const { textAt, textBytes, codeAt, codeBytes } = module;
      const text = this.contents.toString('utf8', textAt, textAt + textBytes);
      return scriptOfText(file, text, this.contents.subarray(codeAt, codeAt + codeBytes));
    }
    return isOwn(file) ? scriptOfText(file, readFileSync(file, 'utf8')) : undefined;
  }
}

const ownModule = (file: string): string | undefined =>
  isOwn(file) && file.endsWith('.js') ? file : undefined;

function isUnchanged({ file, modifiedMilliseconds, fileBytes }: CompiledModule): boolean {
  const found = statSync(file, { throwIfNoEntry: false });
  return found?.mtimeMs === modifiedMilliseconds && found.size === fileBytes;
}
