'use strict';
/*
 * Runs LLVM's tools, as `@yowasp/clang` packs them, one after the other over one tree of files: a process of its own,
 * because the compiler is itself WebAssembly that stays in memory, and because V8 starts it three times as fast with
 * options that nothing else should have. Reads a job as JSON from standard input, writes what came of it to file
 * descriptor 3, for the package tells of its own progress on the others:
 *
 *   { module, files: { path: base64 }, commands: [{ tool, arguments, stdinFrom? }], outputs: [path] }
 *   { texts: [text of each command], files: { path: base64 } }, { failed: index, text } or { crashed: index, text }
 *
 * `stdinFrom: { command, base, pattern }` feeds a command with the hexadecimal numbers that `pattern` finds in an
 * earlier one's text, a line each, counted from the number that `base` finds there.
 */
const { readFileSync, writeFileSync } = require('node:fs');
const { pathToFileURL } = require('node:url');

if (require.main === module) {
  main().then(
    (result) => writeFileSync(3, JSON.stringify(result)),
    (error) => {
      process.stderr.write(`${error && error.stack ? error.stack : error}\n`);
      process.exitCode = 1;
    },
  );
}

async function main() {
  const job = JSON.parse(readFileSync(0, 'utf8'));
  const llvm = await import(pathToFileURL(job.module).href);
  let tree = treeOf(job.files);
  const texts = [];
  for (const [index, command] of job.commands.entries()) {
    const ran = await run(llvm, command, tree, texts);
    if (ran.tree === undefined) {
      return { [ran.ending]: index, text: ran.text };
    }
    tree = ran.tree;
    texts.push(ran.text);
  }
  const files = {};
  for (const path of job.outputs) {
    files[path] = Buffer.from(fileOf(tree, path)).toString('base64');
  }
  return { texts, files };
}

async function run(llvm, { tool, arguments: argv, stdinFrom }, tree, texts) {
  const chunks = [];
  const collect = (bytes) => void (bytes && chunks.push(Buffer.from(bytes)));
  let input = stdinFrom ? Buffer.from(numbers(texts[stdinFrom.command], stdinFrom)) : Buffer.alloc(0);
  const options = {
    stdout: collect,
    stderr: collect,
    stdin: (length) => {
      const part = input.subarray(0, length);
      input = input.subarray(length);
      return part.length === 0 ? null : part;
    },
    fetchProgress: () => undefined,
  };
  const runner = /^clang/.test(tool) ? llvm.runClang : llvm.runLLVM;
  try {
    const result = await runner([tool, ...argv], tree, options);
    return { tree: result, text: Buffer.concat(chunks).toString() };
  } catch (error) {
    const text = Buffer.concat(chunks).toString();
    return error instanceof llvm.Exit
      ? { ending: 'failed', text }
      : { ending: 'crashed', text: `${text}\n${error}` };
  }
}

function numbers(text, { base, pattern }) {
  const from = parseInt(new RegExp(base, 'm').exec(text)?.[1] ?? '0', 16);
  const found = Array.from(
    text.matchAll(new RegExp(pattern, 'gm')),
    ([, digits]) => parseInt(digits, 16) - from,
  );
  return found.map((number) => `0x${number.toString(16)}\n`).join('');
}

module.exports = { numbers };

function treeOf(files) {
  const tree = {};
  for (const [path, content] of Object.entries(files)) {
    const names = path.split('/').filter((name) => name !== '');
    const last = names.pop();
    let folder = tree;
    for (const name of names) {
      folder = folder[name] ??= {};
    }
    folder[last] = new Uint8Array(Buffer.from(content, 'base64'));
  }
  return tree;
}

function fileOf(tree, path) {
  const found = path
    .split('/')
    .filter((name) => name !== '')
    .reduce((folder, name) => folder?.[name], tree);
  if (found === undefined) {
    throw new Error(`no ${path} came of it`);
  }
  return found;
}
