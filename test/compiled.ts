import * as fs from 'node:fs';
import { createRequire } from 'node:module';
import * as path from 'node:path';

/**
 * The project compiled into a folder of the test's own, without checking types: what tests run that start many
 * processes, or that tell theirs from all others by that folder.
 */

const ROOT = path.join(__dirname, '..');
const CODE = ['harness', 'allocators', 'traces', 'reports'];

const { codeOf } = createRequire(__filename)('../.ci/register.cjs') as { codeOf: (file: string) => string };

/** Compiles into `folder` and returns the `dist` in it. */
export function compileInto(folder: string): string {
  const dist = path.join(folder, 'dist');
  for (const top of CODE) {
    for (const entry of fs.readdirSync(path.join(ROOT, top), { recursive: true, withFileTypes: true })) {
      if (entry.isFile()) {
        const source = path.join(entry.parentPath, entry.name);
        placeCompiled(source, path.join(dist, path.relative(ROOT, source)));
      }
    }
  }
  fs.copyFileSync(path.join(ROOT, 'package.json'), path.join(folder, 'package.json'));
  fs.symlinkSync(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'), 'dir');
  return dist;
}

function placeCompiled(source: string, target: string): void {
  fs.mkdirSync(path.dirname(target), { recursive: true });
  if (/\.tsx?$/.test(source)) {
    fs.writeFileSync(target.replace(/\.tsx?$/, '.js'), codeOf(source));
  } else {
    fs.copyFileSync(source, target);
  }
}
