import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { auditRows, row } from './auditing';

/** What may yet come right, or does no harm, is a warning; the rest are errors. */

const severities = async (...rows: string[]): Promise<string[]> =>
  (await auditRows(rows)).findings.map(({ rule, severity }) => `${rule} ${severity}`);

test('of an ordinary trace: what leaks is a warning, what breaks an error', async () => {
  const rows = ['alloc,1,8,0', 'alloc,2,16,0', 'free,1,0,0', 'free,1,0,0'];
  assert.equal(await severities(...rows), ['leak warning', 'double-free error']);
});

test('of an annotated one: whatever may still be freed when the trace ends is a warning', async () => {
  const enter = row('enter', 1, 'kind=public ctx=1 gc=own', 0, 'libxl_x');
  const allocated = row('heap', 10, 'call=1 category=c', 16);
  const end = row('ctxfree', 1);
  const call = (...rows: string[]) => [enter, allocated, ...rows, row('freeall', 1), row('leave', 1, 'rc=0')];
  const kept = call(row('store', 10, 'call=1 in=ctx'));
  assert.equal(await severities(...kept), ['V4 warning'], 'the context lives on');
  assert.equal(await severities(...kept, end), ['V4 error'], 'the context is gone');
  assert.equal(await severities(enter, allocated), ['V4 error'], 'its call keeps it');
  const given = call(row('return', 10, 'call=1 to=app'));
  assert.equal(await severities(...given, end), ['V4b warning'], 'the application has it');
});

test.run();
