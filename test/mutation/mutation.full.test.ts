import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Subject, survivorsOf } from './killing';

/** Of every room one file is changed in small ways, and the tests are held to noticing. What they miss is printed. */

const test = suite('mutation');

const MUTANTS_MAX = 30;
/** 85 % is what is wanted: nine in ten came to be noticed in November 2026 where all that survived was looked at. */
const NOTICED_SHARE_MIN = 0.82;

/** A file and the tests beside it, where they are called as it is. */
const subject = (file: string, ...more: readonly string[]): Subject => ({
  file,
  tests: more.length > 0 ? more : [`test/${file.replace(/\.tsx?$/, '.test.ts')}`],
});

const SUBJECTS: readonly Subject[] = [
  subject(
    'allocators/xen/page-account.ts',
    'test/allocators/xen/xmalloc-tlsf.test.ts',
    'test/allocators/xen/golden.test.ts',
  ),
  subject('allocators/plan9/vector-trace.ts'),
  subject(
    'allocators/adapters/caller-dispatch.ts',
    'test/allocators/adapters/caller-dispatch.test.ts',
    'test/allocators/adapters/migration.test.ts',
  ),
  subject('harness/compare/limits.ts'),
  subject('harness/explain/story.ts'),
  subject('harness/machine/ledger.ts'),
  subject('harness/metrics/fragmentation.ts'),
  subject('harness/pricing/specification.ts'),
  subject('harness/replay/oracle.ts'),
  subject('harness/results/folder.ts'),
  subject(
    'harness/studies/audit/policy.ts',
    'test/harness/studies/audit/policy.test.ts',
    'test/reports/audit.test.ts',
    'test/harness/cli/audit.test.ts',
  ),
  subject('harness/suite/shard.ts'),
  subject('harness/text/numbers.ts'),
  subject(
    'reports/verdict.ts',
    'test/reports/verdict.test.ts',
    'test/reports/markdown.test.ts',
    'test/reports/html.test.ts',
  ),
  subject('reports/text-columns.ts'),
  subject(
    'traces/formats/csv-reader.ts',
    'test/traces/formats/csv-reader.test.ts',
    'test/traces/formats/csv-bad-input.test.ts',
  ),
  subject('traces/importers/kmem.ts'),
  subject('traces/input/lines.ts'),
  subject('traces/synthesizers/radix-tree.ts'),
  subject('traces/tools/slice.ts'),
];

const folder = mkdtempSync(path.join(tmpdir(), 'alloc-replay-'));
test.after(() => rmSync(folder, { recursive: true, force: true }));

let tried = 0;
let survived = 0;

for (const each of SUBJECTS) {
  test(`of ${each.file} changes are noticed`, async () => {
    const verdict = await survivorsOf(each, MUTANTS_MAX, folder);
    const { survivors } = verdict;
    const list = survivors.map(({ line, what }) => `  ${each.file}:${line}: ${what}\n`).join('');
    process.stdout.write(`${each.file}: ${verdict.tried - survivors.length} of ${verdict.tried}\n${list}`);
    tried += verdict.tried;
    survived += survivors.length;
    assert.ok(survivors.length < verdict.tried, `of ${each.file} whatever is changed survives`);
  });
}

test('of all changes four in five are noticed at least', () => {
  const noticed = tried - survived;
  process.stdout.write(`in all: ${noticed} of ${tried}\n`);
  assert.ok(noticed >= tried * NOTICED_SHARE_MIN, `${noticed} of ${tried}`);
});

test.run();
