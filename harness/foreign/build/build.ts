import { InputError, UsageError } from '../../../traces/input-error';
import { LocationTable, LOCATIONS_SECTION, type Place } from '../locations';
import { ByteReader, ByteWriter } from '../wasm/bytes';
import { decodeModule } from '../wasm/module';
import type { EngineDescription, EngineFacts } from './engine-file';
import { buildName, type BuildPlan, COMPILE_FLAGS, LINK_FLAGS, sourceHashes } from './plan';
import { resolveUpwardIncludes } from './source-closure';
import { runTools, type ToolCommand, type ToolResult } from './tools';

/**
 * Builds a described engine: every source compiled, linked, and every instruction's place in the source looked up. The
 * module that comes of it carries what is to be known of it in two sections, so that it runs anywhere without a
 * compiler.
 */

/** What a built module says of itself. */
export interface BuildRecord {
  readonly facts: EngineFacts;
  readonly compiler: string;
  readonly flags: readonly string[];
  /** sha256 by name. */
  readonly sources: Readonly<Record<string, string>>;
}

const ENGINE_SECTION = 'alloc-replay.engine';

const MODULE = 'engine.wasm';

/** The module of an engine. Throws an `InputError` with the tools' own words, a `UsageError` where none can be run. */
export function buildEngine(plan: BuildPlan, description: EngineDescription): Uint8Array {
  const commands = [...compileCommands(plan), linkCommand(plan), ...placeCommands(plan)];
  const result = toolsRun(plan, commands);
  if (result.kind === 'failed') {
    throw compileError(result.text, plan, description);
  }
  if (result.kind === 'crashed') {
    throw crashError(result, commands[result.command]!.tool, plan, description);
  }
  const linked = result.files.get(MODULE)!;
  const table = locationTable(linked, result.texts.at(-1)!, plan);
  const record: BuildRecord = {
    facts: description.facts,
    compiler: plan.compiler.version,
    flags: [...COMPILE_FLAGS, ...description.flags],
    sources: sourceHashes(plan),
  };
  return withSections(linked, [
    [LOCATIONS_SECTION, table.encode()],
    [ENGINE_SECTION, new TextEncoder().encode(JSON.stringify(record))],
  ]);
}

/** What a module says of its build; undefined in one that was built by other means. */
export function buildRecordOf(customs: ReadonlyMap<string, Uint8Array>): BuildRecord | undefined {
  const section = customs.get(ENGINE_SECTION);
  if (section === undefined) {
    return undefined;
  }
  try {
    return JSON.parse(new TextDecoder().decode(section)) as BuildRecord;
  } catch {
    return undefined;
  }
}

function toolsRun(plan: BuildPlan, commands: readonly ToolCommand[]) {
  const shown = plan.compiler.kind === 'package' ? withoutUpwardIncludes(plan) : plan.files;
  const files = Object.fromEntries(shown.map(({ file, content }) => [plan.root + file, content]));
  try {
    return runTools(plan.compiler, { files, commands, outputs: [MODULE] });
  } catch (error) {
    throw new UsageError({
      problem: `the compiler cannot be run: ${(error as Error).message}`,
      expected: 'a working @yowasp/clang, or --cc with a clang of at least 14',
    });
  }
}

/** In the package's tree of files `..` leads nowhere: includes that go up name what they mean in full. */
function withoutUpwardIncludes({ files, includeFolders, root }: BuildPlan): BuildPlan['files'] {
  const known = new Set(files.map(({ file }) => file));
  return files.map(({ file, content }) => {
    const text = Buffer.from(content, 'base64').toString('latin1');
    const resolved = resolveUpwardIncludes(file, text, includeFolders, known, root);
    return resolved === text
      ? { file, content }
      : { file, content: Buffer.from(resolved, 'latin1').toString('base64') };
  });
}

function compileCommands({ units, root }: BuildPlan): ToolCommand[] {
  return units.map(({ source, arguments: given }, index) => ({
    tool: /\.(cc|cpp|cxx|C)$/.test(source) ? 'clang++' : 'clang',
    arguments: ['-c', ...given, root + source, '-o', objectName(index)],
  }));
}

const objectName = (index: number): string => `unit-${index}.o`;

function linkCommand({ units, isLp64, libc }: BuildPlan): ToolCommand {
  return {
    tool: 'wasm-ld',
    arguments: [
      ...(isLp64 ? ['-mwasm64'] : []),
      ...[...LINK_FLAGS, '-o', MODULE],
      ...units.map((_, index) => objectName(index)),
      ...(libc === 'wasi'
        ? ['-L/usr/lib/wasm32-wasip1', '-L/usr/share/wasi-sysroot/lib/wasm32-wasip1', '-lc']
        : []),
    ],
  };
}

/** First the addresses of all instructions, then which functions and lines are there. */
function placeCommands({ units }: BuildPlan): ToolCommand[] {
  const rows = units.length + 1;
  return [
    { tool: 'objdump', arguments: ['-d', '--no-show-raw-insn', MODULE] },
    {
      tool: 'symbolizer',
      arguments: ['--output-style=JSON', '--inlines', '-e', MODULE],
      stdinFrom: { command: rows, base: '^0*([0-9a-f]+) <CODE>:$', pattern: '^ +([0-9a-f]+):' },
    },
  ];
}

interface Symbolized {
  readonly Address: string;
  readonly Symbol?: readonly {
    readonly FunctionName: string;
    readonly FileName: string;
    readonly Line: number;
  }[];
}

/** The places of all instructions; stretches of one place are told once, and none reaches into another function. */
function locationTable(linked: Uint8Array, symbolized: string, { prefixes }: BuildPlan): LocationTable {
  const { bodies, codeStart, imports, functionNames } = decodeModule(linked);
  const named = (file: string): string => buildName(file, prefixes).replace(/^(\.\/)+/, '');
  const places = new Places();
  const starts: number[] = [];
  const placeOfStretch: number[] = [];
  const found = symbolizedPlaces(symbolized);
  let next = 0;
  bodies.forEach(({ code }, index) => {
    const functionName = functionNames.get(imports.length + index) ?? `function ${imports.length + index}`;
    let place = places.indexOf([{ functionName, file: '', line: 0 }]);
    starts.push(code.position - codeStart);
    placeOfStretch.push(place);
    for (; next < found.length && found[next]!.at < code.end - codeStart; next++) {
      const { at, lines } = found[next]!;
      // Line 0 is the compiler's "nowhere in particular": what came before goes on.
      if (lines.length === 0 || lines[0]!.line === 0) {
        continue;
      }
      // A function that is there by itself has the name of the module: addresses mislead the symbolizer now and then.
      const here = lines.map((line, depth) => ({
        functionName: depth === lines.length - 1 ? functionName : line.functionName,
        file: named(line.file),
        line: line.line,
      }));
      const before = place;
      place = places.indexOf(here);
      if (place !== before) {
        starts.push(at);
        placeOfStretch.push(place);
      }
    }
  });
  return new LocationTable(places.list, starts, placeOfStretch);
}

class Places {
  readonly list: Place[] = [[]];
  private readonly indices = new Map<string, number>();

  indexOf(place: Place): number {
    const key = JSON.stringify(place);
    const index = this.indices.get(key) ?? this.list.push(place) - 1;
    this.indices.set(key, index);
    return index;
  }
}

/** What the symbolizer says of every address, ascending; innermost lines first. */
function symbolizedPlaces(text: string): { readonly at: number; readonly lines: Place }[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('{') || line.startsWith('['))
    .flatMap((line) => JSON.parse(line) as Symbolized | Symbolized[])
    .map(({ Address, Symbol: symbols = [] }) => ({
      at: Number(Address),
      lines: symbols
        .filter(({ FunctionName }) => FunctionName !== '')
        .map(({ FunctionName, FileName, Line }) => ({
          functionName: FunctionName,
          file: FileName,
          line: Line,
        })),
    }))
    .sort((a, b) => a.at - b.at);
}

/** The module without its debug information, whose essence is in the sections that are added. */
function withSections(linked: Uint8Array, sections: readonly (readonly [string, Uint8Array])[]): Uint8Array {
  const reader = new ByteReader(linked);
  const module = new ByteWriter().bytes(reader.take(8));
  while (!reader.isAtEnd) {
    const id = reader.byte();
    const part = reader.part(reader.u32());
    const contents = part.bytes.subarray(part.position, part.end);
    if (id !== 0 || !/^(\.debug_|producers|target_features)/.test(part.name())) {
      module.byte(id).unsigned(contents.length).bytes(contents);
    }
  }
  for (const [name, contents] of sections) {
    module.byte(0).sized(new ByteWriter().name(name).bytes(contents));
  }
  return module.finish().slice();
}

/** What the compiler wrote, with the user's own paths. */
function compileError(text: string, plan: BuildPlan, { facts }: EngineDescription): InputError {
  const quoted = text
    .split(`${plan.root}${plan.workingFolder}/`)
    .join('')
    .split(`${plan.root}/`)
    .join('/')
    .split('\n')
    .filter((line) => !OF_THE_DRIVER.test(line))
    .join('\n');
  return new InputError({
    where: facts.name,
    problem: 'does not compile',
    expected: 'C that clang and its linker accept; what they say is above',
    quoted,
  });
}

/** A tool that dies of a source has a defect of its own: its words are for whoever makes it. */
function crashError(
  { command, reason }: Extract<ToolResult, { kind: 'crashed' }>,
  tool: ToolCommand['tool'],
  { units, prefixes }: BuildPlan,
  { facts }: EngineDescription,
): InputError {
  const source = units[command]?.source;
  const over = source === undefined ? '' : ` over ${buildName(source, prefixes)}`;
  return new InputError({
    where: facts.name,
    problem: `${tool} crashes${over}: ${reason}`,
    expected:
      'tools that survive it: try another clang with --cc, and report this to https://github.com/llvm/llvm-project/issues',
  });
}

/** What the compiler says of itself, not of the source. */
const OF_THE_DRIVER =
  /^(clang version|Target: |Thread model: |InstalledDir: |Build config: |clang(\+\+)?: (note|error: .*(command failed|unable to execute)))/;
