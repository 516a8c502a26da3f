import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readResults } from '../../../harness/results/results-file';
import { inFolder, runCli } from './command';

const test = suite('cli: --verify-payload');

/** Xen's TLSF, but for an error: what is freed as the 24 bytes of an event channel is zeroed too far. */
const SPOILING = `const { engineNamed } = require('alloc-replay');
const base = engineNamed('xmalloc-tlsf');
exports.engine = {
  ...base,
  name: 'spoiling',
  create(machine, options, named) {
    const engine = base.create(machine, options, named);
    const free = engine.free.bind(engine);
    engine.free = (object, bytes, align) => {
      free(object, bytes, align);
      if (bytes === 24) machine.store(object + 48, 0);
    };
    return engine;
  },
};
`;

const TRACE = `op,id,size,align
alloc,1,24,0
alloc,2,200,0
alloc,3,200,0
free,1,0,0
alloc,4,500,0
free,2,0,0
`;

const WRITTEN =
  /corrupt at operation 3 .*byte \d+ of live object 2 \(200 bytes at heap offset 0x[0-9a-f]+\) is 0x00, not 0x[0-9a-f]{2} as it was stored; noticed at operation 5 \(free\)/;

test('a run passes over what an engine writes into live objects unless it is told to look', () =>
  inFolder(async (folder) => {
    const engine = join(folder, 'spoiling.js');
    const trace = join(folder, 'trace.csv');
    writeFileSync(engine, SPOILING);
    writeFileSync(trace, TRACE);
    const blind = await runCli('run', trace, '-a', engine, '-p', 'flat');
    assert.is(blind.code, 0, blind.stderr);
    const seeing = await runCli('run', trace, '-a', engine, '-p', 'flat', '--verify-payload');
    assert.is(seeing.code, 1);
    assert.match(seeing.stdout, WRITTEN);
  }));

test('a suite says for a group or for all that it wants to look', () =>
  inFolder(async (folder) => {
    writeFileSync(join(folder, 'spoiling.js'), SPOILING);
    writeFileSync(join(folder, 'trace.csv'), TRACE);
    const group = (name: string, more: string) =>
      `  - group: ${name}\n    traces: [trace.csv]\n    engines: [./spoiling.js]\n    pricings: [flat]\n${more}`;
    const file = join(folder, 'a.suite.yaml');
    writeFileSync(
      file,
      `suite: a\ngroups:\n${group('blind', '')}${group('seeing', '    verify-payload: true\n')}`,
    );
    const out = join(folder, 'out');
    const { code, stderr } = await runCli('suite', file, '--out', out);
    assert.is(code, 1, stderr);
    const { replays } = readResults(join(out, 'results.json'));
    assert.equal(
      replays.map(({ outcome }) => outcome.kind),
      ['ok', 'corrupt'],
    );
    const { outcome } = replays[1]!;
    assert.is(outcome.kind === 'corrupt' && outcome.operation, 3);
  }));

test.run();
