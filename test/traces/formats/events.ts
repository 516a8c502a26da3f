import * as fc from 'fast-check';
import { EventColumns } from '../../../traces/columns';
import {
  LARGEST_INTEGER,
  NOTHING,
  OP,
  OP_NAMES,
  TraceEvent,
  type EventSource,
  type OpName,
  type TraceHeader,
} from '../../../traces/trace';

/** What the tests of the formats share: events as plain objects, the columns they make, and arbitrary ones. */

export const SEED = 20081121;

export const someHeader: TraceHeader = { name: 'some', origin: { kind: 'recorded', format: 'test' } };

/** One event with its texts spelled out; what is left out is the default. */
export interface PlainEvent {
  readonly op: OpName;
  readonly id?: number;
  readonly size?: number;
  readonly align?: number;
  readonly offset?: number;
  readonly span?: number;
  readonly cpu?: number;
  readonly site?: string;
  readonly call?: string;
  readonly value?: string;
}

export function columnsOf(events: readonly PlainEvent[]): EventColumns {
  const columns = new EventColumns();
  const event = new TraceEvent();
  for (const plain of events) {
    event.set(OP[plain.op], plain.id ?? 0, plain.size ?? 0, plain.align ?? 0);
    event.offset = plain.offset ?? 0;
    event.span = plain.span ?? 0;
    event.cpu = plain.cpu ?? 0;
    event.site = columns.texts.intern(plain.site ?? '');
    event.call = columns.texts.intern(plain.call ?? '');
    event.value = columns.texts.intern(plain.value ?? '');
    columns.append(event);
  }
  return columns;
}

/** Every event of a source, with every column; the source is read to its end and closed. */
export async function eventsOf(source: EventSource): Promise<Required<PlainEvent>[]> {
  const events: Required<PlainEvent>[] = [];
  const event = new TraceEvent();
  try {
    do {
      while (source.next(event, NOTHING)) {
        events.push(plainEvent(event, source));
      }
    } while (await source.refill());
  } finally {
    await source.close();
  }
  return events;
}

/** The same, of what is lent the events of at most `most` at once and then one by itself. */
export async function lentEventsOf(source: EventSource, most: number): Promise<Required<PlainEvent>[]> {
  const events: Required<PlainEvent>[] = [];
  const event = new TraceEvent();
  const lend = (): boolean => {
    const run = source.lend?.();
    const count = run === undefined ? 0 : Math.min(most, run.until - run.from);
    for (let index = run?.from ?? 0; index < (run?.from ?? 0) + count; index++) {
      event.set(run!.ops[index]!, run!.ids[index]!, run!.sizes[index]!, run!.aligns[index]!);
      events.push(plainEvent(event, source));
    }
    if (count > 0) {
      source.skip!(count);
    }
    return count > 0;
  };
  const next = (): boolean => {
    const isThere = source.next(event, NOTHING);
    if (isThere) {
      events.push(plainEvent(event, source));
    }
    return isThere;
  };
  try {
    do {
      while (lend() || next()) {
        next();
      }
    } while (await source.refill());
  } finally {
    await source.close();
  }
  return events;
}

function plainEvent(event: TraceEvent, { texts }: EventSource): Required<PlainEvent> {
  const { op, id, size, align, offset, span, cpu } = event;
  return {
    op: OP_NAMES[op]!,
    ...{ id, size, align, offset, span, cpu },
    site: texts.text(event.site),
    call: texts.text(event.call),
    value: texts.text(event.value),
  };
}

const natural = fc.oneof(
  { arbitrary: fc.nat(5000), weight: 6 },
  { arbitrary: fc.maxSafeNat(), weight: 1 },
  {
    arbitrary: fc.constantFrom(0, 255, 65535, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, LARGEST_INTEGER),
    weight: 1,
  },
);
const align = fc.oneof(
  { arbitrary: fc.constant(0), weight: 4 },
  { arbitrary: fc.nat(52).map((power) => 2 ** power), weight: 1 },
);
const offset = fc.oneof(
  natural,
  natural.map((value) => (value === 0 ? 0 : -value)),
);
const text = fc.oneof(
  {
    arbitrary: fc.constantFrom(
      '',
      'main',
      'xzalloc',
      'a,b',
      'say "x"',
      'two\nlines',
      '\r',
      ' ',
      '=1+1',
      'ü€𝄞',
    ),
    weight: 3,
  },
  {
    arbitrary: fc.string({ unit: 'binary', maxLength: 12 }).filter((value) => !value.includes('\0')),
    weight: 1,
  },
);
const byte = fc.nat(255).map(String);
const rare = <T>(arbitrary: fc.Arbitrary<T>, usual: T) =>
  fc.oneof({ arbitrary: fc.constant(usual), weight: 3 }, { arbitrary, weight: 1 });

/** Events legal one by one, in no sensible order: what every format must carry. */
export const anyEvents: fc.Arbitrary<PlainEvent[]> = fc.array(
  fc.record({ op: fc.constantFrom(...OP_NAMES), id: natural, size: natural, align }).chain(
    (required) =>
      fc.record({
        ...Object.fromEntries(Object.entries(required).map(([name, value]) => [name, fc.constant(value)])),
        offset: rare(offset, 0),
        span: rare(natural, 0),
        cpu: rare(natural, 0),
        site: rare(text, ''),
        call: rare(text, ''),
        value: required.op === 'fill' || required.op === 'overrun' ? byte : rare(text, ''),
      }) as unknown as fc.Arbitrary<PlainEvent>,
  ),
  { maxLength: 60, size: 'max' },
);
