import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as v from 'valibot';
import { explanationSchema, type Explanation } from '../../../harness/explain/explanation';
import { EXPLANATION_FORMATS, renderExplanation } from '../../../reports/explain/registry';
import { traceFromSpecification } from '../../../traces/synthesizers/registry';
import type { Trace } from '../../../traces/trace';
import { explained, sum } from '../../harness/explain/explained';
import { traceOf } from '../../harness/replay/toy-engine';

const test = suite('explain: formats');

/** A name that would break out of a line, a stack or a document if it could. */
const HOSTILE = 'a;b 7\n\u001b[31m"}]</script>';

const named = (trace: Trace, name: string): Trace => ({
  header: { ...trace.header, name },
  open: () => trace.open(),
});

/** Two operations with loops, locks, bulk moves and steps of several engines. */
async function example(name = 'storm'): Promise<Explanation> {
  const trace = named(traceFromSpecification('synth:half-page-storm?live=40&ops=40'), name);
  return explained({ engine: 'xmalloc-first-fit', trace, choice: { kind: 'worst', count: 2 } });
}

async function examples(): Promise<Explanation[]> {
  const moves = traceOf([
    'alloc,1,9000,0',
    'alloc,2,64,0',
    'realloc,1,90000,0',
    `free,2,0,0,0,0,0,${'site;x'}`,
  ]);
  return [
    await example(),
    await example(HOSTILE),
    await explained({ engine: 'xmalloc-tlsf', trace: moves, choice: { kind: 'worst', count: 4 } }),
    await explained({ engine: 'vmalloc', trace: moves, choice: { kind: 'worst', count: 4 } }),
  ];
}

/** The parts of https://www.speedscope.app/file-format-schema.json that an evented profile needs. */
const speedscopeFile = v.strictObject({
  $schema: v.literal('https://www.speedscope.app/file-format-schema.json'),
  exporter: v.string(),
  name: v.string(),
  activeProfileIndex: v.number(),
  shared: v.strictObject({
    frames: v.array(
      v.strictObject({
        name: v.string(),
        file: v.optional(v.string()),
        line: v.optional(v.number()),
        col: v.optional(v.number()),
      }),
    ),
  }),
  profiles: v.array(
    v.strictObject({
      type: v.literal('evented'),
      name: v.string(),
      unit: v.picklist(['none', 'nanoseconds', 'microseconds', 'milliseconds', 'seconds', 'bytes']),
      startValue: v.number(),
      endValue: v.number(),
      events: v.array(v.strictObject({ type: v.picklist(['O', 'C']), frame: v.number(), at: v.number() })),
    }),
  ),
});

test('speedscope: the published format, balanced events in order, times that add up', async () => {
  for (const explanation of await examples()) {
    const file = v.parse(speedscopeFile, JSON.parse(renderExplanation('speedscope', explanation)));
    assert.is(file.profiles.length, explanation.operations.length);
    for (const [index, { events, startValue, endValue, unit }] of file.profiles.entries()) {
      assert.equal([startValue, endValue, unit], [0, explanation.operations[index]!.cycles, 'none']);
      const open: { frame: number; own: number }[] = [];
      let at = 0;
      let own = 0;
      for (const event of events) {
        assert.ok(file.shared.frames[event.frame] !== undefined, 'a frame of the table');
        assert.ok(event.at >= at && event.at <= endValue, 'not back in time, nor beyond the end');
        own += open.length > 0 ? event.at - at : 0;
        at = event.at;
        if (event.type === 'O') {
          open.push({ frame: event.frame, own: 0 });
        } else {
          assert.is(open.pop()?.frame, event.frame, 'what is closed is what was opened last');
        }
      }
      assert.equal([open.length, own, at], [0, endValue, endValue], 'all closed, all cycles within frames');
    }
  }
});

const eventArguments = v.pipe(v.record(v.string(), v.union([v.number(), v.string()])), v.minEntries(1));

/** Chrome's trace-event format: complete, counter and metadata events, as its document describes them. */
const traceEventFile = v.strictObject({
  displayTimeUnit: v.picklist(['ms', 'ns']),
  otherData: v.record(v.string(), v.string()),
  traceEvents: v.array(
    v.variant('ph', [
      v.strictObject({
        ph: v.literal('X'),
        name: v.string(),
        cat: v.string(),
        ts: v.pipe(v.number(), v.minValue(0)),
        dur: v.pipe(v.number(), v.minValue(0)),
        pid: v.number(),
        tid: v.number(),
        args: v.optional(eventArguments),
      }),
      v.strictObject({
        ph: v.literal('C'),
        name: v.string(),
        ts: v.pipe(v.number(), v.minValue(0)),
        pid: v.number(),
        tid: v.number(),
        args: v.record(v.string(), v.number()),
      }),
      v.strictObject({
        ph: v.literal('M'),
        name: v.picklist(['process_name', 'thread_name']),
        pid: v.number(),
        tid: v.number(),
        args: v.strictObject({ name: v.string() }),
      }),
    ]),
  ),
});

test('trace-event: the published format, spans that nest, and cycles that add up', async () => {
  for (const explanation of await examples()) {
    const { traceEvents } = v.parse(
      traceEventFile,
      JSON.parse(renderExplanation('trace-event', explanation)),
    );
    for (const [index, { cycles, locks }] of explanation.operations.entries()) {
      const ours = traceEvents.filter(({ pid }) => pid === index + 1);
      const spans = ours.filter((event) => event.ph === 'X');
      assert.is(spans[0]!.dur, cycles);
      for (const tid of new Set(spans.map((span) => span.tid))) {
        assertNested(spans.filter((span) => span.tid === tid));
        assert.ok(
          ours.some((event) => event.ph === 'M' && event.tid === tid && event.name === 'thread_name'),
        );
      }
      const steps = spans.filter(({ cat }) => cat === 'step');
      const causes = spans.filter(({ cat }) => cat === 'cause');
      assert.is(sum(steps.map(({ dur }) => dur)), cycles);
      assert.is(sum(causes.map(({ dur }) => dur)), cycles);
      assert.is(
        spans.filter(({ cat }) => cat === 'lock').length,
        sum(locks.map((lock) => lock.intervals.length)),
      );
      const counters = ours.filter((event) => event.ph === 'C');
      const last = counters[counters.length - 1]!;
      assert.equal([sum(Object.values(last.args)), last.ts], [cycles, cycles]);
    }
  }
});

/** Spans of one thread, in the order of the file: each lies within the one that is open, or after it. */
function assertNested(spans: readonly { ts: number; dur: number }[]): void {
  const open: number[] = [];
  let begin = 0;
  for (const { ts, dur } of spans) {
    assert.ok(ts >= begin, 'in the order of their beginnings');
    begin = ts;
    while (open.length > 0 && open[open.length - 1]! <= ts && open[open.length - 1]! < ts + dur) {
      open.pop();
    }
    assert.ok(open.length === 0 || ts + dur <= open[open.length - 1]!, 'within what is open');
    open.push(ts + dur);
  }
}

test('collapsed: a stack and its cycles a line, and all lines are the operations', async () => {
  for (const explanation of await examples()) {
    const lines = renderExplanation('collapsed', explanation).trimEnd().split('\n');
    const cycles = lines.map((line) => {
      const [, stack, count] = /^(.+) (\d+)$/.exec(line)!;
      assert.ok(stack!.split(';').length >= 4 && Number(count) > 0, line);
      return Number(count);
    });
    assert.is(sum(cycles), sum(explanation.operations.map((operation) => operation.cycles)));
    assert.is(new Set(lines.map((line) => line.replace(/ \d+$/, ''))).size, lines.length, 'no stack twice');
  }
});

test('JSON is what its schema says', async () => {
  for (const explanation of await examples()) {
    const parsed: unknown = JSON.parse(renderExplanation('json', explanation));
    assert.equal(v.parse(explanationSchema, parsed), explanation);
  }
});

test('text says in its first lines what was slow and why', async () => {
  const text = renderExplanation('text', await example());
  const [head, , title, steps, search, writers] = text.split('\n');
  assert.match(head!, /^xmalloc-first-fit on storm, \d+ events, priced zen4-2022$/);
  assert.match(
    title!,
    /^#\d+ (alloc|free) of object \d+ \([\d,]+ B\): [\d,]+ cycles, the dearest of [\d,]+ \w+ \(median/,
  );
  assert.match(steps!, /^(> )?\d+ % of its cycles went into "[^"]+"/);
  assert.match(`${search}\n${writers}`, /blocks|steps/);
});

test('text ranks no engine that failed before one that did the work', async () => {
  const trace = traceOf(['alloc,1,9000,0']);
  const against = ['xmalloc-subpage', 'vmalloc'];
  const served = renderExplanation('text', await explained({ engine: 'xenheap-pages', trace, against }));
  const [, others] = served.split('The same operation on other engines:\n');
  assert.match(
    others!,
    /^ +engine .*\n +xenheap-pages <.*\n +vmalloc .*\n +xmalloc-subpage: failed, after \d+ cycles?\n$/,
  );
  const refused = renderExplanation('text', await explained({ engine: 'xmalloc-subpage', trace }));
  assert.match(refused, '#0 alloc of object 1 (9,000 B), which failed: ');
});

test('no format lets a name break out', async () => {
  const explanation = await example(HOSTILE);
  for (const format of EXPLANATION_FORMATS) {
    const text = renderExplanation(format, explanation);
    assert.not.match(text, '\u001b', format);
    assert.not.match(text, 'a;b 7\n', format);
  }
});

test.run();
