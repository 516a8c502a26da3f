import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { audit } from '../../../../harness/studies/audit/audit';
import type { Generation } from '../../../../harness/studies/audit/finding';
import { openTrace } from '../../../../traces/open';
import { policyTraces } from '../../../../traces/shipped';
import { auditRows, inShort, row } from './auditing';

const test = suite('audit: the libxl memory policy');

const GENERATIONS = [0, 1, 2] as const;

async function auditOf(specification: string, generation: Generation, nested: 'reuse' | 'fresh' = 'reuse') {
  const trace = await openTrace(specification, { passes: 'one', validate: false });
  return audit(await trace.open(), { generation, nested, findingsMax: 1000 });
}

function expectedFindings(): Map<string, string[]> {
  const file = join(__dirname, '../../../../traces/policy/expected.csv');
  const expected = new Map<string, string[]>();
  for (const line of readFileSync(file, 'utf8').trim().split('\n').slice(1)) {
    const [trace, generation, rule, event, object] = line.split(',');
    const key = `${trace} ${generation}`;
    expected.set(key, [...(expected.get(key) ?? []), `${rule}@${event}:${object}`]);
  }
  return expected;
}

const NAMES = policyTraces().map(({ name }) => name);
const EXPECTED = expectedFindings();

for (const name of NAMES) {
  test(`${name} gives the findings that stand beside it`, async () => {
    for (const generation of GENERATIONS) {
      const found = inShort(await auditOf(`policy:${name}`, generation));
      assert.equal(found, EXPECTED.get(`${name} ${generation}`) ?? [], `generation ${generation}`);
    }
  });
}

/** libxl-gc.md §5: how often each rule is broken in the state before the fixes, and what generation 1 adds. */
const VIOLATORS: Readonly<Record<string, { before: Record<string, number>; dangling: number }>> = {
  'violator-1-domid-to-name': { before: { V1: 1 }, dangling: 1 },
  'violator-2-version-info': { before: { V1i: 8, V12: 8 }, dangling: 1 },
  'violator-3-vcpu-list': { before: { V1: 1, V1i: 4 }, dangling: 2 },
  'violator-4-nic-list': { before: { V1: 1, V1i: 4, V2: 1, V6: 1 }, dangling: 2 },
  'violator-5-net2-list': { before: { V1: 1, V1i: 2, V2: 1, V6: 1 }, dangling: 2 },
  'violator-5-half-fixed': { before: { V1i: 2 }, dangling: 2 },
};

for (const [name, { before, dangling }] of Object.entries(VIOLATORS)) {
  test(`${name} breaks the rules that the RFC's authors found broken`, async () => {
    const counts = async (generation: Generation) =>
      Object.fromEntries(
        (await auditOf(`policy:${name}`, generation)).counts.map(({ rule, findings }) => [rule, findings]),
      );
    assert.equal(await counts(0), before);
    assert.equal(await counts(1), { ...before, V7: dangling });
  });
}

test('what is fixed gives nothing, and there is a fix for each violator', async () => {
  const fixed = NAMES.filter((name) => name.endsWith('-fixed') && !name.endsWith('half-fixed'));
  assert.is(fixed.length, 8);
  for (const name of fixed) {
    for (const nested of ['reuse', 'fresh'] as const) {
      assert.equal(inShort(await auditOf(`policy:${name}`, 2, nested)), [], name);
    }
  }
});

test('an application that keeps to the policy gives nothing', async () => {
  for (const generation of GENERATIONS) {
    assert.equal(inShort(await auditOf('synth:libxl-calls?calls=60', generation)), []);
  }
  assert.equal(inShort(await auditOf('synth:libxl-calls?calls=60&nested=public', 2, 'fresh')), []);
  const nested = await auditOf('synth:libxl-calls?calls=60&nested=public', 2, 'reuse');
  assert.equal(
    nested.counts.map(({ rule }) => rule),
    ['V8'],
  );
});

const ENTER = row('enter', 1, 'kind=public ctx=1 gc=own', 0, 'libxl_x');
const LEAVE = row('leave', 1, 'rc=0');
const FREE_ALL = row('freeall', 1);
const END = row('ctxfree', 1);
const inCall = (...rows: string[]) => [ENTER, ...rows, FREE_ALL, LEAVE, END];
const temp = row('temp', 10, 'call=1', 16);
const heap = (value: string) => row('heap', 10, `call=1 ${value}`, 16);

interface Case {
  readonly what: string;
  readonly rows: readonly string[];
  readonly finds: readonly string[];
  readonly generation?: Generation;
  readonly nested?: 'reuse' | 'fresh';
}

const PRIVATE = row('enter', 2, 'kind=private parentcall=1 gc=own', 0, 'libxl__y');
const NESTED = (gc: string) => row('enter', 2, `kind=public parentcall=1${gc}`, 0, 'libxl_y');

const CASES: readonly Case[] = [
  {
    what: 'a free through the gc clears the slot',
    rows: inCall(temp, row('free', 10, 'via=gc')),
    finds: ['V2@2:10'],
    generation: 1,
  },
  {
    what: 'what was freed through the gc is gone',
    rows: inCall(temp, row('free', 10, 'via=gc'), row('use', 10, 'call=1')),
    finds: ['V2@2:10', 'V7@3:10'],
    generation: 1,
  },
  {
    what: 'generation 2 has no free through the gc, so it is still there',
    rows: inCall(temp, row('free', 10, 'via=gc'), row('use', 10, 'call=1')),
    finds: ['V2@2:10'],
  },
  {
    what: 'a free with libc leaves it in the table',
    rows: inCall(temp, row('free', 10, 'via=libc')),
    finds: ['V2@2:10', 'V5@3:10'],
    generation: 1,
  },
  {
    what: 'generation 0 frees again with the context',
    rows: inCall(temp, row('free', 10, 'via=libc')),
    finds: ['V2@2:10', 'V5@5:10'],
    generation: 0,
  },
  { what: 'leaving without freeing all', rows: [ENTER, temp, LEAVE, END], finds: ['V3@2:10'] },
  {
    what: 'generation 0 has nothing to free on leaving',
    rows: [ENTER, temp, LEAVE, END],
    finds: [],
    generation: 0,
  },
  { what: 'an object of malloc lost with its call', rows: inCall(heap('category=c')), finds: ['V4@3:10'] },
  {
    what: 'an object kept in a context and not freed with it',
    rows: inCall(heap('category=c'), row('store', 10, 'call=1 in=ctx')),
    finds: ['V4@5:10'],
  },
  {
    what: 'what the application never frees',
    rows: inCall(heap('category=b'), row('return', 10, 'call=1 to=app')),
    finds: ['V4b@1:10'],
  },
  {
    what: 'the application frees twice',
    rows: [
      ...inCall(heap('category=b'), row('return', 10, 'call=1 to=app')),
      row('free', 10, 'via=app'),
      row('free', 10, 'via=app'),
    ],
    finds: ['V5@7:10'],
  },
  {
    what: 'adopted, and freed by the application before the pool',
    rows: inCall(heap('category=b'), row('adopt', 10, 'call=1'), row('free', 10, 'via=app')),
    finds: ['V5@4:10'],
  },
  {
    what: 'adopted twice',
    rows: inCall(heap('category=a'), row('adopt', 10, 'call=1'), row('adopt', 10, 'call=1')),
    finds: ['V5@3:10'],
  },
  { what: 'a free of what never was', rows: inCall(row('free', 77, 'call=1 via=gc')), finds: ['V6@1:'] },
  {
    what: 'a free through a gc that does not hold it',
    rows: inCall(heap('category=c'), row('free', 10, 'call=1 via=gc'), row('free', 10, 'via=libc')),
    finds: ['V6@2:10'],
  },
  {
    what: 'a use of an inner call’s temporary',
    rows: [
      ENTER,
      NESTED(' gc=own'),
      row('temp', 10, 'call=2', 8),
      row('freeall', 2),
      row('leave', 2),
      row('use', 10, 'call=1'),
      FREE_ALL,
      LEAVE,
    ],
    finds: ['V7@5:10'],
    nested: 'fresh',
  },
  {
    what: 'a temporary of an inner call that reuses the gc',
    rows: [
      ENTER,
      NESTED(''),
      row('temp', 10, 'call=2', 8),
      row('leave', 2),
      row('use', 10, 'call=1'),
      FREE_ALL,
      LEAVE,
    ],
    finds: [],
  },
  {
    what: 'an inner public call makes a gc',
    rows: [ENTER, NESTED(' gc=own'), row('freeall', 2), row('leave', 2), FREE_ALL, LEAVE],
    finds: ['V8@1:'],
  },
  {
    what: 'an inner public call frees all of its caller’s gc',
    rows: [
      ENTER,
      temp,
      NESTED(''),
      row('freeall', 2),
      row('leave', 2),
      row('use', 10, 'call=1'),
      FREE_ALL,
      LEAVE,
    ],
    finds: ['V8@3:', 'V7@5:10'],
  },
  {
    what: 'a private call makes a gc',
    rows: [ENTER, PRIVATE, row('freeall', 2), row('leave', 2), FREE_ALL, LEAVE],
    finds: ['V9@1:'],
  },
  {
    what: 'a temporary without a gc',
    rows: [row('enter', 1, 'kind=public gc=none', 0, 'libxl_x'), temp, LEAVE],
    finds: ['V10@1:10'],
  },
  { what: 'without a gc and lost', rows: inCall(heap('category=a gc=none')), finds: ['V11@3:10'] },
  {
    what: 'without a gc and freed',
    rows: inCall(heap('category=c gc=none'), row('free', 10, 'via=libc')),
    finds: [],
  },
  {
    what: 'a temporary kept in the context',
    rows: inCall(temp, row('store', 10, 'call=1 in=ctx')),
    finds: ['V12@2:10'],
  },
  {
    what: 'a temporary kept in an object that outlives it',
    rows: inCall(
      row('heap', 20, 'call=1 category=b', 8),
      row('return', 20, 'call=1 to=app'),
      temp,
      row('store', 10, 'call=1 in=20'),
    ).concat(row('free', 20, 'via=app')),
    finds: ['V12@4:10'],
  },
  {
    what: 'a temporary kept in one of the same pool',
    rows: inCall(temp, row('temp', 20, 'call=1', 8), row('store', 10, 'call=1 in=20')),
    finds: [],
  },
  {
    what: 'a temporary kept in one of the caller’s pool',
    rows: [
      ENTER,
      row('temp', 20, 'call=1', 8),
      NESTED(' gc=own'),
      row('temp', 10, 'call=2', 8),
      row('store', 10, 'call=2 in=20'),
      row('freeall', 2),
      row('leave', 2),
      FREE_ALL,
      LEAVE,
    ],
    finds: ['V12@4:10'],
    nested: 'fresh',
  },
  {
    what: 'a temporary kept in an object that goes first',
    rows: inCall(
      row('heap', 20, 'call=1 category=c', 8),
      temp,
      row('store', 10, 'call=1 in=20'),
      row('free', 20, 'via=libc'),
    ),
    finds: [],
  },
  {
    what: 'a realloc through a gc that does not hold it',
    rows: inCall(heap('category=c'), row('realloc', 10, 'call=1', 32), row('free', 10, 'via=libc')),
    finds: ['V13@2:10'],
  },
  { what: 'a realloc of a temporary', rows: inCall(temp, row('realloc', 10, 'call=1', 32)), finds: [] },
  {
    what: 'the outer object freed alone',
    rows: [
      ...inCall(
        row('heap', 20, 'call=1 category=b', 8),
        heap('category=b'),
        row('return', 20, 'call=1 to=app'),
        row('return', 10, 'call=1 to=app inside=20'),
      ),
      row('free', 20, 'via=app'),
    ],
    finds: ['V14@8:10'],
  },
  {
    what: 'a public function with a private name, once however often it is called',
    rows: [1, 2].flatMap(() => [row('enter', 1, 'kind=public', 0, 'libxl__x'), LEAVE]),
    finds: ['V15@0:'],
  },
  {
    what: 'a private function with a public name',
    rows: [ENTER, row('enter', 2, 'kind=private', 0, '_libxl_y'), row('leave', 2), FREE_ALL, LEAVE],
    finds: ['V15@1:'],
  },
  {
    what: 'a private function that is not hidden',
    rows: [ENTER, row('enter', 2, 'kind=private hidden=no', 0, 'libxl__y'), row('leave', 2), FREE_ALL, LEAVE],
    finds: ['V15@1:'],
  },
  {
    what: 'a pool object returned by a function without gc argument',
    rows: [
      ENTER,
      row('enter', 2, 'kind=private first=other', 0, 'libxl__y'),
      row('temp', 10, 'call=2', 8),
      row('return', 10, 'call=2 to=internal'),
      row('leave', 2),
      FREE_ALL,
      LEAVE,
    ],
    finds: ['V15@3:10'],
  },
];

for (const { what, rows, finds, generation = 2, nested = 'reuse' } of CASES) {
  test(what, async () => {
    assert.equal(inShort(await auditRows(rows, { generation, nested })), finds);
  });
}

test('what does no harm in its generation is a warning', async () => {
  const freed = inCall(temp, row('free', 10, 'via=gc'));
  const stored = inCall(temp, row('store', 10, 'call=1 in=ctx'));
  for (const [rows, severities] of [
    [freed, ['warning', 'warning', 'error']],
    [stored, ['warning', 'error', 'error']],
  ] as const) {
    for (const generation of GENERATIONS) {
      const [finding] = (await auditRows(rows, { generation })).findings;
      assert.is(finding!.severity, severities[generation]);
    }
  }
});

test('threads have calls of their own', async () => {
  const other = (line: string) => `${line},1`;
  const rows = [ENTER, other(ENTER), temp, other(row('temp', 11, 'call=1', 8)), FREE_ALL, LEAVE];
  assert.equal(inShort(await auditRows([...rows, other(FREE_ALL), other(LEAVE)])), []);
  assert.equal(inShort(await auditRows([...rows, other(LEAVE)])), ['V3@6:11']);
});

test('what is done to an object is told with it', async () => {
  const rows = inCall(heap('category=b'), row('adopt', 10, 'call=1'), row('return', 10, 'call=1 to=app'));
  const [finding] = (await auditRows(rows, { generation: 1 })).findings;
  assert.is(finding!.line, 5);
  assert.equal(
    finding!.object!.moments.map(({ event, line }) => [event, line]),
    [
      [1, 3],
      [2, 4],
      [3, 5],
    ],
  );
});

test('what cannot be understood is refused with its place', async () => {
  const refusals: [string[], RegExp][] = [
    [[row('temp', 10, '', 8)], /trace\.csv:2.*no call is open/],
    [[ENTER, row('temp', 10, 'call=3', 8)], /trace\.csv:3.*call 3 is not open/],
    [[ENTER, row('leave', 2)], /leave of call 2.*expected 1/],
    [[row('enter', 1, 'kind=pubic', 0, 'f')], /did you mean "public"/],
    [[row('enter', 1, 'knd=public', 0, 'f')], /did you mean "kind"/],
    [[ENTER, temp, row('free', 10, 'via=destructor')], /via=destructor/],
    [[ENTER, temp, temp], /id 10, which is live/],
    [[ENTER, temp, row('store', 10, 'call=1')], /in=ctx or in=ID/],
  ];
  for (const [rows, says] of refusals) {
    const refused = await auditRows(rows).then(
      () => 'nothing',
      (error: Error) => `${error.name}: ${error.message}`,
    );
    assert.match(refused, /^InputError/);
    assert.match(refused, says);
  }
});

test.run();
