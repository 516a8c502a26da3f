'use strict';
/*
 * Keeps what V8 makes of the program's code: `node .ci/compile-code.js FOLDER`, the folder that was built. Runs the
 * program as users do, so that V8 has compiled what a run needs and nothing else, and writes all modules that were read
 * to one file, for `harness/cli/compiled-code.ts` to start from. Packages of ES modules are turned into CommonJS on the
 * way: Node reads those only one by one.
 */
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const { createRequire } = require('node:module');
const os = require('node:os');
const path = require('node:path');

const [, , folder, scratch] = process.argv;
const built = path.resolve(folder);
const { ModuleReader, OWN_FOLDER, scriptOfWrapped, wrapped } = require(
  path.join(built, 'harness/cli/compiled-code.js'),
);

const ENGINE_FILE = path.join(__dirname, '../allocators/c/tlsf.engine.yaml');
const RUN = ['run', 'synth:churn?live=10&ops=10', '-p', 'zen4-2022', '--out', 'out'];

/** The modules that are read, by their files. */
class CompilingStore {
  modules = new Map();

  resolve(from, request) {
    const file = createRequire(from).resolve(request);
    if (!/\.[cm]?js$/.test(file)) {
      return undefined;
    }
    this.modules.get(from).targets.push([request, file]);
    return file;
  }

  scriptOf(file) {
    const text = wrapped(commonJs(file));
    const script = scriptOfWrapped(file, text);
    this.modules.set(file, { text, script, targets: [] });
    return script;
  }

  write(target) {
    const numbers = new Map([...this.modules.keys()].map((file, number) => [file, number]));
    const parts = [];
    let length = 0;
    /** At a place that V8 can read code from without a copy. */
    const place = (bytes) => {
      const at = length;
      parts.push(aligned(bytes));
      length += parts.at(-1).length;
      return at;
    };
    const modules = [...this.modules].map(([file, { text, script, targets }]) => {
      const { mtimeMs: modifiedMilliseconds, size: fileBytes } = fs.statSync(file);
      const imports = Object.fromEntries(targets.map(([request, asked]) => [request, numbers.get(asked)]));
      const encoding = /[^\0-\xff]/.test(text) ? 'utf16le' : 'latin1';
      const bytes = Buffer.from(text, encoding);
      const code = script.createCachedData();
      const [textAt, textBytes, codeAt, codeBytes] = [place(bytes), bytes.length, place(code), code.length];
      return {
        ...{ file, modifiedMilliseconds, fileBytes, imports },
        ...{ encoding, textAt, textBytes, codeAt, codeBytes },
      };
    });
    const json = JSON.stringify({ node: process.version, folder: OWN_FOLDER, modules });
    const header = aligned(Buffer.from(`    ${json}`));
    header.writeUInt32LE(header.length);
    fs.writeFileSync(`${target}.new`, Buffer.concat([header, ...parts]));
    fs.renameSync(`${target}.new`, target);
  }
}

function aligned(bytes) {
  const padded = Buffer.alloc(Math.ceil(bytes.length / 8) * 8, ' ');
  bytes.copy(padded);
  return padded;
}

/** The text of a module, of an ES module what CommonJS says in its place. */
function commonJs(file) {
  const text = fs.readFileSync(file, 'utf8');
  if (!isEsModule(file)) {
    return text;
  }
  const { transform } = require('sucrase');
  return transform(text, { transforms: ['imports'], disableESTransforms: true, production: true }).code;
}

function isEsModule(file) {
  if (/\.[cm]js$/.test(file)) {
    return file.endsWith('.mjs');
  }
  let above = path.dirname(file);
  while (!fs.existsSync(path.join(above, 'package.json'))) {
    above = path.dirname(above);
  }
  return JSON.parse(fs.readFileSync(path.join(above, 'package.json'), 'utf8')).type === 'module';
}

/** An engine that never takes anything back: what runs the code for engines in WebAssembly without any compiler. */
const BUMP_ENGINE =
  'AGFzbQEAAAABFQRgAn9/AGACf38Bf2ADf39/AGAAAAIBAAMEAwABAgUDAQABByQDCGFyX3N0YXJ0AAALYXJfYWxsb2NhdGUA' +
  'AQdhcl9mcmVlAAIKMAMNAEGACCAAQRBqNgIACx0AQYAIKAIAQYAIQYAIKAIAIABBH2pBcHFqNgIACwIACw==';

async function compile() {
  const store = new CompilingStore();
  const reader = new ModuleReader(store);
  const { runCommandLine } = reader.read(path.join(built, 'harness/cli/command-line.js'));
  reader.read(path.join(built, 'harness/cli/program.js'));
  process.chdir(scratch);
  fs.writeFileSync('bump.wasm', Buffer.from(BUMP_ENGINE, 'base64'));
  // A description is read before the compiler is missed.
  await runCommandLine([...RUN, '-a', ENGINE_FILE, '--cc', path.join(scratch, 'no-compiler')]);
  for (const engine of ['xmalloc-tlsf', './bump.wasm']) {
    const code = await runCommandLine([...RUN, '-a', engine]);
    if (code !== 0) {
      throw new Error(`a run of ${engine} ended with ${code}`);
    }
  }
  store.write(path.join(built, '.compiled'));
}

if (scratch !== undefined) {
  void compile();
} else {
  const made = fs.mkdtempSync(path.join(os.tmpdir(), 'alloc-replay-'));
  const { status, stderr } = spawnSync(process.execPath, [__filename, folder, made], { encoding: 'utf8' });
  fs.rmSync(made, { recursive: true });
  if (status !== 0) {
    process.stderr.write(stderr);
    process.exit(1);
  }
}
