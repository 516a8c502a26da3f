import type { Moment, Sentence } from './finding';
import type { Findings, Objects } from './findings';
import type { Context, Gc, TrackedObject } from './tracked';

/** What comes to light when a pool, a context or the trace ends. */

export class FreeAll {
  constructor(
    private readonly objects: Objects,
    private readonly findings: Findings,
  ) {}

  /** Frees every object of a table, in the order of its slots. */
  of(gc: Gc, by: Sentence, at: Moment): void {
    for (const object of [...gc.members]) {
      object.unregister();
      if (object.freedBy !== undefined) {
        this.findings.add('V5', at, object, [`object ${object.id} is freed again by `, ...by]);
        continue;
      }
      this.checkStored(object);
      object.happened(at, 'freed with all of the pool by ', ...by);
      object.freedBy = 'freeall';
      object.freedAt = at;
      this.objects.bury(object);
    }
  }

  private checkStored(object: TrackedObject): void {
    const { storedIn } = object;
    if (storedIn === undefined || storedIn.object.freedBy !== undefined) {
      return;
    }
    const { object: holder, at } = storedIn;
    const problem = `object ${object.id} of the pool is kept in object ${holder.id}, which outlives it`;
    this.findings.add('V12', at, object, [problem]);
  }
}

/** A context ends: what was kept in it had to be freed with it. */
export function endOfContext(context: Context, objects: Objects, findings: Findings, at: Moment): void {
  for (const object of objects.live()) {
    const { holder } = object;
    if (holder.kind !== 'context' || holder.context !== context || object.told) {
      continue;
    }
    object.told = true;
    const problem = `object ${object.id}, kept in context ${context.id}, is not freed with it`;
    findings.add('V4', at, object, [problem]);
  }
}

/** The trace ends: what lives now was never freed. It is told where the object was allocated. */
export function endOfTrace(objects: Objects, findings: Findings): void {
  for (const object of objects.live()) {
    if (object.told || object.inPool) {
      continue;
    }
    const at = object.bornAt;
    if (object.origin === 'plain') {
      const problem = `object ${object.id}, ${object.bytes} bytes, is never freed`;
      findings.add('leak', at, object, [problem], 'warning');
    } else if (object.parent?.freedBy === 'app') {
      outlivesParent(object, object.parent, findings);
    } else if (object.holder.kind === 'application') {
      const problem = `object ${object.id}, ${object.bytes} bytes, is never freed by the application`;
      findings.add('V4b', at, object, [problem], 'warning');
    } else {
      const problem = `object ${object.id}, ${object.bytes} bytes, is never freed`;
      findings.add('V4', at, object, [problem], object.holder.kind === 'context' ? 'warning' : 'error');
    }
  }
}

function outlivesParent(object: TrackedObject, parent: TrackedObject, findings: Findings): void {
  const problem = `the application frees object ${parent.id} but not object ${object.id} inside it`;
  findings.add('V14', parent.freedAt!, object, [problem]);
}
