import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { traceRequest, type ReaderArguments } from '../../../harness/cli/options/reader-options';

const test = suite('cli: options of the traces that are read');

/** What the parser gives where nothing else was said. */
const given = (argv: Record<string, unknown>): ReaderArguments => argv as unknown as ReaderArguments;

test('what was not given is left out', () => {
  assert.equal(traceRequest('t.csv', given({})), { specification: 't.csv' });
  assert.equal(traceRequest('t.csv', given({ pid: 7 })).options, { importOptions: { pid: 7 } });
});

test('patterns say by themselves that the lines are of no format but theirs', () => {
  const patterns = { reAlloc: ['A(?<addr>.)(?<size>.)'], reFree: ['F(?<addr>.)'] };
  assert.is(traceRequest('own.log', given(patterns)).options?.['format'], 'regex');
  const forced = traceRequest('own.log', given({ ...patterns, traceFormat: 'valgrind' }));
  assert.is(forced.options?.['format'], 'valgrind', 'the importer then says that it has no use for them');
  assert.throws(() => traceRequest('own.log', given({ reFree: ['F'] })), /a pattern is missing/);
});

test.run();
