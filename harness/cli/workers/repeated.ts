import { lineOutside } from '../../../traces/ground/line-outside';
import type { Trace } from '../../../traces/trace';
import { expectDeterministic, NotDeterministic } from '../../metrics/repetition';
import type { ReallocPolicy } from '../../replay/operations';
import type { MakeStack } from '../../replay/payload-writer';
import type { Registries } from '../../results/cell';
import { replaceChance } from '../names/chance';
import { isScript } from '../names/registries';
import type { EngineChoice } from '../options/engine-options';

/** Engines that users bring, held to do the same again; and where one that does not asks for chance or the time. */

/** Runs `action`; an engine that does otherwise in it the second time is told with lines that may lead to it. */
export async function tellingChance<T>(action: () => Promise<T>): Promise<T> {
  const lines = new Map<string, string>();
  const restore = replaceChance((name, original) => () => {
    noteAsking(name, lines);
    return original();
  });
  try {
    return await action();
  } catch (error) {
    if (error instanceof NotDeterministic && lines.size > 0) {
      const places = [...lines].map(([name, line]) => `${name} (${line})`);
      throw new NotDeterministic(`${error.message}; it asks ${places.join(' and ')}`);
    }
    throw error;
  } finally {
    restore();
  }
}

/** The first line outside of this program that asks. */
function noteAsking(name: string, lines: Map<string, string>): void {
  if (lines.has(name)) {
    return;
  }
  // Behind the message the lines of this function, of the one that was put in place, and of who asks.
  const [, , , asking = ''] = (new Error().stack ?? '').split('\n');
  const line = lineOutside(asking);
  if (line !== undefined) {
    lines.set(name, line);
  }
}

/**
 * Where the engine is JavaScript that is none of ours, replays the trace twice before anything is made of it. Rejects
 * with `NotDeterministic`.
 */
export async function expectRepeatable(
  trace: Trace,
  { name, options }: EngineChoice,
  createStack: MakeStack,
  registries: Registries,
  realloc?: ReallocPolicy,
): Promise<void> {
  if (isScript(name, options, registries)) {
    const replay = realloc === undefined ? {} : { realloc };
    await tellingChance(() => expectDeterministic({ trace, createStack, replay }));
  }
}
