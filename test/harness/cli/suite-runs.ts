import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Tiny suites, engines that misbehave, and what a run leaves behind. */

/** What Node is told to run our command line in a process of its own. */
export const COMMAND_LINE: readonly string[] = [
  '-r',
  join(__dirname, '../../../.ci/register.cjs'),
  join(__dirname, '../../../harness/cli/main.ts'),
];

const TINY = `suite: tiny
pricings: [flat, zen4-2022@cold]
heap-pages: 2000
virtual-pages: 0
groups:
  - group: all
    traces: ['synth:churn?live=10&ops=30', 'synth:adversary/robson?live=64&largest=8', 'synth:peaks?peaks=2&objects=20']
    engines: [xenheap-pages, xmalloc-tlsf-2008, textbook-first-fit]
`;

export const TINY_CELLS = 9;

/** A suite of one trace and these engines, which lie beside it. */
export function suiteOf(engines: readonly string[], more = ''): string {
  return `suite: some
pricings: [flat]
heap-pages: 2000
virtual-pages: 0
${more}groups:
  - group: all
    traces: ['synth:churn?live=10&ops=30']
    engines: [${engines.join(', ')}]
`;
}

export function writeSuite(folder: string, text = TINY): string {
  const file = join(folder, 'tiny.suite.yaml');
  writeFileSync(file, text);
  return file;
}

/** What the engine does before it allocates, as JavaScript; \`size\` may be changed. */
export function writeEngine(folder: string, name: string, before: string): string {
  const file = `./${name}.js`;
  writeFileSync(
    join(folder, file),
    `const { engineNamed } = require('alloc-replay');
const base = engineNamed('xmalloc-tlsf-2008');
exports.engine = {
  ...base,
  name: '${name}',
  create(machine, options, named) {
    const engine = base.create(machine, options, named);
    const allocate = engine.allocate.bind(engine);
    engine.allocate = (size, align) => {
      ${before}
      return allocate(size, align);
    };
    return engine;
  },
};
`,
  );
  return file;
}

/** sha256 of the files of a folder by name, of results without what is never compared. */
export function outputOf(folder: string): Record<string, string> {
  const names = readdirSync(folder).filter((name) => !/^results-\d+-\d+\.json$/.test(name));
  return Object.fromEntries(
    names.sort().map((name) => {
      const text = readFileSync(join(folder, name), 'utf8').replace(/\n {2}"environment"[\s\S]*/, '');
      return [name, createHash('sha256').update(text).digest('hex')];
    }),
  );
}
