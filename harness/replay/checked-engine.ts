import { HeapCorruption } from '../machine/failures';
import type { Block, Engine, EngineDefinition } from './port';

/**
 * An engine of somebody else's, whose words are checked where they come in: a number that is none would travel on
 * through sums and pictures, far from where it was said. Placements are checked by the operations that ask for them.
 */
export function checkedDefinition(definition: EngineDefinition): EngineDefinition {
  return {
    ...definition,
    create: (machine, options, engineNamed) => checked(definition.create(machine, options, engineNamed)),
  };
}

function checked(engine: Engine): Engine {
  return {
    // Verbs are called on the engine itself, whatever it keeps in fields, prototypes or closures.
    ...boundVerbs(engine),
    blockAt: (object, sizeBytes, align) => {
      const block: unknown = engine.blockAt(object, sizeBytes, align);
      return block === undefined ? undefined : expectBlock(block);
    },
    walk: (visit) =>
      engine.walk((address, bytes, state) => {
        expectCount('walk', 'an address', address);
        expectCount('walk', 'bytes', bytes);
        visit(address, bytes, state);
      }),
    ...(engine.usableSize !== undefined && {
      usableSize: (object) => expectCount('usableSize', 'bytes', engine.usableSize!(object)),
    }),
    ...(engine.translate !== undefined && {
      translate: (address) => expectCount('translate', 'an address', engine.translate!(address)),
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
    return typeof verb === 'function' ? [[name, verb.bind(engine) as unknown] as const] : [];
  });
  return {
    ...Object.fromEntries(bound),
    ...(engine.scopes !== undefined && { scopes: engine.scopes }),
  } as unknown as Engine;
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
    const shown = Number.isFinite(value) ? String(value) : `of type ${typeof value}`;
    throw new HeapCorruption(undefined, `${verb} said ${what} ${shown}, which is no whole number of bytes`);
  }
  return value;
}
