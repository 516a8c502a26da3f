import { openSync, readFileSync, readSync, statSync } from 'node:fs';
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
}

/** The file that it was made of, and where it stands, counted from the end of the header. */
export interface CompiledModule {
  readonly file: string;
  readonly modifiedMilliseconds: number;
  readonly fileBytes: number;
  /** Where its requests lead: numbers of modules. */
  readonly imports: Readonly<Record<string, number>>;
  /** Of the text as it is compiled. Node reads UTF-8 ten times as slowly. */
  readonly encoding: 'latin1' | 'utf16le';
  readonly textAt: number;
  readonly textBytes: number;
  /** Behind the text. */
  readonly codeAt: number;
  readonly codeBytes: number;
}

/** The text of a module as it is compiled. */
export const wrapped = (text: string): string => WRAPPER.join(text);

export const scriptOfWrapped = (file: string, text: string, cachedData?: Buffer): Script =>
  new Script(text, {
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

/** What the build compiled, and of the program's own modules also those that it did not, or that have changed since. */
class CompiledCode implements ModuleStore {
  private readonly modules: ReadonlyMap<string, CompiledModule>;

  /** Holds one module at a time: no more of the file is wanted again. */
  private readonly buffer: Buffer;

  private constructor(
    private readonly descriptor: number,
    private readonly contentsAt: number,
    private readonly header: CompiledHeader,
  ) {
    this.modules = new Map(header.modules.map((each) => [each.file, each]));
    this.buffer = Buffer.allocUnsafeSlow(Math.max(...header.modules.map(bytesOf)));
  }

  /** Undefined where there is no such file, or another Node's. It stays open as long as the process runs. */
  static from(file: string): CompiledCode | undefined {
    let descriptor: number;
    try {
      descriptor = openSync(file, 'r');
    } catch {
      return undefined;
    }
    const length = Buffer.alloc(4);
    readSync(descriptor, length);
    const start = Buffer.alloc(length.readUInt32LE());
    readSync(descriptor, start, { position: 0 });
    const header = JSON.parse(start.toString('utf8', length.length)) as CompiledHeader;
    return header.node === process.version && header.folder === OWN_FOLDER
      ? new CompiledCode(descriptor, start.length, header)
      : undefined;
  }

  resolve(from: string, request: string): string | undefined {
    const known = this.modules.get(from)?.imports[request];
    if (known !== undefined) {
      return this.header.modules[known]!.file;
    }
    const file = createRequire(from).resolve(request);
    return this.modules.has(file) || (isOwn(file) && file.endsWith('.js')) ? file : undefined;
  }

  scriptOf(file: string): Script | undefined {
    const module = this.modules.get(file);
    if (module !== undefined && isUnchanged(module)) {
      const { buffer, descriptor, contentsAt } = this;
      const { encoding, textAt, textBytes, codeAt } = module;
      readSync(descriptor, buffer, { length: bytesOf(module), position: contentsAt + textAt });
      const text = buffer.toString(encoding, 0, textBytes);
      return scriptOfWrapped(file, text, buffer.subarray(codeAt - textAt, bytesOf(module)));
    }
    return isOwn(file) ? scriptOfWrapped(file, wrapped(readFileSync(file, 'utf8'))) : undefined;
  }
}

const bytesOf = ({ textAt, codeAt, codeBytes }: CompiledModule): number => codeAt - textAt + codeBytes;

function isUnchanged({ file, modifiedMilliseconds, fileBytes }: CompiledModule): boolean {
  const found = statSync(file, { throwIfNoEntry: false });
  return found?.mtimeMs === modifiedMilliseconds && found.size === fileBytes;
}
