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
    for (let magic = words.chase(block); magic !== MAGIC.arenaTail; magic = words.chase(block)) {
      const size = block + layout.wordBytes;
      words.load(size);
      const magicText = words.peekExactly(block).toString(16).padStart(8, '0');
      context.print(`(${pointerText(block)} ${magicText} ${words.peekExactly(size)})`);
      block = context.address(block + words.peekDisplacement(size));
    }
    context.print('');
    arena = words.loadPointer(arena + layout.arenaDown);
  }
}
