import { InputError } from '../../../traces/input-error';
import { NOTHING, OP, OP_NAMES, TraceEvent, type EventSource } from '../../../traces/trace';
import { AnnotationError, Annotations, type Annotation } from './annotation';
import type { AuditReport, Moment } from './finding';
import { Findings, Objects } from './findings';
import { Policy, type PolicyOptions } from './policy';
import { mismatch } from './routines';
import { TrackedObject } from './tracked';

export interface AuditOptions extends PolicyOptions {
  /** How many findings are listed; the others are counted. */
  readonly findingsMax: number;
}

/** A source that can say where the event it gave last stands, as `file:line:column`. */
type MaybePlaced = EventSource & { place?(): string };

/**
 * Reads a trace to its end and says what it does wrong: libxl's policy where it is annotated, and for every trace
 * leaks, double frees, frees of what was never allocated, and frees by the wrong routine. The source must not be one
 * that refuses such events. Rejects with an `InputError` for what cannot be understood. Memory is bounded by what
 * lives at once.
 */
export async function audit(source: EventSource, options: AuditOptions): Promise<AuditReport> {
  const auditor = new Auditor(source, options);
  try {
    await auditor.run();
  } finally {
    await source.close();
  }
  return auditor.report();
}

class Auditor {
  private readonly event = new TraceEvent();
  private readonly objects = new Objects();
  private readonly findings: Findings;
  private readonly policy: Policy;
  private readonly annotations: Annotations;
  private events = 0;
  private at: Moment = { event: 0, line: null };

  constructor(
    private readonly source: MaybePlaced,
    private readonly options: AuditOptions,
  ) {
    this.findings = new Findings(options.findingsMax);
    this.policy = new Policy(options, this.objects, this.findings);
    this.annotations = new Annotations(source.texts);
  }

  async run(): Promise<void> {
    do {
      while (this.source.next(this.event, NOTHING)) {
        this.takePlaced();
      }
    } while (await this.source.refill());
    this.policy.finish();
  }

  report(): AuditReport {
    const { generation, nested } = this.options;
    return {
      trace: this.source.header.name,
      generation,
      nested,
      events: this.events,
      findings: this.findings.finish(),
      groups: this.findings.finishGroups(),
      counts: this.findings.ruleCounts(),
    };
  }

  private takePlaced(): void {
    this.at = { event: this.events, line: lineOf(this.source) };
    this.events += 1;
    try {
      this.take();
    } catch (error) {
      throw error instanceof AnnotationError ? this.inputError(error.details) : error;
    }
  }

  private take(): void {
    const { event, source } = this;
    const said = this.annotations.of(event.op, event.value);
    switch (event.op) {
      case OP.alloc:
      case OP.alignedalloc:
        return this.allocated();
      case OP.free:
        return this.isPolicys(said) ? this.policyTakes(said) : this.freed();
      case OP.realloc:
        return this.isPolicys(said) ? this.policyTakes(said) : this.resized();
      case OP.msize:
      case OP.overrun:
      case OP.fill:
        return this.touched();
      case OP.compact:
      case OP.check:
      case OP.dump:
        return;
      case OP.temp:
      case OP.heap:
        this.refuseLiveId();
        return this.policyTakes(said);
      default:
        return this.policy.take(event, said, source.texts.text(event.call), this.at);
    }
  }

  /** Whether a free or a resize is a matter of the policy: by what is said of it, or by its object. */
  private isPolicys(said: Annotation): boolean {
    const origin = this.objects.get(this.event.id)?.origin ?? 'plain';
    return said.via !== undefined || said.call !== undefined || origin !== 'plain';
  }

  private policyTakes(said: Annotation): void {
    this.policy.take(this.event, said, '', this.at);
  }

  private allocated(): void {
    this.refuseLiveId();
    const { id, size } = this.event;
    const object = new TrackedObject(id, size, 'plain');
    object.routine = this.source.texts.text(this.event.call);
    object.site = this.source.texts.text(this.event.site);
    object.happened(this.at, ...this.deed('allocated'));
    this.objects.add(object);
  }

  private freed(): void {
    const { event, at, findings } = this;
    const object = this.objects.get(event.id);
    if (object === undefined) {
      const problem = `object ${event.id}, which was not allocated, is freed`;
      findings.add('unknown-free', at, undefined, this.deed(problem));
    } else if (object.freedBy !== undefined) {
      findings.add('double-free', at, object, this.deed(`object ${event.id} is freed again`));
    } else if (event.offset !== 0) {
      const problem = `a pointer into object ${event.id}, not its start, is freed`;
      findings.add('unknown-free', at, object, this.deed(problem));
    } else {
      const freeing = this.source.texts.text(event.call);
      const wrong = mismatch(object.routine, object.bytes, freeing);
      if (wrong !== undefined) {
        findings.add('mismatched-free', at, object, [
          `object ${event.id}: ${wrong}`,
          ...this.routines(object),
        ]);
      }
      object.happened(at, ...this.deed('freed'));
      object.freedBy = 'plain';
      object.freedAt = at;
      this.objects.bury(object);
    }
  }

  private routines({ routine }: TrackedObject) {
    const by = routine === '' ? [] : ['; it came from ', { name: routine }];
    return [...by, ' and goes to ', { name: this.source.texts.text(this.event.call) }];
  }

  private resized(): void {
    const object = this.objects.get(this.event.id);
    if (object === undefined || object.freedBy !== undefined) {
      return this.touched();
    }
    object.bytes = this.event.size;
    object.happened(this.at, ...this.deed(`resized to ${this.event.size} bytes`));
  }

  private touched(): void {
    const { op, id } = this.event;
    if (this.objects.isLive(id)) {
      return;
    }
    const object = this.objects.get(id);
    const when = object === undefined ? 'but was not allocated' : 'after it was freed';
    this.findings.add('use-after-free', this.at, object, [
      `object ${id} is the object of ${OP_NAMES[op]} ${when}`,
    ]);
  }

  /** What happened, and by which routine or at which site where the trace says so. */
  private deed(what: string) {
    const { texts } = this.source;
    const { call, site } = this.event;
    return [
      what,
      ...(call === 0 ? [] : [' by ', { name: texts.text(call) }]),
      ...(site === 0 ? [] : [' at ', { name: texts.text(site) }]),
    ];
  }

  private refuseLiveId(): void {
    const { op, id } = this.event;
    if (!this.objects.isLive(id)) {
      return;
    }
    throw this.inputError({
      problem: `${OP_NAMES[op]} of id ${id}, which is live`,
      expected: 'an id that is not live',
    });
  }

  private inputError({ problem, expected }: { problem: string; expected: string }): InputError {
    const { event, line } = this.at;
    const where = line === null ? this.source.header.name : this.source.place!();
    return new InputError({ where, problem: `event ${event}: ${problem}`, expected });
  }
}

/** The line of a place `file:line:column`; null for sources without lines. */
function lineOf(source: MaybePlaced): number | null {
  const line = /:(\d+)(?::\d+)?$/.exec(source.place?.() ?? '')?.[1];
  return line === undefined ? null : Number(line);
}
