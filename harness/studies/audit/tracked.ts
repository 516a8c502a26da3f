import type { Annotation, Via } from './annotation';
import type { LifeMoment, Moment, ObjectLife, Sentence } from './finding';

/** What an audit remembers: objects, the tables of temporaries they stand in, calls, contexts. */

/** Of a long life the first moments are kept, and the last. */
const MOMENTS_MAX = 12;

/** Where an object came from: any allocator, the pool of temporaries, or malloc within an annotated call. */
export type Origin = 'plain' | 'pool' | 'heap';

/** Who has to see to it that an object of malloc is freed. */
export type Holder =
  | { readonly kind: 'nobody' }
  | { readonly kind: 'call'; readonly call: Call }
  | { readonly kind: 'context'; readonly context: Context }
  | { readonly kind: 'object'; readonly object: TrackedObject }
  | { readonly kind: 'application' };

const NOBODY: Holder = { kind: 'nobody' };
export const APPLICATION: Holder = { kind: 'application' };

const NO_TABLES: readonly Gc[] = [];

export class TrackedObject {
  /** The tables it stands in; more than one is a violation. */
  tables: readonly Gc[] = NO_TABLES;
  holder: Holder = NOBODY;
  /** The returned or stored object through which it is reached. */
  parent: TrackedObject | undefined;
  /** The object outside its pool that it was stored in while it was in the pool, and when. */
  storedIn: { readonly object: TrackedObject; readonly at: Moment } | undefined;
  freedBy: Via | 'freeall' | 'plain' | undefined;
  freedAt: Moment | undefined;
  /** Allocated by the generation 2 helpers without a gc. */
  withoutGc = false;
  /** Whether its loss has been told. */
  told = false;
  /** The routine that allocated it, as the trace names it. */
  routine = '';
  /** The call site that allocated it, as the trace names it. */
  site = '';
  private readonly moments: LifeMoment[] = [];
  private last: LifeMoment | undefined;

  constructor(
    readonly id: number,
    public bytes: number,
    readonly origin: Origin,
  ) {}

  get inPool(): boolean {
    return this.tables.length > 0;
  }

  happened(at: Moment, ...what: Sentence): void {
    const moment = { event: at.event, line: at.line, what };
    if (this.moments.length < MOMENTS_MAX - 1) {
      this.moments.push(moment);
    } else {
      this.last = moment;
    }
  }

  /** When it was allocated. */
  get bornAt(): Moment {
    return this.moments[0]!;
  }

  life(): ObjectLife {
    const { id, bytes, moments, last } = this;
    return { id, bytes, moments: last === undefined ? [...moments] : [...moments, last] };
  }

  /** Enters a table; the table may hold it already. */
  register(gc: Gc): void {
    this.tables = [...this.tables, gc];
    gc.members.add(this);
  }

  /** Takes it out of every table it stands in. */
  unregister(): void {
    for (const gc of this.tables) {
      gc.members.delete(this);
    }
    this.tables = NO_TABLES;
  }

  /** Hands the duty to free it to somebody else. */
  handTo(holder: Holder): void {
    if (this.holder.kind === 'call') {
      this.holder.call.held.delete(this);
    }
    this.holder = holder;
    if (holder.kind === 'call') {
      holder.call.held.add(this);
    }
  }
}

/** A table of temporaries; who frees all of it depends on the generation. */
export class Gc {
  /** In the order of their slots, but for reused ones. */
  readonly members = new Set<TrackedObject>();

  /** @param owner the call that made it; undefined for the table in a context (generation 0) */
  constructor(readonly owner: Call | undefined) {}
}

export class Context {
  readonly gc = new Gc(undefined);

  constructor(readonly id: number) {}
}

/** One run of a function of libxl. */
export class Call {
  gc: Gc | undefined;
  /** Objects of malloc that nothing but this call knows. */
  readonly held = new Set<TrackedObject>();

  constructor(
    readonly id: number,
    readonly name: string,
    readonly kind: 'public' | 'private',
    readonly context: Context,
    readonly parent: Call | undefined,
    readonly firstArgument: Annotation['first'],
  ) {}

  get ownsGc(): boolean {
    return this.gc !== undefined && this.gc.owner === this;
  }

  /** Open calls of the same context on the same thread, this one included. */
  get depth(): number {
    let depth = 1;
    for (let call = this.parent; call !== undefined; call = call.parent) {
      if (call.context === this.context) {
        depth += 1;
      }
    }
    return depth;
  }

  get words(): Sentence {
    return this.name === '' ? [`call ${this.id}`] : [{ name: this.name }];
  }
}
