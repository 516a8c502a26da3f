import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as v from 'valibot';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { gzipSync } from 'node:zlib';
import { pricedAddressesSchema } from '../../../reports/priced-addresses-text';
import { inFolder, runCli } from './command';

/** `price`: the accesses of a real program by the model that prices engines. */

const EXAMPLE = path.join(__dirname, '../../../traces/addresses/example.addresses');
const priced = async (text: string | Buffer, ...options: string[]) =>
  inFolder((folder) => {
    const file = path.join(folder, 'run.lackey');
    fs.writeFileSync(file, text);
    return runCli('price', file, ...options);
  });
const priceJson = async (text: string | Buffer, ...options: string[]) => {
  const { code, stdout, stderr } = await priced(text, '--format', 'json', ...options);
  assert.is(code, 0, stderr);
  const json = JSON.parse(stdout);
  v.parse(pricedAddressesSchema, json);
  return json;
};

const price = suite('price');

price('names kinds, their costs by cause and the worst operations', async () => {
  const { code, stdout } = await runCli('price', EXAMPLE, '-p', 'zen4-2022,zen4-2022@cold', '--worst', '2');
  assert.is(code, 0);
  assert.match(stdout, '(15 accesses, 47 instructions; cycles per operation)');
  // Four lines from memory, a page walk, 12 instructions at 0.3; then all but one line from the first cache.
  assert.match(stdout, /\nzen4-2022 +walk #0 +line 2 +1,631 +dram 1,600, tlb 27, instructions 4\n/);
  assert.match(stdout, /\nzen4-2022@cold +walk +2 +1,697 /);
  // Two walks and the one push under each pricing.
  assert.is(stdout.split('\nThe worst operations:\n')[1]!.trimEnd().split('\n').length, 1 + 2 * 3);
});

price('costs of kinds are sums of their causes, in JSON and CSV alike', async () => {
  const { pricings, accesses, instructions } = await priceJson(fs.readFileSync(EXAMPLE));
  assert.equal([accesses, instructions, pricings.length], [15, 47, 1]);
  const { stdout } = await runCli('price', EXAMPLE, '--format', 'csv');
  const [header, ...rows] = stdout.trimEnd().split('\n');
  const columns = header!.split(',');
  for (const [index, { kind, cycles, causes }] of pricings[0].kinds.entries()) {
    const sum = Object.values<number>(causes).reduce((total, each) => total + each, 0);
    assert.is(sum, cycles.total, kind);
    const cells = rows[index]!.split(',');
    assert.is(cells[columns.indexOf('operation')], kind);
    assert.is(Number(cells[columns.indexOf('cycles.total')]), cycles.total);
    assert.is(Number(cells[columns.indexOf('dram [cycles]')]), causes.dram ?? 0);
  }
});

price('what lies outside of operations is priced apart, and warms the caches', async () => {
  const { pricings } = await priceJson('L 100000\n> use\nC 100000\n<\nL 200000\n> use\n<\n> use\nC 200000\n');
  const [unmarked, use] = pricings[0].kinds;
  assert.equal([unmarked.kind, unmarked.operations], ['unmarked', 2]);
  assert.equal([use.kind, use.operations, use.distribution.costs], ['use', 3, [0, 4]]);
});

price(
  'operations have the numbers of those that are marked, and what lies between is not among the worst',
  async () => {
    const { pricings } = await priceJson('L 100000\n> use\nC 100000\n<\nL 300000\n> use\nC 200000\n<\n');
    const found = pricings[0].worst.map(({ kind, operation }: { kind: string; operation: number }) => [
      kind,
      operation,
    ]);
    assert.equal(found, [
      ['use', 1],
      ['use', 0],
    ]);
    const { pricings: unmarked } = await priceJson('L 100000\n');
    assert.is(unmarked[0].worst[0].kind, 'unmarked');
  },
);

/** A loop that loads a node's size and then where the next is, nodes lying in no order, each on a page of its own. */
const NODES = [5, 2, 9, 3, 14, 7, 1, 12].map((page) => 0x10_0000 + page * 0x1000);
const walkOf = (places: readonly number[]): string =>
  places
    .map(
      (place) => `I  4010a0,3\n L ${place.toString(16)},8\nI  4010a4,4\n L ${(place + 8).toString(16)},8\n`,
    )
    .join('');

price(
  'the loads of a walk wait for one another: found by their places, or named by their instructions',
  async () => {
    const dram = async (places: readonly number[], ...options: string[]) => {
      const { pricings, chases } = await priceJson(`> walk\n${walkOf(places)}<\n`, ...options);
      return [pricings[0].kinds[0].causes.dram, chases];
    };
    const dependent = NODES.length * 400;
    assert.equal(await dram(NODES), [dependent, ['4010a0']]);
    assert.equal(await dram(NODES, '--chase', '0x4010A0'), [dependent, ['4010a0']]);
    const [independent, none] = await dram(NODES, '--chase', 'none');
    assert.equal(none, []);
    assert.ok(independent < dependent / 4, `${independent} of ${dependent}`);
    const array = NODES.map((_, index) => 0x10_0000 + index * 0x1000);
    assert.equal((await dram(array))[1], [], 'an array is gone over in steps of one size');
  },
);

price('an access over the end of a line touches both, in different regions too', async () => {
  const dram = async (text: string) => (await priceJson(text)).pricings[0].kinds[0].causes.dram;
  assert.is(await dram('C 100040,64'), 400);
  assert.is(await dram('C 10003c,4'), 400);
  assert.is(await dram('C 10003c,8'), 800);
  assert.is(await dram('C 1fffff,2'), 800);
  assert.is(await dram('C fedcba98765fffff,2'), 800);
  assert.is(await dram('C 100000,256'), 3 * 400);
});

price('compressed traces and those of no marks are read', async () => {
  const { pricings } = await priceJson(gzipSync(' L 10,8\n S 18,8\nI  400000,3\n'));
  assert.equal(
    pricings[0].kinds.map(({ kind, operations }: { kind: string; operations: number }) => [kind, operations]),
    [['unmarked', 1]],
  );
});

price('--out writes a file whole', () =>
  inFolder(async (folder) => {
    const out = path.join(folder, 'priced.csv');
    const { code, stdout } = await runCli('price', EXAMPLE, '--format', 'csv', '--out', out);
    assert.equal([code, stdout], [0, '']);
    assert.match(fs.readFileSync(out, 'utf8'), /^trace,pricing,operation,count,/);
  }),
);

/** A driver's two operations on an allocator, and one that is none of an allocator's. */
const workload = (loads: number): string =>
  [
    ...['> alloc', 'N 20', 'L 100000', 'S 100040', '<', 'L 700000'],
    ...[
      '> free',
      ...Array.from({ length: loads }, (_, node) => `C ${(0x20_0000 + node * 0x1000).toString(16)}`),
    ],
    ...['> flush', 'N 7', 'L 100000', '<'],
  ].join('\n');

async function comparedPrices(
  base: string,
  head: string,
  { format = 'json', naming = ['--name', 'tlsf'] }: { format?: string; naming?: readonly string[] } = {},
) {
  return inFolder(async (folder) => {
    const at = (name: string) => path.join(folder, name);
    for (const [side, text] of [
      ['base', base],
      ['head', head],
    ] as const) {
      fs.writeFileSync(at(`${side}.lackey`), text);
      const { code, stderr } = await runCli(
        ...['price', at(`${side}.lackey`), '-p', 'zen4-2022@cold', '--format', 'results'],
        ...['--out', at(`${side}.json`), ...naming, '--append', at('history.csv'), '--commit', side],
      );
      assert.is(code, 0, stderr);
    }
    const [compared, trend] = [
      await runCli('compare', at('base.json'), at('head.json'), '--format', format),
      await runCli('trend', at('history.csv'), '--fail-on', 'worse'),
    ];
    return { compared, trend };
  });
}

/** What became of each cell, and the trace of its head. */
const kindsOf = (json: string): [status: string, trace: string][] =>
  JSON.parse(json).cells.map(({ status, head }: { status: string; head: { trace: { name: string } } }) => [
    status,
    head.trace.name,
  ]);

price('results are compared and followed like those of an engine, kind by kind', async () => {
  const { compared, trend } = await comparedPrices(workload(1), workload(5));
  assert.is(compared.code, 3, compared.stderr);
  assert.equal(kindsOf(compared.stdout), [
    ['compared', 'tlsf: alloc'],
    ['compared', 'tlsf: free'],
    ['compared', 'tlsf: flush'],
  ]);
  assert.is(trend.code, 3);
  assert.match(trend.stdout, /free\.cycles\.max/);
  assert.not.match(trend.stdout, /flush/);
  const same = await comparedPrices(workload(1), workload(1));
  assert.equal([same.compared.code, same.trend.code], [0, 0]);
});

price('files of any name are compared where the programs were asked for the same', async () => {
  const { compared } = await comparedPrices(workload(1), workload(5), { naming: [] });
  assert.equal(kindsOf(compared.stdout), [
    ['compared', 'head.lackey: alloc'],
    ['compared', 'head.lackey: free'],
    ['compared', 'head.lackey: flush'],
  ]);
});

price('what is no allocation has an answer to what a reviewer asks as well', async () => {
  const flushes = (loads: number) => workload(loads).replaceAll(/alloc|free/g, 'flush');
  const { compared } = await comparedPrices(flushes(1), flushes(5), { format: 'text' });
  assert.match(compared.stdout, /worst latency +worse/);
  assert.match(compared.stdout, /tlsf: flush/);
});

price('programs that were asked for other operations are not compared', async () => {
  const { compared } = await comparedPrices(workload(1), `${workload(1)}\n${workload(1)}`);
  assert.ok(kindsOf(compared.stdout).every(([kind]) => kind === 'not comparable'));
});

price.run();

const bad = suite('price: bad input');

const refused: readonly [text: string | Buffer, options: readonly string[], said: RegExp][] = [
  ['L 10\nhello\n', [], /run\.lackey:2:1: "hello"; expected I, L, S, M, C or U with an address/],
  ['', [], /run\.lackey: no access in it/],
  [gzipSync('L 10\n'.repeat(1000)).subarray(0, 30), [], /run\.lackey/],
  ['L 10', ['-p', 'zen4-2202'], /unknown profile "zen4-2202"; did you mean "zen4-2022"\?/],
  [
    'L 10',
    ['--chase', 'main'],
    /--chase: "main"; expected the address of an instruction, hexadecimal, or none/,
  ],
  ['L 10', ['--worst', '0'], /--worst: "0"; expected a whole number from 1 to 1000/],
  ['L 10', ['--format', 'xml'], /format/],
  [
    Array.from({ length: 2049 }, (_, region) => `L ${(region * 0x20_0000).toString(16)}\n`).join(''),
    [],
    /run\.lackey: more than 2048 regions of 2 MiB are touched/,
  ],
  [
    Array.from({ length: 1100 }, (_, kind) => `> k${kind}\nL 0\n`).join(''),
    [],
    /run\.lackey: more than 1024 kinds of operations/,
  ],
];

for (const [text, options, said] of refused) {
  bad(`${JSON.stringify(text.toString('latin1').slice(0, 20))} ${options.join(' ')}`, async () => {
    const { code, stdout, stderr } = await priced(text, ...options);
    assert.is(code, 2);
    assert.is(stdout, '');
    assert.match(stderr, said);
    assert.is(stderr.trimEnd().split('\n').length, 1);
  });
}

bad('a file that is not there', async () => {
  const { code, stderr } = await runCli('price', 'no-such.lackey');
  assert.is(code, 2);
  assert.match(stderr, /no-such\.lackey/);
});

bad.run();
