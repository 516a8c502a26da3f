import * as ts from 'typescript';
import * as fs from 'node:fs';
import * as path from 'node:path';

/**
 * The project compiled into a folder of the test's own, as the build does it but without checking types: what tests
 * that start many processes run, because TypeScript would be read anew in every one of them.
 */

const ROOT = path.join(__dirname, '..');
const CODE = ['harness', 'allocators', 'traces', 'reports'];

/** Compiles into `folder` and returns the `dist` in it. */
export function compileInto(folder: string): string {
  const options = ts.parseJsonConfigFileContent(
    ts.readConfigFile(path.join(ROOT, 'tsconfig.json'), (file) => fs.readFileSync(file, 'utf8')).config,
    { ...ts.sys, readDirectory: () => [] },
    ROOT,
  ).options;
  const dist = path.join(folder, 'dist');
  for (const top of CODE) {
    for (const entry of fs.readdirSync(path.join(ROOT, top), { recursive: true, withFileTypes: true })) {
      if (entry.isFile()) {
        const source = path.join(entry.parentPath, entry.name);
        placeCompiled(source, path.join(dist, path.relative(ROOT, source)), options);
      }
    }
  }
  fs.copyFileSync(path.join(ROOT, 'package.json'), path.join(folder, 'package.json'));
  fs.symlinkSync(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'), 'dir');
  return dist;
}

function placeCompiled(source: string, target: string, options: ts.CompilerOptions): void {
  fs.mkdirSync(path.dirname(target), { recursive: true });
  if (!/\.tsx?$/.test(source)) {
    fs.copyFileSync(source, target);
    return;
  }
  const compilerOptions = { ...options, sourceMap: false, declaration: false };
  const { outputText } = ts.transpileModule(fs.readFileSync(source, 'utf8'), {
    fileName: source,
    compilerOptions,
  });
  fs.writeFileSync(target.replace(/\.tsx?$/, '.js'), outputText);
}
