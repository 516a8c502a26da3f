/** Where JavaScript gets chance and the time from, by name, and where it is kept. */
const SOURCES: readonly (readonly [name: string, owner: object, verb: string])[] = [
  ['Math.random', Math, 'random'],
  ['Date.now', Date, 'now'],
  ['performance.now', performance, 'now'],
];

type Asked = Record<string, () => number>;

/** Puts something else in the place of each source; returns what puts the sources back. */
export function replaceChance(replaced: (name: string, original: () => number) => () => number): () => void {
  const restores = SOURCES.map(([name, owner, verb]) => {
    const original = (owner as Asked)[verb]!;
    (owner as Asked)[verb] = replaced(name, () => original.call(owner));
    return () => void ((owner as Asked)[verb] = original);
  });
  return () => restores.forEach((restore) => restore());
}
