import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { gzipSync } from 'node:zlib';
import { validateTrace } from '../../../traces/tools/validate';
import { writeTrace } from '../../../traces/tools/write';
import { UsageError } from '../../../traces/input-error';
import { columnsOf, someHeader } from '../formats/events';
import { inTemporaryFolder } from '../formats/temporary-folder';

function validate(name: string, content: string | Buffer, violationsMax?: number) {
  return inTemporaryFolder(async (folder) => {
    const file = path.join(folder, name);
    fs.writeFileSync(file, content);
    const result = await validateTrace(file, {}, violationsMax);
    return {
      ...result,
      violations: result.violations.map(({ message }) => message.replaceAll(`${folder}${path.sep}`, '')),
    };
  });
}

const header = 'op,id,size,align\n';

test('a legal trace has no violations, and an identity', async () => {
  const columns = columnsOf([
    { op: 'alloc', id: 1, size: 8 },
    { op: 'free', id: 1 },
  ]);
  const expected = { events: 2, violations: [], incomplete: false, identity: columns.identity() };
  assert.equal(await validate('t.csv', `${header}alloc,1,8,0\nfree,1,0,0\n`), expected);
  await inTemporaryFolder(async (folder) => {
    for (const name of ['t.csv', 't.csv.gz', 't.atr', 't.atr.gz']) {
      const file = path.join(folder, name);
      await writeTrace(columns.source(someHeader), file);
      assert.equal(await validateTrace(file, {}), expected);
    }
  });
});

test('every violation is told with its line', async () => {
  assert.equal(
    await validate('t.csv', `${header}alloc,1,8,0\nfree,2,0,0\nfree,1,0\n\nalloc,1,8,0\nalloc,2,8,3\n`),
    {
      events: 1,
      violations: [
        't.csv:3:1: event 1: free of id 2, which is not live; expected an id that was allocated and not freed since',
        't.csv:4:9: a row of 3 cells; expected 4, as the header says',
        't.csv:5:1: an empty line; expected one event a line',
        't.csv:6:1: event 2: alloc of id 1, live since event 0; expected an id that is not live',
        't.csv:7:11: align is "3"; expected 0 or a power of two',
      ],
      incomplete: false,
    },
  );
});

test('the list is cut where it gets long, and where nothing can follow', async () => {
  const many = await validate('t.csv', header + 'free,1,0,0\n'.repeat(50), 10);
  assert.equal([many.violations.length, many.incomplete], [10, true]);
  const open = await validate('t.csv', `${header}free,1,0,0\nalloc,1,"8,0\n`);
  assert.equal([open.violations.length, open.incomplete], [2, true]);
  const rows = Array.from({ length: 20_000 }, (_, id) => `alloc,${id},8,0\n`);
  const cut = await validate('t.csv.gz', gzipSync(header + rows.join('')).subarray(0, -6));
  assert.ok(cut.incomplete);
  assert.match(cut.violations.join('\n'), 'the gzip data ends too early');
});

test('a list that is cut holds the first violations, whoever found them', async () => {
  const rows = 'alloc,1,8,0\nfree,2,0,0\nfree,3,0,0\nfree,1,x,0\nfree,1,y,0\nfree,1,z,0\n';
  const { violations, incomplete } = await validate('t.csv', header + rows, 2);
  assert.equal(
    [violations.map((message) => message.split(': ')[0]), incomplete],
    [['t.csv:3:1', 't.csv:4:1'], true],
  );
});

test('a name that asks for no known format is refused', async () => {
  const source = () => columnsOf([]).source(someHeader);
  assert.throws(
    () => writeTrace(source(), 'x.json'),
    (error: Error) =>
      error instanceof UsageError && error.message.startsWith('x.json: its name says no format'),
  );
});

test.run();
