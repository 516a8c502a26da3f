import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { loadEngine } from '../../harness/cli/names/load-engine';
import { checkConformance } from '../../harness/conformance/conformance';
import { PAGE_BYTES } from '../../harness/machine/memory-layout';
import { replay } from '../../harness/replay/replay';
import { createStack } from '../../harness/replay/stack';
import { traceFromSpecification } from '../../traces/synthesizers/registry';

/** What `allocators/README.md` shows is run here, outside of the project, as its reader would. */

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'allocators-readme-'));
process.on('exit', () => fs.rmSync(folder, { recursive: true, force: true }));

const readme = fs.readFileSync(path.join(__dirname, '../../allocators/README.md'), 'utf8');

function codeBlock(language: string): string {
  const blocks = [...readme.matchAll(/^```(\w+)\n(.*?)^```/gms)].filter(([, name]) => name === language);
  assert.is(blocks.length, 1, `one block of ${language}`);
  return blocks[0]![2]!;
}

const own = suite('the engine in the README');

const file = path.join(folder, 'my-engine.ts');
fs.writeFileSync(file, codeBlock('ts'));

own('is loaded and passes conformance', () => {
  const definition = loadEngine(file);
  const report = checkConformance({ definition, options: {}, engineNamed: () => definition });
  const failed = report.results.filter(({ outcome }) => outcome.kind === 'failed');
  assert.equal(failed, []);
  assert.is(report.damage!.silent, 0);
});

own('replays a trace', async () => {
  const definition = loadEngine(file);
  const options = { heapPages: 4096, virtualPages: 1 };
  const stack = createStack(definition, {}, options, () => definition);
  const report = await replay(traceFromSpecification('synth:near-page-storm?live=100&ops=500'), stack, []);
  assert.equal(report.outcome, { kind: 'ok', failedAllocations: 0, firstFailureIndex: undefined });
  assert.is(stack.machine.ledger.heldBytes, report.liveObjectsAtEnd * PAGE_BYTES);
});

own.run();

const driver = suite('the C driver in the README');

const hasCompiler = spawnSync('cc', ['--version']).status === 0;

driver(`writes placements of the real malloc${hasCompiler ? '' : ' (no C compiler here)'}`, () => {
  const source = path.join(folder, 'placements.c');
  fs.writeFileSync(source, codeBlock('c'));
  if (!hasCompiler) {
    return;
  }
  const program = path.join(folder, 'placements');
  const compiled = spawnSync('cc', ['-O2', '-o', program, source], { encoding: 'utf8' });
  assert.is(compiled.status, 0, compiled.stderr);
  const rows = [
    'alloc,1,100,0',
    'alloc,2,24,0',
    'free,1,0,0',
    'realloc,2,5000,0',
    'alloc,1,7,0',
    'free,2,0,0',
  ];
  const input = `op,id,size,align\n${rows.join('\n')}\n`;
  const { status, stdout } = spawnSync(program, { input, encoding: 'utf8' });
  assert.is(status, 0);
  const lines = stdout.trimEnd().split('\n');
  assert.is(lines[0], 'index,op,id,offset');
  lines.slice(1).forEach((line, index) => {
    const [op, id] = rows[index]!.split(',');
    const offset = op === 'free' ? '-' : '0x[0-9a-f]+';
    assert.match(line, new RegExp(`^${index},${op},${id},${offset}$`));
  });
  assert.is(lines.length, rows.length + 1);
  const refused = spawnSync(program, { input: 'op,id,size,align\nalloc,1,8,64\n', encoding: 'utf8' });
  assert.is(refused.status, 2);
  assert.match(refused.stderr, 'cannot perform alloc,1,8,64');
});

driver.run();
