import type { TraceEvent } from '../../../traces/trace';
import type { Annotation, Via } from './annotation';
import type { Generation, Moment, Sentence } from './finding';
import type { Findings, Objects } from './findings';
import type { Call, TrackedObject } from './tracked';

/** The explicit releases of an annotated trace, and the resizes: who may free what, and what becomes of it. */
export class Releases {
  constructor(
    private readonly generation: Generation,
    private readonly objects: Objects,
    private readonly findings: Findings,
  ) {}

  free(event: TraceEvent, said: Annotation, call: Call | undefined, at: Moment): void {
    const via = said.via ?? 'libc';
    const by = releasedBy(via, said.destructor, call);
    const object = this.objects.get(event.id);
    if (object === undefined) {
      this.foreign(undefined, `object ${event.id}, which no allocation returned, is freed`, by, at);
    } else if (event.offset !== 0) {
      const place = event.offset > 0 ? `${event.offset} bytes behind` : `${-event.offset} bytes before`;
      this.foreign(object, `a pointer ${place} the start of object ${object.id} is freed`, by, at);
      // That it leaks for this reason is not worth another finding.
      object.told = true;
    } else if (object.freedBy !== undefined) {
      this.findings.add('V5', at, object, [`object ${object.id} is freed again`, ...by]);
    } else if (via === 'gc') {
      this.freeThroughGc(object, call, by, at);
    } else {
      this.freePastGc(object, via, by, at);
    }
  }

  resize(event: TraceEvent, said: Annotation, call: Call | undefined, at: Moment): void {
    const object = this.objects.get(event.id);
    const by = call === undefined ? [] : [' by ', ...call.words];
    if (object === undefined) {
      this.foreign(undefined, `object ${event.id}, which no allocation returned, is resized`, by, at);
      return;
    }
    if (object.freedBy !== undefined) {
      this.findings.add('V7', at, object, [`object ${object.id} is resized`, ...by, ' after it was freed']);
      return;
    }
    const throughGc = (said.via ?? 'gc') === 'gc';
    if (!throughGc && object.inPool) {
      this.findings.add('V2', at, object, [`object ${object.id} of the pool is resized past its gc`, ...by]);
    } else if (throughGc && this.generation === 2 && call?.gc && !object.tables.includes(call.gc)) {
      const problem = `object ${object.id} is resized through the gc of `;
      this.findings.add('V13', at, object, [problem, ...call.words, ', which does not hold it']);
    }
    object.bytes = event.size;
    object.happened(at, `resized to ${event.size} bytes`, ...by);
  }

  /** The gc's own free: it looks for the pointer in its table, clears the slot and frees the object. */
  private freeThroughGc(object: TrackedObject, call: Call | undefined, by: Sentence, at: Moment): void {
    const isIn = call?.gc === undefined ? object.inPool : object.tables.includes(call.gc);
    if (!isIn) {
      const stands = object.inPool ? 'stands in another gc' : 'stands in no gc';
      this.foreign(object, `object ${object.id}, which ${stands}, is freed`, by, at);
      return;
    }
    // The call went with generation 2, so that nothing happens there.
    const isHarmless = this.generation !== 2;
    const problem = `object ${object.id} of the pool is freed explicitly`;
    this.findings.add('V2', at, object, [problem, ...by], isHarmless ? 'warning' : 'error');
    if (!isHarmless) {
      return;
    }
    object.unregister();
    this.bury(object, 'gc', by, at);
  }

  /** Anybody else's free: the object goes, but stays in the table that it stands in. */
  private freePastGc(object: TrackedObject, via: Via, by: Sentence, at: Moment): void {
    if (object.inPool && via !== 'app') {
      this.findings.add('V2', at, object, [`object ${object.id} of the pool is freed explicitly`, ...by]);
    }
    this.bury(object, via, by, at);
  }

  private bury(object: TrackedObject, via: Via, by: Sentence, at: Moment): void {
    object.handTo({ kind: 'nobody' });
    object.happened(at, 'freed', ...by);
    object.freedBy = via;
    object.freedAt = at;
    this.objects.bury(object);
  }

  private foreign(object: TrackedObject | undefined, what: string, by: Sentence, at: Moment): void {
    this.findings.add('V6', at, object, [what, ...by]);
  }
}

function releasedBy(via: Via, destructor: string | undefined, call: Call | undefined): Sentence {
  if (via === 'app') {
    return [' by the application'];
  }
  if (destructor !== undefined) {
    return [' by ', { name: destructor }];
  }
  const through = via === 'gc' ? ' through the gc' : ' with free';
  return call === undefined ? [through] : [`${through} by `, ...call.words];
}
