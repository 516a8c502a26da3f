import { OP, type TraceEvent } from '../../../traces/trace';
import type { Annotation } from './annotation';
import { AnnotationError } from './annotation';
import { Calls } from './calls';
import type { Generation, Moment, Nested } from './finding';
import type { Findings, Objects } from './findings';
import { nameProblem } from './names';
import { endOfContext, endOfTrace, FreeAll } from './endings';
import { Releases } from './releases';
import { APPLICATION, Gc, TrackedObject, type Call } from './tracked';

export interface PolicyOptions {
  readonly generation: Generation;
  readonly nested: Nested;
}

/**
 * libxl's memory policy on the annotated operations of a trace. The state of each object (in a pool, of malloc, freed)
 * is followed as the generation's own bookkeeping would have it; a violation is told when it happens, a loss when
 * nobody can make it good any more.
 */
export class Policy {
  private readonly calls = new Calls();
  private readonly releases: Releases;
  private readonly freeAll: FreeAll;
  /** Functions whose names were told already. */
  private readonly misnamed = new Set<string>();

  constructor(
    private readonly options: PolicyOptions,
    private readonly objects: Objects,
    private readonly findings: Findings,
  ) {
    this.releases = new Releases(options.generation, objects, findings);
    this.freeAll = new FreeAll(objects, findings);
  }

  /** Takes an event that only annotated traces hold, or a free or realloc that says through what. */
  take(event: TraceEvent, said: Annotation, callName: string, at: Moment): void {
    switch (event.op) {
      case OP.enter:
        return this.enter(event, said, callName, at);
      case OP.leave:
        return this.leave(this.calls.leave(event), at);
      case OP.temp:
        return this.temporary(event, said, at);
      case OP.heap:
        return this.heap(event, said, at);
      case OP.freeall:
        return this.freeEverything(event, at);
      case OP.ctxfree:
        return this.freeContext(event, at);
      case OP.free:
        return this.releases.free(event, said, this.calls.ifAny(event, said.call), at);
      case OP.realloc:
        return this.releases.resize(event, said, this.calls.ifAny(event, said.call), at);
      default:
        return this.handOn(event, said, at);
    }
  }

  /** Tells what is lost when the trace is over. */
  finish(): void {
    endOfTrace(this.objects, this.findings);
  }

  private enter(event: TraceEvent, said: Annotation, name: string, at: Moment): void {
    const call = this.calls.enter(event, name, said);
    const isNested = call.kind === 'public' && call.depth > 1;
    const gc = said.gc ?? this.gcByDefault(call, isNested);
    if (this.options.generation === 0) {
      call.gc = gc === 'none' ? undefined : call.context.gc;
    } else {
      call.gc = gc === 'own' ? new Gc(call) : gc === 'parent' ? call.parent?.gc : undefined;
      if (gc === 'own') {
        this.checkOwnGc(call, isNested, at);
      }
    }
    const problem = nameProblem(name, call.kind, said.hidden);
    if (problem !== undefined && !this.misnamed.has(name)) {
      this.misnamed.add(name);
      this.findings.add('V15', at, undefined, [{ name }, ` ${problem}`]);
    }
  }

  private gcByDefault({ kind }: Call, isNested: boolean): 'own' | 'parent' {
    return kind === 'private' || (isNested && this.options.nested === 'reuse') ? 'parent' : 'own';
  }

  private checkOwnGc(call: Call, isNested: boolean, at: Moment): void {
    if (call.kind === 'private') {
      this.findings.add('V9', at, undefined, ['private function ', ...call.words, ' makes a gc']);
    } else if (isNested && this.options.nested === 'reuse') {
      const problem = [...call.words, ' makes a gc of its own within ', ...call.parent!.words];
      this.findings.add('V8', at, undefined, problem);
    }
  }

  private leave(call: Call, at: Moment): void {
    if (call.ownsGc && call.gc!.members.size > 0) {
      this.notFreedAll(call, call.gc!, at);
    }
    for (const object of [...call.held]) {
      object.told = true;
      const rule = object.withoutGc ? 'V11' : 'V4';
      const end = ' is neither freed, stored nor returned when ';
      this.findings.add(rule, at, object, [`object ${object.id}${end}`, ...call.words, ' is left']);
      call.held.delete(object);
    }
  }

  private notFreedAll(call: Call, gc: Gc, at: Moment): void {
    const members = [...gc.members];
    const bytes = members.reduce((sum, object) => sum + object.bytes, 0);
    for (const object of members) {
      object.unregister();
      object.told = true;
    }
    const count = `${members.length} ${members.length === 1 ? 'object' : 'objects'}, ${bytes} bytes`;
    this.findings.add('V3', at, members[0], [
      ...call.words,
      ` is left without freeing all of its gc: ${count} leak`,
    ]);
  }

  private temporary(event: TraceEvent, said: Annotation, at: Moment): void {
    const call = this.calls.of(event, said.call);
    const object = this.born(event, 'pool', call, at);
    if (call.gc !== undefined) {
      object.register(call.gc);
      return;
    }
    object.told = true;
    const problem = `temporary ${object.id} is allocated in `;
    this.findings.add('V10', at, object, [problem, ...call.words, ', which has no gc']);
  }

  private heap(event: TraceEvent, said: Annotation, at: Moment): void {
    const call = this.calls.ifAny(event, said.call);
    const object = this.born(event, 'heap', call, at);
    object.withoutGc = said.gc === 'none' && this.options.generation === 2;
    if (call !== undefined) {
      object.handTo({ kind: 'call', call });
    }
  }

  private born(
    event: TraceEvent,
    origin: 'pool' | 'heap',
    call: Call | undefined,
    at: Moment,
  ): TrackedObject {
    const object = new TrackedObject(event.id, event.size, origin);
    const where = origin === 'pool' ? 'in the pool' : 'with malloc';
    const by = call === undefined ? [] : [' by ', ...call.words];
    object.happened(at, `allocated ${where}`, ...by);
    this.objects.add(object);
    return object;
  }

  private freeEverything(event: TraceEvent, at: Moment): void {
    const call = this.calls.of(event, event.id);
    // Generation 0 has no such call: its table is the context's, and lives as long.
    if (this.options.generation === 0 || call.gc === undefined) {
      return;
    }
    if (!call.ownsGc) {
      this.findings.add('V8', at, undefined, [
        ...call.words,
        ' frees all of a gc that is not its own but its caller’s',
      ]);
    }
    this.freeAll.of(call.gc, call.words, at);
  }

  private freeContext(event: TraceEvent, at: Moment): void {
    const context = this.calls.context(event.id);
    this.freeAll.of(context.gc, [`the end of context ${context.id}`], at);
    endOfContext(context, this.objects, this.findings, at);
    this.calls.forget(context);
  }

  /** Return, store, use, adopt: nothing is allocated or freed, but a duty may pass to somebody else. */
  private handOn(event: TraceEvent, said: Annotation, at: Moment): void {
    const object = this.objects.get(event.id);
    // What was never allocated may be a constant; every program returns some.
    if (object === undefined) {
      return;
    }
    if (event.op === OP.adopt) {
      return this.adopt(object, this.calls.of(event, said.call), at);
    }
    if (object.freedBy !== undefined) {
      return this.usedAfterFree(event, object, said, at);
    }
    if (event.op === OP.return) {
      this.returned(object, said, this.calls.of(event, said.call), at);
    }
    if (event.op === OP.store) {
      this.stored(object, said, this.calls.ifAny(event, said.call), at);
    }
  }

  private adopt(object: TrackedObject, { gc, words }: Call, at: Moment): void {
    if (gc === undefined) {
      return;
    }
    object.happened(at, 'adopted by the gc of ', ...words);
    if (object.freedBy !== undefined || object.inPool) {
      const why = object.inPool ? 'stands in a gc already' : 'is freed already';
      this.findings.add('V5', at, object, [`object ${object.id} is adopted but ${why}`]);
      return;
    }
    object.handTo({ kind: 'nobody' });
    object.register(gc);
  }

  private usedAfterFree(event: TraceEvent, object: TrackedObject, said: Annotation, at: Moment): void {
    const deed = { [OP.return]: 'returned', [OP.store]: 'stored' }[event.op] ?? 'used';
    const by =
      said.by === 'app' || said.to === 'app' ? ` ${event.op === OP.use ? 'by' : 'to'} the application` : '';
    this.findings.add('V7', at, object, [`object ${object.id} is ${deed}${by} after it was freed`]);
  }

  private returned(object: TrackedObject, said: Annotation, call: Call, at: Moment): void {
    const toApplication = said.to === 'app';
    const inside = said.inside === undefined ? '' : ` inside ${insideWords(said.inside)}`;
    const receiver = toApplication ? 'the application' : 'its caller';
    object.happened(at, `returned${inside} to ${receiver} by `, ...call.words);
    if (object.inPool) {
      return this.poolReturned(object, said, call, at);
    }
    // What the application only sees in the context stays the context's.
    if (object.origin !== 'heap' || said.inside === 'ctx') {
      return;
    }
    if (typeof said.inside === 'number') {
      object.parent = this.objects.get(said.inside);
    }
    if (toApplication) {
      object.handTo(APPLICATION);
    } else if (call.parent !== undefined) {
      object.handTo({ kind: 'call', call: call.parent });
    }
  }

  private poolReturned(object: TrackedObject, said: Annotation, call: Call, at: Moment): void {
    const thing = `object ${object.id} of the pool`;
    if (said.to === 'app') {
      const isInside = said.inside !== undefined;
      const way = isInside ? ` hands out ${thing} inside ${insideWords(said.inside!)}` : ` returns ${thing}`;
      this.findings.add(isInside ? 'V1i' : 'V1', at, object, [...call.words, `${way} to the application`]);
    } else if (call.kind === 'private' && call.firstArgument === 'other' && !this.misnamed.has(call.name)) {
      this.misnamed.add(call.name);
      const problem = ` returns ${thing}, but its first argument is not a gc`;
      this.findings.add('V15', at, object, [...call.words, problem]);
    }
  }

  private stored(object: TrackedObject, said: Annotation, call: Call | undefined, at: Moment): void {
    if (said.in === undefined) {
      throw new AnnotationError({ problem: 'store says not where', expected: 'in=ctx or in=ID' });
    }
    const isContext = said.in === 'ctx';
    const by = call === undefined ? [] : [' by ', ...call.words];
    object.happened(at, `stored in ${isContext ? 'the context' : `object ${said.in}`}`, ...by);
    if (isContext && object.inPool) {
      const problem = `object ${object.id} of the pool is kept in the context beyond its call`;
      const harm = this.options.generation === 0 ? 'warning' : 'error';
      this.findings.add('V12', at, object, [problem], harm);
    } else if (isContext) {
      const context = call?.context ?? this.calls.context(1);
      if (object.origin === 'heap') {
        object.handTo({ kind: 'context', context });
      }
    } else {
      this.storedInObject(object, this.objects.get(said.in as number), at);
    }
  }

  private storedInObject(object: TrackedObject, parent: TrackedObject | undefined, at: Moment): void {
    if (parent === undefined) {
      return;
    }
    if (object.inPool) {
      // Fine as long as what holds it does not outlive the pool; what stands in the same one does not.
      const isSamePool = object.tables.some((gc) => parent.tables.includes(gc));
      if (!isSamePool) {
        object.storedIn = { object: parent, at };
      }
      return;
    }
    object.parent = parent;
    if (object.origin === 'heap') {
      object.handTo({ kind: 'object', object: parent });
    }
  }
}

function insideWords(inside: 'ctx' | 'app' | number): string {
  if (inside === 'ctx') {
    return 'the context';
  }
  return inside === 'app' ? 'a structure of the application' : `object ${inside}`;
}
