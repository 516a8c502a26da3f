import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import * as ts from 'typescript';
import { PartialFile, removeAbandoned, writeWholeFile } from '../../../traces/output/whole-file';
import { inTemporaryFolder } from '../formats/temporary-folder';

const TRACES = path.join(__dirname, '..', '..', '..', 'traces');
const compiled = fs.mkdtempSync(path.join(os.tmpdir(), 'alloc-replay-'));
const MODULE = path.join(compiled, 'output', 'whole-file.js');

test.before(() => {
  fs.mkdirSync(path.dirname(MODULE));
  for (const name of ['input-error', 'output/ending', 'output/whole-file']) {
    const source = fs.readFileSync(path.join(TRACES, `${name}.ts`), 'utf8');
    const { outputText } = ts.transpileModule(source, {
      compilerOptions: { module: ts.ModuleKind.CommonJS },
    });
    fs.writeFileSync(path.join(compiled, `${name}.js`), outputText);
  }
});
test.after(() => fs.rmSync(compiled, { recursive: true }));

/** A process that runs `script` with the module as `whole`, and says `ready` when it wants to be waited for. */
function start(script: string): ChildProcess {
  const code = `const whole = require(${JSON.stringify(MODULE)}); const fs = require('node:fs'); ${script}`;
  return spawn(process.execPath, ['-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

test('links are followed to their target, which may be still to be made', () =>
  inTemporaryFolder(async (folder) => {
    fs.mkdirSync(path.join(folder, 'far'));
    fs.symlinkSync('far/target', path.join(folder, 'link'));
    writeWholeFile(path.join(folder, 'link'), 'first');
    writeWholeFile(path.join(folder, 'link'), 'second');
    assert.is(fs.readFileSync(path.join(folder, 'far', 'target'), 'utf8'), 'second');
    assert.ok(fs.lstatSync(path.join(folder, 'link')).isSymbolicLink());
    assert.equal(fs.readdirSync(folder).sort(), ['far', 'link']);
    fs.symlinkSync('circle', path.join(folder, 'circle'));
    assert.throws(() => writeWholeFile(path.join(folder, 'circle'), 'x'), 'too many symbolic links');
  }));

test('a pipe is written to and stays one', () =>
  inTemporaryFolder(async (folder) => {
    const pipe = path.join(folder, 'pipe');
    assert.is(spawnSync('mkfifo', [pipe]).status, 0);
    const reader = spawn('cat', [pipe]);
    const got: Buffer[] = [];
    reader.stdout.on('data', (bytes: Buffer) => got.push(bytes));
    writeWholeFile(pipe, 'through the pipe');
    await once(reader, 'close');
    assert.is(Buffer.concat(got).toString(), 'through the pipe');
    assert.ok(fs.lstatSync(pipe).isFIFO());
  }));

test('a full device is one line', () => {
  if (!fs.existsSync('/dev/full')) {
    return;
  }
  assert.throws(() => writeWholeFile('/dev/full', 'x'), /^\/dev\/full: no space left on device; expected/);
  assert.ok(fs.statSync('/dev/full').isCharacterDevice());
});

test('names as long as the file system allows can be written, longer ones are refused', () =>
  inTemporaryFolder(async (folder) => {
    writeWholeFile(path.join(folder, 'n'.repeat(255)), 'x');
    assert.equal(fs.readdirSync(folder), ['n'.repeat(255)]);
    assert.throws(() => writeWholeFile(path.join(folder, 'n'.repeat(256)), 'x'), /name too long/);
    assert.equal(fs.readdirSync(folder).length, 1);
  }));

test('a file keeps the permissions that it had', () =>
  inTemporaryFolder(async (folder) => {
    const file = path.join(folder, 'private');
    fs.writeFileSync(file, 'x', { mode: 0o600 });
    writeWholeFile(file, 'y');
    assert.is(fs.statSync(file).mode & 0o777, 0o600);
  }));

test('a planted link of a temporary name is not followed', () =>
  inTemporaryFolder(async (folder) => {
    const [name] = partialNames(folder);
    const victim = path.join(folder, 'victim');
    fs.writeFileSync(victim, 'untouched');
    fs.symlinkSync(victim, path.join(folder, name!));
    writeWholeFile(path.join(folder, 'x'), 'ours');
    assert.is(fs.readFileSync(victim, 'utf8'), 'untouched');
    assert.is(fs.readFileSync(path.join(folder, 'x'), 'utf8'), 'ours');
  }));

/** What the names of this process's partial files in a folder would be. */
function partialNames(folder: string): string[] {
  const file = PartialFile.in(folder);
  const names = fs.readdirSync(folder).filter((name) => name.endsWith('.partial'));
  file.discard();
  return names;
}

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
  test(`${signal} takes away what is unfinished, and ends the process by itself`, () =>
    inTemporaryFolder(async (folder) => {
      const child = start(`
        const file = whole.PartialFile.at(${JSON.stringify(path.join(folder, 'x'))});
        file.write(Buffer.from('half'));
        console.log('ready');
        setInterval(() => undefined, 1000);`);
      await once(child.stdout!, 'data');
      assert.is(fs.readdirSync(folder).length, 1);
      child.kill(signal);
      const [, by] = (await once(child, 'exit')) as [number | null, string];
      assert.is(by, signal);
      assert.equal(fs.readdirSync(folder), []);
    }));
}

test('a signal that comes while a file is written is obeyed when it is', () =>
  inTemporaryFolder(async (folder) => {
    const target = JSON.stringify(path.join(folder, 'x'));
    const child = start(`
      const file = whole.PartialFile.at(${target});
      console.log('ready');
      setImmediate(() => {
        process.kill(process.pid, 'SIGTERM');
        file.commit();
      });
      setInterval(() => undefined, 1000);`);
    const [, by] = (await once(child, 'exit')) as [number | null, string];
    assert.is(by, 'SIGTERM');
    assert.equal(fs.readdirSync(folder), ['x']);
  }));

test('what a killed process left is taken away by the next, and what a running one writes is not', () =>
  inTemporaryFolder(async (folder) => {
    const child = start(`
      whole.PartialFile.in(${JSON.stringify(folder)});
      console.log('ready');
      setInterval(() => undefined, 1000);`);
    await once(child.stdout!, 'data');
    removeAbandoned(folder);
    assert.is(fs.readdirSync(folder).length, 1);
    child.kill('SIGKILL');
    await once(child, 'exit');
    writeWholeFile(path.join(folder, 'x'), 'next');
    assert.equal(fs.readdirSync(folder), ['x']);
  }));

test('what a writer of another host left is taken away after a day', () =>
  inTemporaryFolder(async (folder) => {
    const [old, young] = ['1', '2'].map((number) =>
      path.join(folder, `.alloc-replay-00000000-1-${number}.partial`),
    ) as [string, string];
    fs.writeFileSync(old, '');
    fs.writeFileSync(young, '');
    const daysAgo = (days: number) => new Date(fs.statSync(young).mtimeMs - days * 86_400_000);
    fs.utimesSync(old, daysAgo(2), daysAgo(2));
    removeAbandoned(folder);
    assert.equal(fs.readdirSync(folder), [path.basename(young)]);
  }));

for (const writers of [2, 6]) {
  test(`of ${writers} writers every read is of a whole file`, () =>
    inTemporaryFolder(async (folder) => {
      const target = path.join(folder, 'contested');
      const children = Array.from({ length: writers }, (_, index) =>
        start(`
          const letter = ${JSON.stringify('abcdef'[index])};
          for (let round = 0; round < 10; round++) {
            whole.writeWholeFile(${JSON.stringify(target)}, letter.repeat(300000 + round));
          }`),
      );
      const ends = Promise.all(children.map((child) => once(child, 'exit')));
      let running = true;
      void ends.then(() => (running = false));
      const torn: string[] = [];
      let reads = 0;
      while (running) {
        const text = fs.existsSync(target) ? fs.readFileSync(target, 'utf8') : undefined;
        if (text !== undefined) {
          reads++;
          const isWhole = text.length >= 300_000 && text === text[0]!.repeat(text.length);
          if (!isWhole) {
            torn.push(`${text.length} characters from ${text[0]}`);
          }
        }
        await new Promise(setImmediate);
      }
      assert.equal(torn, []);
      assert.ok(reads > 0);
      assert.equal((await ends).flat(), Array.from({ length: writers }, () => [0, null]).flat());
      assert.equal(fs.readdirSync(folder), ['contested']);
    }));
}

test.run();
