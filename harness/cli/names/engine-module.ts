import Module, { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { transform } from 'sucrase';
import { UsageError } from '../../../traces/input-error';
import { PACKAGE_ROOT } from '../tool-version';
import { replaceChance } from './chance';

/**
 * Modules that users bring, in JavaScript or TypeScript. Whatever they import from `alloc-replay` is this very program,
 * wherever they lie, so that a `HeapCorruption` they throw is one of ours. Types are taken off by a stripper that comes
 * with this program: it works with every TypeScript or none, and the same on every Node, some of which strip types
 * themselves and then refuse what they cannot strip.
 */

const SELF = 'alloc-replay';

/** What a module exports, as one object. Throws a `UsageError` with the place of what keeps it from loading. */
export function requireModule(name: string, file: string): Readonly<Record<string, unknown>> {
  try {
    const load = () => requireFrom(path.dirname(file))(file) as unknown;
    const exported = withoutEnvironment(() => withoutChance(() => withSelf(() => withoutTypes(load))));
    return Object(exported) as Readonly<Record<string, unknown>>;
  } catch (error) {
    throw new UsageError({ where: placeOf(error, name), problem: `cannot be loaded: ${reasonOf(error)}` });
  }
}

/** What an engine is may follow from its code alone: on another host, and to the cache, it is the same. */
function withoutEnvironment<T>(action: () => T): T {
  const { env } = process;
  process.env = {};
  try {
    return action();
  } finally {
    process.env = env;
  }
}

/** Nor may it follow from chance or the hour: a table seeded at random is the same in every process. */
function withoutChance<T>(action: () => T): T {
  const restore = replaceChance((name) => () => (name === 'Math.random' ? 0.5 : 0));
  try {
    return action();
  } finally {
    restore();
  }
}

/** `createRequire` wants the name of a file in the folder to seek from; it need not exist. */
export function requireFrom(folder: string): NodeJS.Require {
  return createRequire(path.join(folder, 'engine'));
}

/** Node puts the line of a syntax error before the stack alone; the stripper puts it behind the message. */
function placeOf(error: unknown, name: string): string {
  const stripping = STRIPPER_MESSAGE.exec(messageOf(error))?.groups;
  if (stripping !== undefined) {
    const file = path.relative(process.cwd(), stripping['file']!);
    return `${file}:${stripping['place']!}`;
  }
  const line = error instanceof SyntaxError ? /^[^\n]*:(\d+)\n/.exec(error.stack ?? '')?.[1] : undefined;
  return line === undefined ? name : `${name}:${line}`;
}

const STRIPPER_MESSAGE = /^Error transforming (?<file>.*?): (?<reason>.*) \((?<place>\d+:\d+)\)$/;

/** The first line: behind it Node lists who required what. */
const reasonOf = (error: unknown): string =>
  STRIPPER_MESSAGE.exec(messageOf(error))?.groups?.['reason'] ?? messageOf(error);

const messageOf = (error: unknown): string =>
  String(error instanceof Error ? error.message : error).split('\n')[0]!;

type Loader = (module: Module, file: string) => void;

/** What `require` asks for loading a file: old, and the only hook that every Node has. */
const loaders = Module as unknown as { readonly _extensions: Record<string, Loader | undefined> };

const TYPED = ['.ts', '.mts', '.cts'];

/** Runs `action` while TypeScript is read as JavaScript; our own sources, where we run from them, stay as they are. */
function withoutTypes<T>(action: () => T): T {
  const before = TYPED.map((ending) => loaders._extensions[ending]);
  TYPED.forEach((ending, index) => {
    loaders._extensions[ending] = (module, file) => {
      const own = before[index];
      if (own !== undefined && isOwnSource(file)) {
        own(module, file);
      } else {
        (module as Module & { _compile(code: string, file: string): void })._compile(plainCode(file), file);
      }
    };
  });
  try {
    return action();
  } finally {
    TYPED.forEach((ending, index) => {
      const loader = before[index];
      if (loader === undefined) {
        delete loaders._extensions[ending];
      } else {
        loaders._extensions[ending] = loader;
      }
    });
  }
}

const isOwnSource = (file: string): boolean =>
  path.extname(__filename) === '.ts' && file.startsWith(path.join(PACKAGE_ROOT, path.sep));

function plainCode(file: string): string {
  const { code } = transform(readFileSync(file, 'utf8'), {
    filePath: file,
    transforms: ['typescript', 'imports'],
    disableESTransforms: true,
    preserveDynamicImport: true,
  });
  return code;
}

/** What `require` asks to turn a request into a file: not public, and the same in every Node since 0.x. */
interface Resolver {
  _resolveFilename(request: string, ...rest: unknown[]): string;
}

/** Runs `action` while requests for this package lead to this program. */
function withSelf<T>(action: () => T): T {
  const resolver = Module as unknown as Resolver;
  const original = resolver._resolveFilename;
  resolver._resolveFilename = function resolveSelf(this: unknown, request, ...rest) {
    return request === SELF ? require.resolve('../../index') : original.call(this, request, ...rest);
  };
  try {
    return action();
  } finally {
    resolver._resolveFilename = original;
  }
}
