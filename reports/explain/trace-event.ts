import type { ExplainedOperation, Explanation } from '../../harness/explain/explanation';
import { storySteps } from '../../harness/explain/story';
import { jsonText } from '../../harness/results/json-text';
import { operationSpan, type Span } from './spans';
import { operationTitle } from './words';

/**
 * An explanation in Chrome's trace-event format, which Perfetto, chrome://tracing and speedscope open: a process an
 * operation, a thread for its steps and one for each lock, and a counter of its cycles by cause.
 */
export function explanationTraceEvents(explanation: Explanation): string {
  const { engine, trace, pricing, operations } = explanation;
  return jsonText({
    traceEvents: operations.flatMap((operation, index) => operationEvents(operation, index + 1, engine.name)),
    displayTimeUnit: 'ns',
    otherData: {
      engine: engine.name,
      trace: trace.name,
      pricing: pricing.id,
      time: 'one microsecond of this file is one modelled cycle',
    },
  });
}

const STEPS_THREAD = 1;
const LOCKS_THREAD = 2;

function operationEvents(operation: ExplainedOperation, pid: number, engine: string): object[] {
  return [
    metadata('process_name', pid, STEPS_THREAD, `${pid}. ${operationTitle(operation)}`),
    metadata('thread_name', pid, STEPS_THREAD, 'steps'),
    ...operation.locks.map(({ name }, lock) =>
      metadata('thread_name', pid, LOCKS_THREAD + lock, `lock ${name}`),
    ),
    ...spanEvents(operationSpan(operation, engine), 0, pid),
    ...lockEvents(operation, pid),
    ...counterEvents(operation, pid),
  ];
}

function metadata(name: string, pid: number, tid: number, value: string): object {
  return { ph: 'M', name, pid, tid, args: { name: value } };
}

/** Complete events: they nest by the time that they contain. */
function spanEvents(span: Span, from: number, pid: number): object[] {
  const events: object[] = [
    completeEvent(span.name, span.kind, from, span.cycles, pid, STEPS_THREAD, span.facts),
  ];
  let at = from;
  for (const child of span.children) {
    events.push(...spanEvents(child, at, pid));
    at += child.cycles;
  }
  return events;
}

function completeEvent(
  name: string,
  cat: string,
  ts: number,
  dur: number,
  pid: number,
  tid: number,
  args: object,
): object {
  const event = { ph: 'X', name, cat, ts, dur, pid, tid };
  // Tools show what an event has beside its name, an empty object too.
  return Object.keys(args).length === 0 ? event : { ...event, args };
}

function lockEvents({ locks }: ExplainedOperation, pid: number): object[] {
  return locks.flatMap(({ name, heldCycles, intervals }, lock) =>
    intervals.map(({ from, to }) =>
      completeEvent(`${name} held`, 'lock', from, to - from, pid, LOCKS_THREAD + lock, { heldCycles }),
    ),
  );
}

/** How the cycles of each cause have grown when a step ends. */
function counterEvents({ story, causes }: ExplainedOperation, pid: number): object[] {
  const grown: Record<string, number> = Object.fromEntries(Object.keys(causes).map((cause) => [cause, 0]));
  let at = 0;
  const event = () => ({
    ph: 'C',
    name: 'cycles by cause',
    ts: at,
    pid,
    tid: STEPS_THREAD,
    args: { ...grown },
  });
  return [
    event(),
    ...storySteps(story).map((step) => {
      for (const [cause, cycles] of Object.entries(step.causes)) {
        grown[cause] = (grown[cause] ?? 0) + cycles;
      }
      at += step.cycles;
      return event();
    }),
  ];
}
