import { InputError } from '../../../traces/input-error';
import type { Finding, FindingGroup, Moment, RuleCount, Sentence, Severity } from './finding';
import { RULES, type RuleId } from './rules';
import type { TrackedObject } from './tracked';

/** Programs have fewer call sites that go wrong; a hostile trace must not fill the memory with more. */
const GROUPS_MAX = 1 << 12;

interface GroupUnderWay {
  readonly first: Finding;
  findings: number;
  bytes: number;
  lastEvent: number;
}

/** Gathers what is found, within bounds: past the limit findings are only counted. */
export class Findings {
  private readonly list: Finding[] = [];
  private readonly groups = new Map<string, GroupUnderWay>();
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
    const { event, line } = at;
    const key = [rule, severity, siteOf(object), withoutNumbers(problem)].join('\n');
    const group = this.groups.get(key);
    const isListed = this.list.length < this.findingsMax;
    const isFirst = group === undefined && this.groups.size < GROUPS_MAX;
    if (isListed || isFirst) {
      const finding = { rule, severity, event, line, problem, object: object?.life() ?? null };
      if (isListed) {
        this.list.push(finding);
      }
      if (isFirst) {
        this.groups.set(key, { first: finding, findings: 1, bytes: object?.bytes ?? 0, lastEvent: event });
      }
    }
    if (group !== undefined) {
      group.findings += 1;
      group.bytes = Math.min(group.bytes + (object?.bytes ?? 0), Number.MAX_SAFE_INTEGER);
      group.lastEvent = Math.max(group.lastEvent, event);
    }
  }

  /** In the order of the events they are about. */
  finish(): Finding[] {
    return [...this.list].sort((one, other) => one.event - other.event);
  }

  finishGroups(): FindingGroup[] {
    const groups = [...this.groups.values()].sort((one, other) => one.first.event - other.first.event);
    const isError = ({ first }: FindingGroup) => first.severity === 'error';
    const warnings = groups.filter((group) => !isError(group));
    return [...groups.filter(isError), ...warnings.sort((one, other) => other.bytes - one.bytes)];
  }

  ruleCounts(): RuleCount[] {
    return RULES.flatMap(({ id }) => {
      const findings = this.counts.get(id);
      return findings === undefined ? [] : [{ rule: id, findings }];
    });
  }
}

/** Where an object was allocated; without a name of that, by which routine and how large to the power of two. */
function siteOf(object: TrackedObject | undefined): string {
  if (object === undefined) {
    return '';
  }
  const { site, routine, bytes } = object;
  return site === '' ? `${routine} ${bytes.toString(2).length}` : site;
}

/** What two problems have in common that are about different objects. */
const withoutNumbers = (problem: Sentence): string =>
  problem
    .map((part) => (typeof part === 'string' ? part.replace(/\d+/g, '#') : JSON.stringify(part.name)))
    .join('');

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
