import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { stringify } from 'csv-stringify/sync';
import { CANONICAL_HEADER, CanonicalCsvEncoder, TEXT_BYTES_MAX, textCell } from '../../traces/canonical-csv';
import { EventColumns } from '../../traces/columns';
import { BLOCK_EVENTS_MAX } from '../../traces/event-block';
import { IdentityHash, identityOf } from '../../traces/identity';
import { InputError } from '../../traces/input-error';
import { COLUMN_NAMES, LARGEST_INTEGER, OP, TraceEvent } from '../../traces/trace';
import { anyEvents, columnsOf, eventsOf, SEED, someHeader, type PlainEvent } from './formats/events';

const sha256 = (text: string) => createHash('sha256').update(text, 'utf8').digest('hex');

function canonicalCsv(events: readonly PlainEvent[]): string {
  const columns = columnsOf(events);
  const encoder = new CanonicalCsvEncoder(columns.texts);
  const event = new TraceEvent();
  encoder.header();
  for (let i = 0; i < columns.length; i++) {
    columns.event(i, event);
    encoder.row(event);
  }
  return Buffer.from(encoder.view()).toString('utf8');
}

test('the canonical CSV of a few events, letter by letter', () => {
  assert.is(
    canonicalCsv([
      { op: 'alloc', id: 0, size: 4080 },
      { op: 'alignedalloc', id: 1, size: 100, align: 64, offset: -8, span: 4096 },
      { op: 'alloc', id: 2, size: LARGEST_INTEGER, site: 'a,b' },
      { op: 'fill', id: 2, value: '85' },
      { op: 'enter', id: 3, call: 'say "x"' },
      { op: 'use', id: 3, cpu: 12 },
      { op: 'free' },
    ]),
    'op,id,size,align,offset,span,cpu,site,call,value\n' +
      'alloc,0,4080,0\n' +
      'alignedalloc,1,100,64,-8,4096\n' +
      'alloc,2,9007199254740991,0,0,0,0,"a,b"\n' +
      'fill,2,0,0,0,0,0,,,85\n' +
      'enter,3,0,0,0,0,0,,"say ""x"""\n' +
      'use,3,0,0,0,0,12\n' +
      'free,0,0,0\n',
  );
});

test('the identity is the sha256 of the canonical CSV', () => {
  assert.is(columnsOf([]).identity(), sha256(CANONICAL_HEADER));
  fc.assert(
    fc.property(anyEvents, (events) => {
      assert.is(columnsOf(events).identity(), sha256(canonicalCsv(events)));
    }),
    { seed: SEED, numRuns: 300 },
  );
});

test('csv-stringify writes the same cells', async () => {
  await fc.assert(
    fc.asyncProperty(anyEvents, async (events) => {
      const full = await eventsOf(columnsOf(events).source(someHeader));
      const rows = full.map((event) => {
        const cells = COLUMN_NAMES.map((name) => String(event[name]));
        while (cells.length > 4 && ['0', ''].includes(cells.at(-1)!)) {
          // A text "0" says something, the number 0 does not.
          if (cells.at(-1) === '0' && cells.length > 7) {
            break;
          }
          cells.pop();
        }
        return cells;
      });
      const expected = stringify(rows, { record_delimiter: '\n', quoted_match: /[\r\n]/ });
      assert.is(canonicalCsv(events), CANONICAL_HEADER + expected);
    }),
    { seed: SEED, numRuns: 300 },
  );
});

test('the identity may be asked for in between, and the hash goes on', () => {
  const columns = columnsOf([
    { op: 'alloc', id: 1, size: 5 },
    { op: 'free', id: 1 },
  ]);
  const hash = new IdentityHash(columns.texts);
  const event = new TraceEvent();
  columns.event(0, event);
  hash.add(event);
  assert.is(hash.digest(), columnsOf([{ op: 'alloc', id: 1, size: 5 }]).identity());
  assert.is(hash.digest(), hash.digest());
  columns.event(1, event);
  hash.add(event);
  assert.is(hash.digest(), columns.identity());
});

/** The identity as another thread would come by it, and after how many pauses. */
function identityElsewhere(columns: EventColumns): { identity: string; pauses: number } {
  const { data } = columns.trace(someHeader).identityTask!()!;
  const work = identityOf(structuredClone(data) as Parameters<typeof identityOf>[0]);
  for (let pauses = 0; ; pauses++) {
    const { done, value } = work.next();
    if (done === true) {
      return { identity: value, pauses };
    }
  }
}

test('another thread comes to the same identity', () => {
  fc.assert(
    fc.property(anyEvents, (events) => {
      const columns = columnsOf(events);
      const { identity } = identityElsewhere(columns);
      assert.is(identity, columns.identity());
      assert.is(columns.identityTask(), undefined, 'what is known is no task');
    }),
    { seed: SEED, numRuns: 200 },
  );
});

test('another thread may pause after each block', () => {
  const columns = new EventColumns();
  const event = new TraceEvent();
  for (let id = 0; id <= 2 * BLOCK_EVENTS_MAX; id++) {
    event.set(OP.alloc, id, 5, 0);
    columns.append(event);
  }
  assert.equal(identityElsewhere(columns), { pauses: 3, identity: columns.identity() });
});

test('what another thread is handed is copied nowhere', () => {
  const columns = columnsOf([
    { op: 'alloc', id: 1, size: LARGEST_INTEGER, align: 8 },
    { op: 'alloc', id: 2, size: 5, offset: -5, cpu: 3, site: 'main' },
  ]);
  const { data } = columns.trace(someHeader).identityTask!()!;
  assert.is(memoryOf(data).filter((buffer) => buffer.byteLength > 0).length, 1 + 3 + 1 + 2 + 2);
  assert.ok(memoryOf(data).every((buffer) => buffer instanceof SharedArrayBuffer));
});

/** What the typed arrays lie in that are anywhere in `data`. */
function memoryOf(data: unknown): ArrayBufferLike[] {
  if (ArrayBuffer.isView(data)) {
    return [data.buffer];
  }
  return typeof data === 'object' && data !== null ? Object.values(data).flatMap(memoryOf) : [];
}

test('numbers of every length are written in full', () => {
  for (let digits = 1; digits <= 16; digits++) {
    const smallest = 10 ** (digits - 1);
    for (const size of [smallest, Math.min(LARGEST_INTEGER, smallest * 10 - 1)]) {
      const offset = -size;
      assert.match(
        canonicalCsv([{ op: 'alloc', id: size, size, offset }]),
        `\nalloc,${size},${size},0,${offset}\n`,
      );
    }
  }
});

test('a text that no CSV can hold is refused', () => {
  assert.throws(
    () => textCell('a\0b'),
    (error: Error) => error instanceof InputError,
  );
  assert.throws(
    () => textCell('\ud800'),
    (error: Error) => error instanceof InputError,
  );
  assert.throws(
    () => textCell('é'.repeat(TEXT_BYTES_MAX / 2) + 'x'),
    (error: Error) => error instanceof InputError,
  );
  assert.is(textCell('é'.repeat(TEXT_BYTES_MAX / 2)).length, TEXT_BYTES_MAX);
});

test.run();
