import { InputError } from '../../../traces/input-error';
import type { Finding, Moment, RuleCount, Sentence, Severity } from './finding';
import { RULES, type RuleId } from './rules';
import type { TrackedObject } from './tracked';

/** Gathers what is found, within bounds: past the limit findings are only counted. */
export class Findings {
  private readonly list: Finding[] = [];
  private readonly counts = new Map<RuleId, number>();

  constructor(private readonly findingsMax: number) {}

  add(
    rule: RuleId,
    at: Moment,
    object: TrackedObject | undefined,
    problem: Sentence,
    severity: Severity = 'error',
  ): void {
    this.counts.set(rule, (this.counts.get(rule) ?? 0) + 1);
    if (this.list.length >= this.findingsMax) return;
    const { event, line } = at;
    this.list.push({ rule, severity, event, line, problem, object: object?.life() ?? null });
  }

  /** In the order of the events they are about. */
  finish(): Finding[] {
    return [...this.list].sort((one, other) => one.event - other.event);
  }

  ruleCounts(): RuleCount[] {
    return RULES.flatMap(({ id }) => {
      const findings = this.counts.get(id);
      return findings === undefined ? [] : [{ rule: id, findings }];
    });
  }
}

/** What lives at once may not fill the memory; recordings of real programs stay far below. */
const LIVE_MAX = 1 << 21;

/** How many of the objects freed last are remembered: an id that is freed again later than that is unknown. */
const FREED_REMEMBERED_MAX = 1 << 16;

/** The objects by id: those that live, in the order of their birth, and the ones freed last. */
export class Objects {
  private readonly living = new Map<number, TrackedObject>();
  private readonly freed = new Map<number, TrackedObject>();

  get(id: number): TrackedObject | undefined {
    return this.living.get(id) ?? this.freed.get(id);
  }

  isLive(id: number): boolean {
    return this.living.has(id);
  }

  add(object: TrackedObject): void {
    if (this.living.size >= LIVE_MAX) {
      throw new InputError({
        problem: `more than ${LIVE_MAX} objects live at once`,
        expected: 'a shorter trace (`trace slice`)',
      });
    }
    this.freed.delete(object.id);
    this.living.set(object.id, object);
  }

  /** Moves a live object to the freed. */
  bury(object: TrackedObject): void {
    this.living.delete(object.id);
    this.freed.set(object.id, object);
    // What holds it does not matter any more, and must not be remembered for its sake.
    object.parent = undefined;
    object.storedIn = undefined;
    if (this.freed.size > FREED_REMEMBERED_MAX) {
      const [oldest] = this.freed.keys();
      this.freed.delete(oldest!);
    }
  }

  live(): Iterable<TrackedObject> {
    return this.living.values();
  }
}
