import { test } from 'uvu';
import * as path from 'node:path';
import { loadEngine } from '../../../harness/cli/names/load-engine';
import { churn } from '../../../traces/synthesizers/churn';
import { synthesizedTrace } from '../../../traces/synthesizers/synthesizer';
import { countRun } from '../../fidelity/storm-replay';
import { inFolder } from '../cli/command';
import { assertWithinLimits } from './costs';
import { buildNative, missingTools, nativeCounts, nativeEvents, VERBS } from './native/valgrind';

/**
 * The same engine in C built by gcc and run under valgrind, and through WebAssembly, over one trace. Instruction
 * weights were fitted to the first two; the others say whether they are any allocator's.
 */

const ENGINES = ['first-fit', 'tlsf', 'buddy', 'slabs'];

const trace = synthesizedTrace(churn, { live: 300, ops: 600 }, 1);
const missing = missingTools();

for (const name of ENGINES) {
  const run = missing.length > 0 ? test.skip : test;
  run(`${name}.c works alike natively and through WebAssembly${missing.map((tool) => `; no ${tool}`)}`, () =>
    inFolder(async (folder) => {
      const native = await nativeCounts(buildNative(name, folder), await nativeEvents(trace));
      const compiled = await countRun({
        engine: name,
        definition: loadEngine(path.join(__dirname, 'native', `${name}.c`)),
        heapPages: 1 << 16,
        trace,
        phase: () => 'all',
        freesNull: false,
      });
      for (const verb of VERBS) {
        assertWithinLimits(compiled.get(`all ${verb}`)!, native[verb], `${name} ${verb}`);
      }
    }),
  );
}

test.run();
