import { existsSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { alignedText } from '../../../reports/text-columns';
import { InputError, UsageError } from '../../../traces/input-error';
import { expectWritable, writeWholeFile } from '../../../traces/output/whole-file';
import { nameOf } from '../../foreign/build/engine-file';
import { declaredFunctions, descriptionFor, glueFor } from '../../foreign/build/glue';
import { HEAP_PAGES_DEFAULT, VIRTUAL_PAGES_DEFAULT } from '../../machine/machine';
import type { EngineDefinition } from '../../replay/port';
import { countText } from '../../text/numbers';
import { createStack } from '../../replay/stack';
import { blockPlacement, isBlock } from '../../../traces/trace';
import { EXIT, type ExitCode } from '../exit-codes';
import { builtModule, definitionOf, isForeignEngine } from '../names/foreign-engines';
import { engineFile } from '../names/load-engine';
import { createRegistries } from '../names/registries';
import { compilerOption } from '../options/engine-options';
import { needed, operand, text } from '../options/option';
import { printLine, printWords } from '../output/terminal';
import { command } from './command';

/** `engine init`, `engine build`, `engine check`: a real allocator in C becomes an engine. */

const source = operand({ describe: 'The allocator, in C or C++', completes: 'file' });
const engine = operand({
  describe: 'A description (.engine.yaml), a source that carries its glue (.c), or a module (.wasm)',
  completes: 'engine',
});

export const init = command({
  operands: { source },
  options: {},
  examples: ['$0 ./tlsf.c'],
  run: ({ source: file }) => {
    const { folder, name, text: code } = readSource(file);
    const header = [file.replace(/\.\w+$/, '.h'), path.join(folder, `${name}.h`)].find((each) =>
      existsSync(each),
    );
    const declared = header === undefined ? code : `${readFileSync(header, 'utf8')}\n${code}`;
    const glue = path.join(folder, `${name}.glue.c`);
    const description = path.join(folder, `${name}.engine.yaml`);
    const taken = [glue, description].find((each) => existsSync(each));
    if (taken !== undefined) {
      throw new UsageError({
        where: taken,
        problem: 'is there already',
        expected: 'a name that is free, or remove it',
      });
    }
    writeWholeFile(glue, glueFor(file, declaredFunctions(declared), header));
    writeWholeFile(description, descriptionFor(name, file, glue));
    printLine(`${description}  how it is built`);
    printLine(`${glue}  how it is called: look it through, mend what was guessed wrongly`);
    printLine(`next: alloc-replay engine check ${shellWord(description)}`);
    return EXIT.ok;
  },
});

export const build = command({
  operands: { engine },
  options: {
    cc: compilerOption,
    out: needed(text('The module to write', { short: 'o', completes: 'file' }), 'as in -o tlsf.wasm'),
  },
  examples: ['$0 ./tlsf.engine.yaml -o tlsf.wasm'],
  run: ({ engine: name, out }) => {
    expectWritable(out);
    const bytes = moduleOf(name);
    const { foreign } = definitionOf(name, bytes);
    writeWholeFile(out, bytes);
    printLine(`${out}  ${countText(bytes.length, 'byte')}, sha256 ${foreign!.moduleSha256}`);
    return EXIT.ok;
  },
});

export const check = command({
  operands: { engine },
  options: { cc: compilerOption },
  examples: ['$0 ./tlsf.engine.yaml'],
  run: ({ engine: name }): ExitCode => {
    const definition = definitionOf(name, moduleOf(name));
    const { foreign, capabilities } = definition;
    const shown = Object.entries(foreign!.shows).map(([what, is]) => (is ? what : `no ${what}`));
    const rows = [
      ['name', definition.name],
      ['abi', foreign!.abi],
      ['compiler', foreign!.compiler],
      ['module', `sha256 ${foreign!.moduleSha256}`],
      ['can', ['allocate', 'free', ...capabilities].join(', ')],
      ['shows', shown.join(', ')],
      ['tried', tried(definition)],
    ];
    printWords(alignedText(rows));
    return EXIT.ok;
  },
});

/** One allocation and its free, so that what does not work is found before a trace is. */
function tried(definition: EngineDefinition): string {
  const registries = createRegistries();
  const stack = createStack(
    definition,
    {},
    { heapPages: HEAP_PAGES_DEFAULT, virtualPages: VIRTUAL_PAGES_DEFAULT },
    (name) => registries.engineNamed(name),
  );
  const bytes = 100;
  stack.machine.stream.beginOperation(0, 0, 1, bytes, 0);
  const object = stack.engine.allocate(bytes, 0);
  stack.machine.stream.endOperation(object);
  if (!isBlock(object)) {
    throw new InputError({ where: definition.name, problem: `allocating ${bytes} bytes gave no block` });
  }
  const offset = object - stack.machine.ledger.base;
  stack.machine.stream.beginOperation(1, 1, 1, bytes, 0);
  stack.engine.free(blockPlacement(object), bytes, 0);
  stack.machine.stream.endOperation(object);
  return `allocated ${bytes} bytes at heap offset 0x${offset.toString(16)} and freed them`;
}

function moduleOf(name: string): Uint8Array {
  const file = engineFile(name);
  if (!isForeignEngine(file)) {
    throw new UsageError({
      where: name,
      problem: 'is no engine in C',
      expected: 'a .engine.yaml, .c or .wasm',
    });
  }
  return file.endsWith('.wasm') ? readFileSync(file) : builtModule(name, file);
}

function readSource(file: string): { folder: string; name: string; text: string } {
  if (!/\.(c|cc|cpp|cxx)$/.test(file) || !existsSync(file)) {
    throw new UsageError({
      where: file,
      problem: 'is no C source that is there',
      expected: 'a file such as ./tlsf.c',
    });
  }
  return { folder: path.dirname(file), name: nameOf(file), text: readFileSync(file, 'utf8') };
}

const shellWord = (word: string): string => (/^[\w./-]+$/.test(word) ? word : `'${word}'`);
