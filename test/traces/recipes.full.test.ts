import { execFileSync, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { COMMAND_LINE } from '../harness/cli/suite-runs';
import { importFile, type GivenOptions } from './importers/importing';

/**
 * The recipes of `traces/RECORDING.md` as they stand there, with Debian's recorders, on programs that call every
 * function of an allocator and keep a log of their own: what is imported is what the program did, operation by
 * operation, but for what the recorder cannot see.
 */

const test = suite('recipes for recording a program');

interface Recipe {
  readonly heading: string;
  /** Which of the section's code blocks. */
  readonly block?: number;
  readonly tools: readonly string[];
  readonly recording: string;
  readonly options?: GivenOptions;
  /** Functions that the recorder does not see. */
  readonly unseen?: readonly string[];
  readonly seesAlignment: boolean;
  /** It sees how libstdc++ serves an aligned new: with as many alignments as the size takes. */
  readonly seesServedOperators?: boolean;
  /** Bytes that the recorder says too many of a function. */
  readonly moreBytes?: Readonly<Record<string, number>>;
  /** A realloc comes as a free and an allocation. */
  readonly partsRealloc?: boolean;
  readonly define?: string;
  /** The only program that it is for. */
  readonly program?: string;
}

const RECIPES: readonly Recipe[] = [
  {
    heading: 'valgrind',
    tools: ['valgrind'],
    recording: 'program.vg.txt',
    seesAlignment: true,
    define: '-DWITHOUT_PVALLOC',
  },
  {
    heading: 'valgrind',
    block: 1,
    tools: ['valgrind'],
    recording: 'program.vg.txt',
    seesAlignment: true,
    define: '-DWITHOUT_PVALLOC',
  },
  {
    heading: 'mtrace',
    tools: [],
    recording: 'program.mtrace.txt',
    seesAlignment: false,
    seesServedOperators: true,
    moreBytes: { pvalloc: 1 },
  },
  {
    heading: 'heaptrack',
    tools: ['heaptrack', 'zstd'],
    recording: 'program.raw.zst',
    unseen: ['memalign', 'pvalloc'],
    seesAlignment: false,
    seesServedOperators: true,
    partsRealloc: true,
  },
  {
    heading: 'heaptrack',
    tools: ['heaptrack', 'zstd'],
    recording: 'program.zst',
    options: { match: 'newest' },
    unseen: ['memalign', 'pvalloc'],
    seesAlignment: false,
    seesServedOperators: true,
    partsRealloc: true,
  },
  {
    heading: 'ltrace',
    tools: ['ltrace'],
    recording: 'program.ltrace.txt',
    // A program in C++ calls operators, which -e leaves out.
    program: 'every-call.c',
    unseen: ['memalign', 'aligned_alloc', 'posix_memalign', 'valloc', 'pvalloc', 'reallocarray'],
    seesAlignment: true,
  },
  { heading: 'ltrace', block: 1, tools: ['ltrace'], recording: 'program.ltrace.txt', seesAlignment: true },
  {
    heading: 'LTTng-UST',
    tools: ['lttng', 'babeltrace2'],
    recording: 'program.lttng.txt',
    unseen: ['valloc', 'pvalloc', 'aligned_alloc'],
    seesAlignment: true,
    seesServedOperators: true,
  },
];

const PROGRAMS = path.join(__dirname, '../recordings/recipes');
const RECORDING_MD = fs.readFileSync(path.join(__dirname, '../../traces/RECORDING.md'), 'utf8');

/** It takes its time to go, and the next recording would find it going. */
const END_DAEMON =
  'pkill -x lttng-sessiond || exit 0; for i in $(seq 100); do pidof lttng-sessiond || exit 0; sleep 0.1; done';

const has = (tool: string): boolean => spawnSync('which', [tool]).status === 0;

for (const recipe of RECIPES) {
  for (const [source, compiler] of [
    ['every-call.c', 'gcc'],
    ['every-operator.cc', 'g++'],
  ] as const) {
    if (recipe.program !== undefined && recipe.program !== source) {
      continue;
    }
    const name = `${recipe.heading}${recipe.block === undefined ? '' : `, block ${recipe.block}`} to ${recipe.recording}: ${source}`;
    const missing = [compiler, ...recipe.tools].filter((tool) => !has(tool));
    const run = missing.length > 0 ? test.skip : test;
    run(missing.length > 0 ? `${name} (no ${missing.join(', ')} here)` : name, async () => {
      const hadDaemon = spawnSync('pidof', ['lttng-sessiond']).status === 0;
      const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'recipe-'));
      try {
        const flags = ['-O0', '-fno-builtin', '-w', ...(recipe.define === undefined ? [] : [recipe.define])];
        execFileSync(compiler, [...flags, '-o', path.join(folder, 'program'), path.join(PROGRAMS, source)]);
        execFileSync('bash', ['-e', '-c', commandsOf(recipe)], { cwd: folder, stdio: 'pipe' });
        const { events } = await importFile(path.join(folder, recipe.recording), recipe.options);
        const truth = fs.readFileSync(path.join(folder, 'truth.txt'), 'utf8');
        const expected = expectedEvents(truth, recipe);
        assert.ok(expected.length > 5);
        assert.equal(betweenMarks(events, recipe), expected);
      } finally {
        if (!hadDaemon) {
          execFileSync('bash', ['-c', END_DAEMON]);
        }
        fs.rmSync(folder, { recursive: true });
      }
    });
  }
}

test('regular expressions, the commands as they stand', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'recipe-'));
  try {
    const [block] = blocksOf('Anything else').filter((text) => text.includes('own.log'));
    const program = COMMAND_LINE.map((word) => `'${word}'`).join(' ');
    const commands = block!.replace('alloc-replay ', `'${process.execPath}' ${program} `);
    execFileSync('bash', ['-e', '-c', commands], { cwd: folder, stdio: 'pipe' });
    const rows = fs.readFileSync(path.join(folder, 'own.csv'), 'utf8').trimEnd().split('\n').slice(1);
    assert.equal(rows, ['alloc,0,128,0', 'realloc,0,256,0', 'free,0,0,0']);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
});

/** A block of the section that records `./program`, without what needs the network or comes after. */
function commandsOf({ heading, block = 0 }: Recipe): string {
  const recording = blocksOf(heading).filter((text) => text.includes('./program'))[block]!;
  return recording
    .split('\n')
    .filter((line) => !/^(?:apt-get|alloc-replay) /.test(line))
    .join('\n');
}

function blocksOf(heading: string): readonly string[] {
  const section = RECORDING_MD.split(/^## /m).find((text) => text.startsWith(heading))!;
  return [...section.matchAll(/^```\n([^]*?)^```$/gm)].map(([, text]) => text!);
}

const MARKS = ['123457', '123458'] as const;

/** The events between the two marks, with objects numbered as they come; those of objects from before are left out. */
function betweenMarks(events: readonly string[], { seesAlignment }: Recipe): readonly string[] {
  const [first, last] = MARKS.map((mark) => events.findIndex((event) => event.split(' ')[2] === mark));
  assert.ok(first! >= 0 && last! > first!, 'the marks are not there');
  const objects = new Numbering();
  return events.slice(first! + 2, last).flatMap((event) => {
    const [op, id, size = '', align = ''] = event.split(' ');
    if (op !== 'alloc' && !objects.knows(id!)) {
      return [];
    }
    const aligned = seesAlignment ? align.replace('align=', ' ') : '';
    return [`${op} ${op === 'alloc' ? objects.next(id!) : objects.of(id!)} ${size}${aligned}`.trim()];
  });
}

/** What the program did, as the recorder can show it. */
function expectedEvents(truth: string, recipe: Recipe): readonly string[] {
  const objects = new Numbering();
  return truth
    .trimEnd()
    .split('\n')
    .flatMap((line) => {
      const [call, result, old, asked, align] = line.split(' ') as [string, string, string, string, string];
      const size = sizeShown(call, Number(asked), Number(align), recipe);
      if (
        recipe.unseen?.includes(recipe.seesServedOperators === true ? servedBy(call, align) : call) === true
      ) {
        objects.forget(old);
        return [];
      }
      const hasFailed = result === '0';
      if (call === 'free' || call === 'delete') {
        return freed(objects, old);
      }
      if (hasFailed) {
        return [];
      }
      const alignment = recipe.seesAlignment && align !== '0' ? ` ${align}` : '';
      const isRealloc = call.startsWith('realloc') && old !== '0';
      if (!isRealloc || !objects.knows(old)) {
        return [`alloc ${objects.next(result)} ${size}${alignment}`];
      }
      if (recipe.partsRealloc === true) {
        return [...freed(objects, old), `alloc ${objects.next(result)} ${size}`];
      }
      return [`realloc ${objects.moved(old, result)} ${size}`];
    });
}

/** The function that libstdc++ calls. */
function servedBy(call: string, align: string): string {
  if (call === 'delete') {
    return 'free';
  }
  if (call !== 'new') {
    return call;
  }
  return align === '0' ? 'malloc' : 'aligned_alloc';
}

function sizeShown(call: string, asked: number, align: number, recipe: Recipe): number {
  const isServed = recipe.seesServedOperators === true && call === 'new' && align > 0;
  return (isServed ? Math.ceil(asked / align) * align : asked) + (recipe.moreBytes?.[call] ?? 0);
}

function freed(objects: Numbering, address: string): readonly string[] {
  if (!objects.knows(address)) {
    return [];
  }
  const number = objects.of(address);
  objects.forget(address);
  return [`free ${number}`];
}

/** Objects by the address or id that they go under, numbered as they come. */
class Numbering {
  private readonly numbers = new Map<string, number>();
  private count = 0;

  knows(name: string): boolean {
    return this.numbers.has(name);
  }

  of(name: string): number {
    return this.numbers.get(name)!;
  }

  next(name: string): number {
    this.numbers.set(name, this.count);
    return this.count++;
  }

  moved(from: string, to: string): number {
    const number = this.of(from);
    this.numbers.delete(from);
    this.numbers.set(to, number);
    return number;
  }

  forget(name: string): void {
    this.numbers.delete(name);
  }
}

test.run();
