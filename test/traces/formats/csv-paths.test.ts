import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Readable } from 'node:stream';
import * as fc from 'fast-check';
import { EventBlock } from '../../../traces/event-block';
import { BoundedTexts } from '../../../traces/formats/bounded-texts';
import { CsvGeneralPath } from '../../../traces/formats/csv-general';
import { CsvInput } from '../../../traces/formats/csv-input';
import { CsvScanner } from '../../../traces/formats/csv-scanner';
import { LineNumbers } from '../../../traces/formats/line-numbers';
import { Problems } from '../../../traces/formats/problems';
import { openBytes } from '../../../traces/input/bytes';
import { COLUMN_NAMES, TraceEvent } from '../../../traces/trace';
import { canonicalCsv } from './csv-files';
import { anyEvents, columnsOf, SEED } from './events';

const allColumns = COLUMN_NAMES.map((_, column) => column);

/** The events that the fast path takes of these rows, and how many bytes it took. */
function fast(rows: Buffer, columns: readonly number[]) {
  const texts = new BoundedTexts();
  const block = new EventBlock();
  const taken = new CsvScanner(columns, texts).scan(rows, 0, rows.length, block);
  return { events: described(block, texts), taken };
}

/** The events that the general path takes of these rows, and whether it found nothing to complain of. */
async function general(rows: Buffer, columns: readonly number[]) {
  const input = new CsvInput(await openBytes(Readable.from([rows])));
  const [texts, block, lineNumbers] = [new BoundedTexts(), new EventBlock(), new LineNumbers()];
  const problems = new Problems(undefined);
  const path = new CsvGeneralPath({ input, columns, texts, block, lineNumbers, problems });
  await input.more();
  let taken: boolean;
  do {
    taken = input.at < input.linesEnd && !problems.stopped && path.take();
  } while (taken);
  return { events: described(block, texts), complaint: problems.failure?.message };
}

function described(block: EventBlock, { table }: BoundedTexts): string[] {
  const event = new TraceEvent();
  return Array.from({ length: block.length }, (_, i) => {
    block.read(i, event);
    const texts = [event.site, event.call, event.value].map((index) => table.text(index));
    const { op, id, size, align, offset, span, cpu } = event;
    return [op, id, size, align, offset, span, cpu, ...texts].join('|');
  });
}

const rowsOf = (events: Parameters<typeof columnsOf>[0]): Buffer => {
  const csv = canonicalCsv(columnsOf(events));
  return csv.subarray(csv.indexOf('\n') + 1);
};

test('both paths read the same events from our own rows, and the fast one takes all the plain ones', async () => {
  await fc.assert(
    fc.asyncProperty(anyEvents, async (events) => {
      const rows = rowsOf(events);
      const slow = await general(rows, allColumns);
      const quick = fast(rows, allColumns);
      assert.is(slow.complaint, undefined);
      assert.is(slow.events.length, events.length);
      assert.equal(quick.events, slow.events.slice(0, quick.events.length));
      if (/^[\n -!#-~]*$/.test(rows.toString('utf8'))) {
        assert.is(quick.taken, rows.length);
      }
    }),
    { seed: SEED, numRuns: 300 },
  );
});

test('whatever row the fast path takes, the general one reads the same', async () => {
  const mostly = (usual: readonly string[], unusual: readonly string[]) =>
    fc.oneof(
      { arbitrary: fc.constantFrom(...usual), weight: 12 },
      { arbitrary: fc.constantFrom(...unusual), weight: 1 },
    );
  const number = mostly(
    ['0', '1', '64', '4096', '4294967296', '4503599627370496'],
    [
      ...['9007199254740991', '9007199254740992', '99999999999999999', '', '00', '012', '-0', '-1', '-'],
      ...['-9007199254740991', '+1', '1.5', '1e3', ' 1', '1 ', '0x1', '1"', '\r', '3', '4294967298'],
    ],
  );
  const text = mostly(
    ['', 'main', ' ', 'a b', '255', '=1'],
    ['256', 'é', '\t', '"q"', 'say "x"', '\x7f', '\0'],
  );
  const op = mostly(
    ['alloc', 'free', 'fill', 'ctxfree', 'alignedalloc'],
    ['overrun', 'Free', 'fre', '', 'allocx', '"free"'],
  );
  const cell = [op, number, number, number, number, number, number, text, text, text];
  const ending = fc.constantFrom('\n', '\n', '\n', '\r\n', '\r\r\n', ',\n');
  const row = fc.tuple(fc.tuple(...cell), fc.integer({ min: 3, max: 10 }), ending);
  const someColumns = fc
    .shuffledSubarray(allColumns, { minLength: 4 })
    .filter((columns) => [0, 1, 2, 3].every((required) => columns.includes(required)));
  let rowsTaken = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(row, { minLength: 40, maxLength: 120 }),
      fc.oneof(fc.constant(allColumns), someColumns),
      async (rows, columns) => {
        const taken: Buffer[] = [];
        const events: string[] = [];
        for (const [cells, count, end] of rows) {
          const line = Buffer.from(
            columns
              .slice(0, count)
              .map((column) => cells[column]!)
              .join(',') + end,
          );
          const quick = fast(line, columns);
          assert.ok(quick.taken === 0 || quick.taken === line.length);
          if (quick.taken > 0) {
            taken.push(line);
          }
          events.push(...quick.events);
        }
        const slow = await general(Buffer.concat(taken), columns);
        assert.is(slow.complaint, undefined);
        assert.equal(slow.events, events);
        rowsTaken += events.length;
      },
    ),
    { seed: SEED, numRuns: 300 },
  );
  assert.ok(rowsTaken > 4000, `only ${rowsTaken} rows were compared`);
});

test.run();
