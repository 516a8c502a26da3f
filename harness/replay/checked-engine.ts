import { InputError, UsageError } from '../../traces/input-error';
import { lineOutside } from '../../traces/ground/line-outside';
import type { Placement } from '../../traces/trace';
import { EscapedException, HeapCorruption, isEngineFailure } from '../machine/failures';
import type { Block, Engine, EngineDefinition } from './port';

/**
 * An engine of somebody else's, whose words are checked where they come in: a number that is none would travel on
 * through sums and pictures, far from where it was said, and an exception would end more than its replay. Placements
 * are checked by the operations that ask for them.
 */
export function checkedDefinition(definition: EngineDefinition): EngineDefinition {
  return {
    ...definition,
    isAllInMemory: false,
    create: caught('create', (machine, options, engineNamed) =>
      checked(definition.create(machine, options, engineNamed)),
    ),
  };
}

function checked(engine: Engine): Engine {
  return {
    // Verbs are called on the engine itself, whatever it keeps in fields, prototypes or closures.
    ...boundVerbs(engine),
    blockAt: caught('blockAt', (object, sizeBytes, align) => {
      const block: unknown = engine.blockAt(object, sizeBytes, align);
      return block === undefined ? undefined : expectBlock(block);
    }),
    walk: caught('walk', (visit) =>
      engine.walk((address, bytes, state) => {
        expectCount('walk', 'an address', address);
        expectCount('walk', 'bytes', bytes);
        visit(address, bytes, state);
      }),
    ),
    ...(engine.usableSize !== undefined && {
      usableSize: caught('usableSize', (object: Placement) =>
        expectCount('usableSize', 'bytes', engine.usableSize!(object)),
      ),
    }),
    ...(engine.translate !== undefined && {
      translate: caught('translate', (address: number) =>
        expectCount('translate', 'an address', engine.translate!(address)),
      ),
    }),
  };
}

const VERBS = [
  ...['start', 'allocate', 'free', 'reallocate', 'alignedAllocate', 'compact', 'watchMoves'],
  ...['poolCheck', 'dump', 'callSite', 'check'],
] as const;

function boundVerbs(engine: Engine): Engine {
  const verbs = engine as unknown as Readonly<Record<string, unknown>>;
  const bound = VERBS.flatMap((name) => {
    const verb = verbs[name];
    return typeof verb === 'function' ? [[name, caught(name, verb.bind(engine) as Verb)] as const] : [];
  });
  return {
    ...Object.fromEntries(bound),
    ...(engine.scopes !== undefined && { scopes: engine.scopes }),
  } as unknown as Engine;
}

type Verb = (...given: never[]) => unknown;

/** The verb, whose exceptions name it and the line of the engine that let them out. */
function caught<Given extends unknown[], Result>(
  name: string,
  verb: (...given: Given) => Result,
): (...given: Given) => Result {
  return (...given) => {
    try {
      return verb(...given);
    } catch (error) {
      const isTold = isEngineFailure(error) || error instanceof EscapedException;
      throw isTold || error instanceof InputError || error instanceof UsageError
        ? error
        : escaped(name, error);
    }
  };
}

function escaped(verb: string, error: unknown): EscapedException {
  const [said] = String(error).split('\n');
  const line = error instanceof Error ? lineOutside(error.stack ?? '') : undefined;
  return new EscapedException(`${said} (thrown in ${verb}${line === undefined ? '' : `, ${line}`})`);
}

function expectBlock(said: unknown): Block {
  const { start, bytes, headerBytes } = (said ?? {}) as Partial<Block>;
  return {
    start: expectCount('blockAt', 'start', start),
    bytes: expectCount('blockAt', 'bytes', bytes),
    headerBytes: expectCount('blockAt', 'headerBytes', headerBytes),
  };
}

function expectCount(verb: string, what: string, value: unknown): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
    const kind = typeof value === 'number' ? '(not finite)' : `(a ${typeof value})`;
    const shown = Number.isFinite(value) ? String(value) : kind;
    throw new HeapCorruption(undefined, `${verb} said ${what} ${shown}, which is no whole number of bytes`);
  }
  return value;
}
