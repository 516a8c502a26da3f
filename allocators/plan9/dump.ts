import { pointerText, type PoolContext } from './context';
import { MAGIC } from './layout';
import { FIELD } from './pool-object';

/**
 * Prints a line for the pool, a line a block (arena headers too, tails not), and an empty one after every arena. A
 * pool that is corrupt can be dumped, so nothing is checked on the way.
 */
export function dumpPool(context: PoolContext): void {
  const { words, layout, pool } = context;
  context.print('pool POOL ref');
  for (let arena = pool.load(FIELD.arenas); arena !== 0;) {
    let block = arena;
    let magic = words.chase(block);
    do {
      const size = words.load(block + layout.wordBytes);
      context.print(`(${pointerText(block)} ${magic.toString(16).padStart(8, '0')} ${size})`);
      block = context.address(block + words.peekDisplacement(block + layout.wordBytes));
      magic = words.chase(block);
    } while (magic !== MAGIC.arenaTail);
    context.print('');
    arena = words.loadPointer(arena + layout.arenaDown);
  }
}
