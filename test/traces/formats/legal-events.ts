import * as fc from 'fast-check';
import type { PlainEvent } from './events';

/** Whole legal traces with every op that concerns objects: ids are used again, calls nest, temporaries die. */

interface Step {
  readonly choice: number;
  readonly pick: number;
  readonly size: number;
}

const step: fc.Arbitrary<Step> = fc.record({ choice: fc.nat(99), pick: fc.nat(), size: fc.nat(5000) });

export const legalEvents: fc.Arbitrary<PlainEvent[]> = fc
  .array(step, { maxLength: 100, size: 'max' })
  .map((steps) => traceOf(steps));

function traceOf(steps: readonly Step[]): PlainEvent[] {
  const events: PlainEvent[] = [];
  const live: number[] = [];
  const freeIds = Array.from({ length: steps.length }, (_, id) => id);
  const calls: number[][] = [];
  for (const { choice, pick, size } of steps) {
    const id = live[pick % Math.max(1, live.length)];
    if (choice < 45 || id === undefined) {
      const fresh = freeIds.splice(pick % Math.min(3, freeIds.length), 1)[0]!;
      live.push(fresh);
      if (choice < 30) {
        events.push({ op: 'alloc', id: fresh, size });
      } else if (choice < 35) {
        events.push({ op: 'alignedalloc', id: fresh, size, align: 64, offset: -8 });
      } else {
        events.push({ op: 'heap', id: fresh, size, call: 'libxl_list' });
      }
    } else if (choice < 75) {
      live.splice(live.indexOf(id), 1);
      freeIds.unshift(id);
      events.push({ op: 'free', id });
    } else if (choice < 82) {
      events.push({ op: 'realloc', id, size });
    } else if (choice < 84) {
      events.push({ op: 'fill', id, value: String(size % 256) });
    } else if (choice < 86) {
      events.push({ op: 'msize', id, cpu: size % 4 });
    } else if (choice < 88) {
      events.push({ op: 'compact' });
    } else if (choice < 92) {
      calls.push([]);
      events.push({ op: 'enter', id: pick % 1000, call: 'libxl_list', value: 'kind=public' });
    } else if (choice < 96 && calls.length > 0) {
      const fresh = freeIds.pop()!;
      calls.at(-1)!.push(fresh);
      events.push({ op: 'temp', id: fresh, size });
    } else if (calls.length > 0) {
      freeIds.push(...calls.pop()!);
      events.push({ op: 'leave', id: pick % 1000 });
    }
  }
  return events;
}
