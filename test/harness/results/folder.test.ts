import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { makeFolder, tryFolder } from '../../../harness/results/folder';

const test = suite('results: folder');

test('a folder is made with those above it, and the uppermost new one is named', () => {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), 'alloc-replay-'));
  try {
    assert.is(makeFolder(root), undefined);
    assert.is(makeFolder(path.join(root, 'a/b/c/')), path.join(root, 'a'));
    assert.is(makeFolder(path.join(root, 'a/b/d')), path.join(root, 'a/b/d'));
    assert.ok(fs.statSync(path.join(root, 'a/b/c')).isDirectory());
    fs.writeFileSync(path.join(root, 'file'), '');
    assert.throws(() => makeFolder(path.join(root, 'file')), /EEXIST/);
    assert.throws(() => makeFolder(path.join(root, 'file/x')), /EEXIST|ENOTDIR/);
  } finally {
    fs.rmSync(root, { recursive: true });
  }
});

test('whether a folder can be written to is tried where it is or will be, and nothing stays', () => {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), 'alloc-replay-'));
  try {
    tryFolder(root);
    tryFolder(path.join(root, 'a/b/c'));
    assert.equal(fs.readdirSync(root), []);
    fs.writeFileSync(path.join(root, 'file'), '');
    assert.throws(() => tryFolder(path.join(root, 'file')), /ENOTDIR/);
    assert.throws(() => tryFolder(path.join(root, 'file/x/y')), /ENOTDIR/);
  } finally {
    fs.rmSync(root, { recursive: true });
  }
});

test.run();
