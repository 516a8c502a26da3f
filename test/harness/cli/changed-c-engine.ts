import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { runCli } from './command';
import { inRepository } from './engine-repository';

const OURS = join(__dirname, '../../../allocators/c');
const ENGINE = 'first-fit.engine.yaml';

/** Blocks of different sizes, some freed and taken again. */
const ROWS = [
  ...Array.from({ length: 12 }, (_, id) => `alloc,${id},${200 + 150 * id},0`),
  ...[1, 4, 7].map((id) => `free,${id},0,0`),
  ...Array.from({ length: 8 }, (_, id) => `alloc,${100 + id},${90 + 100 * id},0`),
];

/** Compares first-fit as it is with a change of it. */
export function inChanged(
  change: (source: string) => string,
  action: (stdout: string) => void,
  format = 'text',
): Promise<void> {
  return inRepository(
    async (folder) => {
      const source = readFileSync(join(OURS, 'first-fit.c'), 'utf8');
      rmSync(join(folder, 'engine.js'));
      writeFileSync(join(folder, ENGINE), readFileSync(join(OURS, ENGINE)));
      writeFileSync(join(folder, 'first-fit.c'), change(source));
      writeFileSync(join(folder, 'trace.csv'), `op,id,size,align\n${ROWS.join('\n')}\n`);
      const run = await runCli(
        'compare',
        '--base-ref',
        'HEAD',
        '-a',
        `./${ENGINE}`,
        'trace.csv',
        '-p',
        'zen4-2022',
        '--format',
        format,
      );
      assert.ok(run.code === 0 || run.code === 3, run.stderr);
      action(run.stdout);
    },
    { [ENGINE]: join(OURS, ENGINE), 'first-fit.c': join(OURS, 'first-fit.c') },
  );
}

export function replaced(pattern: string, by: string): (source: string) => string {
  return (source) => {
    assert.ok(source.includes(pattern), pattern);
    return source.replaceAll(pattern, by);
  };
}
