import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { InputError } from '../../../../traces/input-error';
import { OP_NAMES } from '../../../../traces/trace';
import { auditRows } from './auditing';

const test = suite('audit: hostile traces');

const VALUES = [
  '',
  'kind=public',
  'kind=private gc=own',
  'kind=public gc=none ctx=2',
  'call=1',
  'call=1 to=app',
  'call=1 to=app inside=2',
  'to=internal',
  'in=ctx',
  'in=3',
  'via=gc',
  'via=libc',
  'via=app',
  'call=2 via=destructor:f',
  'by=app',
  'category=c gc=none',
];

/** Few ids, so that objects meet; values that fit their operation no more often than chance has it. */
const rows = fc.array(
  fc.record({
    op: fc.constantFrom(...OP_NAMES.filter((op) => op !== 'fill' && op !== 'overrun')),
    id: fc.integer({ min: 1, max: 4 }),
    size: fc.integer({ min: 0, max: 9000 }),
    offset: fc.constantFrom('', '8'),
    value: fc.constantFrom(...VALUES),
  }),
  { maxLength: 60 },
);

test('whatever a trace says, it is audited or refused', async () => {
  let audited = 0;
  await fc.assert(
    fc.asyncProperty(rows, fc.constantFrom(0, 1, 2), async (events, generation) => {
      // Calls open before all else, so that most annotations find one.
      const lines = events.map(
        ({ op, id, size, offset, value }) => `${op},${id},${size},0,${offset},,,${value}`,
      );
      for (let length = lines.length; length > 0; length = Math.floor(length / 2)) {
        try {
          await auditRows(['enter,1,0,0', 'enter,2,0,0', ...lines.slice(0, length)], {
            generation: generation as 0 | 1 | 2,
          });
          audited += 1;
        } catch (error) {
          assert.instance(error, InputError, String((error as Error).stack));
        }
      }
    }),
    { seed: 20081121, numRuns: 300 },
  );
  assert.ok(audited > 100, `${audited} audited`);
});

test.run();
