'use strict';
/*
 * Keeps what V8 makes of the program's code: `node .ci/compile-code.js FOLDER`, the folder that was built. Runs the
 * program as users do, so that V8 has compiled what a run needs and nothing else, and writes all modules that were read
 * to one file, for `harness/cli/compiled-code.ts` to start from. Packages of ES modules are turned into CommonJS on the
 * way: Node reads those only one by one.
 */
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const { createRequire, isBuiltin } = require('node:module');
const os = require('node:os');
const path = require('node:path');

const [, , folder, scratch] = process.argv;
const built = path.resolve(folder);
const { ModuleReader, OWN_FOLDER, scriptOfText } = require(path.join(built, 'harness/cli/compiled-code.js'));

const ENGINE_FILE = path.join(__dirname, '../allocators/c/tlsf.engine.yaml');
const RUN = ['run', 'synth:churn?live=10&ops=10', '-p', 'zen4-2022', '--out', 'out'];

/** The modules that are read, in the order in which they were asked for. */
class CompilingStore {
  scripts = new Map();
  packages = {};

  resolve(from, request) {
    if (isBuiltin(request)) {
      return undefined;
    }
    const file = createRequire(from).resolve(request);
    if (!/\.[cm]?js$/.test(file)) {
      return undefined;
    }
    if (!request.startsWith('.')) {
      const asker = from.startsWith(OWN_FOLDER) ? OWN_FOLDER : from;
      this.packages[asker] = { ...this.packages[asker], [request]: file };
    }
    return file;
  }

  scriptOf(file) {
    const text = commonJs(file);
    const script = scriptOfText(file, text);
    this.scripts.set(file, { text, script });
    return script;
  }

  /** Aligned, for V8 reads its own where it lies only then. */
  write(target) {
    const parts = [];
    let length = 0;
    const add = (bytes) => {
      const padded = Buffer.alloc(Math.ceil(bytes.length / 8) * 8, ' ');
      bytes.copy(padded);
      parts.push(padded);
      length += padded.length;
      return length - padded.length;
    };
    const modules = [...this.scripts].map(([file, { text, script }]) => {
      const { mtimeMs, size } = fs.statSync(file);
      const bytes = Buffer.from(text);
      const code = script.createCachedData();
      const textAt = add(bytes);
      const codeAt = add(code);
      return {
        ...{ file, modifiedMilliseconds: mtimeMs, fileBytes: size },
        ...{ textAt, textBytes: bytes.length, codeAt, codeBytes: code.length },
      };
    });
    const { packages } = this;
    const header = Buffer.from(
      JSON.stringify({ node: process.version, folder: OWN_FOLDER, modules, packages }),
    );
    const start = Buffer.alloc(Math.ceil((header.length + 4) / 8) * 8, ' ');
    start.writeUInt32LE(start.length);
    header.copy(start, 4);
    fs.writeFileSync(`${target}.new`, Buffer.concat([start, ...parts]));
    fs.renameSync(`${target}.new`, target);
  }
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
