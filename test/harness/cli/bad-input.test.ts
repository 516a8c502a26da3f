import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { inFolder, runCli } from './command';

const test = suite('cli: bad input');

const HEADER = 'op,id,size,align\n';

/** A file that cannot be replayed, and what its one line on stderr must say. */
interface BadFile {
  readonly what: string;
  readonly content: string | Buffer;
  readonly says: RegExp;
  readonly name?: string;
}

const TRUNCATED = gzipSync(Buffer.from(`${HEADER}${'alloc,1,10,0\nfree,1,0,0\n'.repeat(2000)}`)).subarray(
  0,
  60,
);

const BAD_FILES: readonly BadFile[] = [
  { what: 'an empty file', content: '', says: /trace\.csv.*empty/ },
  {
    what: 'a truncated gzip file',
    content: TRUNCATED,
    name: 'trace.csv.gz',
    says: /trace\.csv\.gz.*ends too early/,
  },
  { what: 'a missing column', content: 'op,id,size\nalloc,1,10\n', says: /trace\.csv:1.*align/ },
  { what: 'a negative size', content: `${HEADER}alloc,1,-5,0\n`, says: /trace\.csv:2:9.*-5/ },
  { what: 'a fractional size', content: `${HEADER}alloc,1,1.5,0\n`, says: /trace\.csv:2:9.*1\.5/ },
  { what: 'an absurd size', content: `${HEADER}alloc,1,99999999999999999999,0\n`, says: /trace\.csv:2:9/ },
  { what: 'align 3', content: `${HEADER}alloc,1,10,3\n`, says: /trace\.csv:2:12.*power of two/ },
  {
    what: 'an unknown operation',
    content: `${HEADER}aloc,1,10,0\n`,
    says: /trace\.csv:2:1.*did you mean "alloc"/,
  },
  { what: 'a free of an unknown id', content: `${HEADER}free,7,0,0\n`, says: /trace\.csv:2.*7/ },
  {
    what: 'an alloc of a live id',
    content: `${HEADER}alloc,1,8,0\nalloc,1,8,0\n`,
    says: /trace\.csv:3.*live/,
  },
  { what: 'an unbalanced quote', content: `${HEADER}alloc,1,"10,0\n`, says: /trace\.csv:2.*quote/ },
  { what: 'binary garbage', content: Buffer.from([0, 1, 2, 255, 254, 0, 7, 9, 10, 0]), says: /trace\.csv/ },
];

/** One line on stderr, exit code 2, and nothing new in the folder. */
async function assertRefused(folder: string, says: RegExp, ...argv: string[]): Promise<void> {
  const before = readdirSync(folder).sort();
  const { code, stderr } = await runCli(...argv);
  assert.is(code, 2, stderr);
  assert.match(stderr, says);
  assert.is(stderr.trimEnd().split('\n').length, 1, stderr);
  assert.equal(readdirSync(folder).sort(), before);
}

for (const { what, content, says, name } of BAD_FILES) {
  test(`${what} is refused with its place`, () =>
    inFolder(async (folder) => {
      const file = join(folder, name ?? 'trace.csv');
      writeFileSync(file, content);
      const [out, placements] = [join(folder, 'new/out'), join(folder, 'placements')];
      const outputs = ['--out', out, '--placements', placements];
      await assertRefused(folder, says, 'run', file, '-a', 'xmalloc-tlsf-2008', ...outputs);
    }));
}

const BAD_USAGE: readonly { what: string; argv: readonly string[]; says: RegExp }[] = [
  {
    what: 'an unknown command',
    argv: ['rnu'],
    says: /"rnu"; did you mean "run"\?; expected .*replay --help/,
  },
  {
    what: 'an unknown command with arguments',
    argv: ['explian', 'trace.csv', '-a', 'vmalloc'],
    says: /"explian"; did you mean "explain"\?; expected .*replay --help/,
  },
  { what: 'a command like no other', argv: ['zzz'], says: /"zzz"; expected/ },
  { what: 'an unknown trace command', argv: ['trace', 'imprt'], says: /"imprt"; did you mean "import"/ },
  { what: 'an unknown option', argv: ['list', '--colour'], says: /"colour"; expected .*list --help/ },
  { what: 'a choice that is none', argv: ['list', 'foo'], says: /: what: "foo"; expected one of allocators/ },
  {
    what: 'too few arguments',
    argv: ['suite', '--out', 'x'],
    says: /0 arguments, 1 needed; expected .*suite/,
  },
  { what: 'a missing option', argv: ['suite', 'quick'], says: /no --out: / },
  { what: 'an engine option that names none', argv: ['run', 'synth:ramp', '-a'], says: /-a: names none/ },
  {
    what: 'pricings that are none',
    argv: ['run', 'synth:ramp', '-a', 'vmalloc', '-p', ','],
    says: /-p: names none/,
  },
  { what: 'no engine', argv: ['run', 'synth:near-page-storm'], says: /-a/ },
  {
    what: 'an unknown engine',
    argv: ['run', 'synth:near-page-storm', '-a', 'xmalloc-first-fti'],
    says: /did you mean "xmalloc-first-fit"/,
  },
  {
    what: 'an unknown pricing',
    argv: ['run', 'synth:near-page-storm', '-a', 'xenheap-pages', '-p', 'zen4'],
    says: /zen4/,
  },
  {
    what: 'an unknown cache state',
    argv: ['run', 'synth:near-page-storm', '-a', 'xenheap-pages', '-p', 'zen4-2022@cool'],
    says: /cool/,
  },
  {
    what: 'an unknown synthesizer',
    argv: ['run', 'synth:near-page-strom', '-a', 'xenheap-pages'],
    says: /did you mean "near-page-storm"/,
  },
  {
    what: 'an unknown parameter',
    argv: ['run', 'synth:near-page-storm?lives=3', '-a', 'xenheap-pages'],
    says: /did you mean "live"/,
  },
  {
    what: 'a parameter out of range',
    argv: ['run', 'synth:near-page-storm?live=0', '-a', 'xenheap-pages'],
    says: /live/,
  },
  {
    what: 'an unknown engine option',
    argv: ['run', 'synth:near-page-storm', '-a', 'xmalloc-first-fit', '-o', 'x=1'],
    says: /-o.*"x"/,
  },
  {
    what: 'an option without a value',
    argv: ['run', 'synth:near-page-storm', '-a', 'xmalloc-first-fit', '-o', 'x'],
    says: /name=value/,
  },
  {
    what: 'heap pages that are no number',
    argv: ['run', 'synth:near-page-storm', '-a', 'xenheap-pages', '--heap-pages', 'many'],
    says: /--heap-pages.*many/,
  },
  {
    what: 'more heap than 4 GiB',
    argv: ['run', 'synth:near-page-storm', '-a', 'xenheap-pages', '--heap-pages', '2000000'],
    says: /4 GiB/,
  },
  {
    what: 'an unknown recorded trace',
    argv: ['run', 'recorded:sqlite', '-a', 'xenheap-pages'],
    says: /recorded/,
  },
  {
    what: 'an option of recordings for a synthesizer',
    argv: ['run', 'synth:churn', '-a', 'xenheap-pages', '--limit', '5'],
    says: /^alloc-replay: --limit: a synthesizer is no recording, and has no use for this option/,
  },
  ...['info', 'head', 'validate', 'slice', 'convert'].map((name) => ({
    what: `a generator that decides by placements, without an engine, in trace ${name}`,
    argv: [...['trace', name, 'synth:tmem?ops=9'], ...(/s|c/.test(name[0]!) ? ['-o', 'x.csv'] : [])],
    says: /tmem decides by placements; expected an engine/,
  })),
  ...['audit', 'advise'].map((name) => ({
    what: `a generator that decides by placements, without an engine, in ${name}`,
    argv: [name, 'synth:tmem?ops=9'],
    says: /tmem decides by placements; expected an engine/,
  })),
  {
    what: 'an unknown policy trace',
    argv: ['run', 'policy:violator-1-domid-to-nam', '-a', 'libxl-gc'],
    says: /did you mean "violator-1-domid-to-name"/,
  },
  { what: 'an unknown experiment', argv: ['reproduce', 'xfree'], says: /experiment/ },
];

for (const { what, argv, says } of BAD_USAGE) {
  test(`${what} is refused`, () => inFolder((folder) => assertRefused(folder, says, ...argv)));
}

test('options of recordings are refused for canonical traces, plain and binary', () =>
  inFolder(async (folder) => {
    const file = join(folder, 'trace.csv');
    writeFileSync(file, `${HEADER}alloc,1,10,0\n`);
    const binary = join(folder, 'trace.atr');
    await runCli('trace', 'convert', file, '-o', binary);
    for (const [trace, format] of [
      [file, 'csv'],
      [binary, 'atr'],
    ] as const) {
      const says = new RegExp(`--skip: the format ${format} is no recording`);
      await assertRefused(folder, says, 'run', trace, '-a', 'xenheap-pages', '--skip', '1');
    }
  }));

test('a file that is not there is refused', () =>
  inFolder((folder) =>
    assertRefused(folder, /nowhere\.csv/, 'run', join(folder, 'nowhere.csv'), '-a', 'xenheap-pages'),
  ));

test('a folder in place of a trace is refused', () =>
  inFolder((folder) => assertRefused(folder, /folder|directory/i, 'run', folder, '-a', 'xenheap-pages')));

test('an --out that is a file is refused and left alone', () =>
  inFolder(async (folder) => {
    const file = join(folder, 'taken');
    writeFileSync(file, 'mine');
    await assertRefused(
      folder,
      /--out/,
      'run',
      'synth:near-page-storm?live=5&ops=5',
      '-a',
      'xenheap-pages',
      '--out',
      file,
    );
    assert.ok(existsSync(file));
  }));

test('two profiles of one name are refused, for no report could tell them apart', () =>
  inFolder(async (folder) => {
    const profile = readFileSync('harness/pricing/profiles/flat.yaml', 'utf8').replace(
      'name: flat',
      'name: lab',
    );
    const files = ['a.yaml', 'b.yaml'].map((name) => join(folder, name));
    files.forEach((file) => writeFileSync(file, profile));
    const pricings = files.join(',');
    const says = /-p: .*a\.yaml and .*b\.yaml are both called lab; expected/;
    await assertRefused(folder, says, 'run', 'synth:ramp', '-a', 'xenheap-pages', '-p', pricings);
    await assertRefused(folder, says, 'price', 'addresses.txt', '-p', pricings);
  }));

test('an --out that names nothing is refused', () =>
  inFolder((folder) =>
    assertRefused(folder, /--out: names none/, 'run', 'synth:ramp', '-a', 'xenheap-pages', '--out', ''),
  ));

// Node's recursive mkdir never comes back from there.
const NO_PLACE_FOR_FOLDERS = '/proc/alloc-replay';
if (existsSync('/proc/self')) {
  test('an --out where no folder can be made is refused', () =>
    inFolder((folder) => {
      const argv = ['run', 'synth:near-page-storm?live=5&ops=5', '-a', 'xenheap-pages'];
      return assertRefused(folder, /--out .*proc/, ...argv, '--out', NO_PLACE_FOR_FOLDERS);
    }));
}

test.run();
