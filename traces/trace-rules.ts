import { IdTable, NO_HANDLE } from './ground/id-table';
import { OP, OP_NAMES, type EventRun, type TraceEvent } from './trace';

/** What is wrong with an event as a part of its trace. */
export interface Violation {
  readonly problem: string;
  readonly expected: string;
}

/**
 * Is told what becomes of objects. A handle is a small number that stands for one object as long as it lives and for
 * another afterwards, so that figures on objects can lie in plain arrays.
 */
export interface ObjectObserver {
  born(handle: number, event: TraceEvent): void;
  resized(handle: number, event: TraceEvent): void;
  died(handle: number): void;
}

/** Deeper nesting is no trace of a program. */
const OPEN_CALLS_MAX = 1 << 16;

const TEMPORARIES_UNCOMPACTED = 1 << 10;

/** An object that dies with its call, by its id and the event that allocated it. */
interface Temporary {
  readonly id: number;
  readonly bornAt: number;
}

interface OpenCall {
  readonly id: number;
  temporaries: Temporary[];
  /** At how many temporaries to look which of them still live. */
  compactAt: number;
}

/**
 * The rules that hold between events: an object is allocated once before it is used and freed once before its id is
 * used again. `realloc` keeps the id live even at size 0, where many allocators free the block: its free is then
 * harmless. Temporaries, and objects that a call adopts, die with the call. The notes that only an audit reads
 * (`adopt`, `return`, `store`, `use`, `ctxfree`) may name anything, for what they are to show are violations;
 * `check`, `compact` and `dump` concern the whole pool. Memory is bounded by the objects live at once (`IdTable`).
 */
export class TraceRules {
  private readonly live = new IdTable();
  /** By handle: the event that allocated the object. */
  private readonly bornAt: number[] = [];
  private readonly openCalls: OpenCall[] = [];
  private eventIndex = 0;

  constructor(private readonly observer?: ObjectObserver) {}

  /** Takes the next event and says what is wrong with it. A wrong event changes nothing. */
  take(event: TraceEvent): Violation | undefined {
    const violation = this.apply(event);
    this.eventIndex += 1;
    return violation;
  }

  /**
   * Takes the events of a run as far as nothing is wrong with them and they are what most are, and says how many these
   * were: the next is for `take`. The handle of each one's object goes into `handles`, where the run has the event. No
   * observer is told.
   */
  takeRun({ ops, ids, from, until }: EventRun, handles: Uint32Array): number {
    let index = from;
    for (; index < until; index++) {
      const handle = this.applyPlain(ops[index]!, ids[index]!);
      if (handle === NO_HANDLE) {
        break;
      }
      handles[index] = handle;
      this.eventIndex++;
    }
    return index - from;
  }

  /** The ids of the objects that live now, in the order in which they were allocated. */
  liveIds(): number[] {
    const byBirth = ([, one]: readonly [number, number], [, other]: readonly [number, number]) =>
      this.bornAt[one]! - this.bornAt[other]!;
    return [...this.live].sort(byBirth).map(([id]) => id);
  }

  /** The ids of the calls that are open now, the innermost last. */
  openCallIds(): number[] {
    return this.openCalls.map((call) => call.id);
  }

  private apply(event: TraceEvent): Violation | undefined {
    switch (event.op) {
      case OP.alloc:
      case OP.alignedalloc:
      case OP.heap:
        return this.allocate(event);
      case OP.temp:
        return this.openCalls.length === 0 ? outsideCalls(event) : this.allocate(event);
      case OP.free:
        return this.remove(event.id) ? undefined : unknown(event);
      case OP.realloc:
        return this.resize(event);
      case OP.msize:
      case OP.overrun:
      case OP.fill:
        return this.live.find(event.id) === NO_HANDLE ? unknown(event) : undefined;
      case OP.adopt:
        return this.adopt(event);
      case OP.enter:
        return this.enter(event);
      case OP.leave:
      case OP.freeall:
        return this.endTemporaries(event);
      default:
        return undefined;
    }
  }

  /** The handle of the object; `NO_HANDLE`, and nothing changes, where `apply` has more to do. */
  private applyPlain(op: number, id: number): number {
    const { live } = this;
    switch (op) {
      case OP.alloc:
      case OP.alignedalloc:
      case OP.heap: {
        const handle = live.add(id);
        if (handle !== NO_HANDLE) {
          this.bornAt[handle] = this.eventIndex;
        }
        return handle;
      }
      case OP.free:
        return live.remove(id);
      case OP.realloc:
        return live.find(id);
      default:
        return NO_HANDLE;
    }
  }

  private allocate(event: TraceEvent): Violation | undefined {
    const handle = this.live.add(event.id);
    if (handle === NO_HANDLE) {
      const bornAt = this.bornAt[this.live.find(event.id)];
      return {
        problem: `${OP_NAMES[event.op]} of id ${event.id}, live since event ${bornAt}`,
        expected: 'an id that is not live',
      };
    }
    this.bornAt[handle] = this.eventIndex;
    this.observer?.born(handle, event);
    if (event.op === OP.temp) {
      this.bindToCall(event.id, this.eventIndex);
    }
    return undefined;
  }

  private remove(id: number): boolean {
    const handle = this.live.remove(id);
    if (handle !== NO_HANDLE) {
      this.observer?.died(handle);
    }
    return handle !== NO_HANDLE;
  }

  private resize(event: TraceEvent): Violation | undefined {
    const handle = this.live.find(event.id);
    if (handle === NO_HANDLE) {
      return unknown(event);
    }
    this.observer?.resized(handle, event);
    return undefined;
  }

  private adopt(event: TraceEvent): undefined {
    const handle = this.live.find(event.id);
    if (handle !== NO_HANDLE) {
      this.bindToCall(event.id, this.bornAt[handle]!);
    }
  }

  private enter(event: TraceEvent): Violation | undefined {
    if (this.openCalls.length >= OPEN_CALLS_MAX) {
      return { problem: `${OPEN_CALLS_MAX} calls are open`, expected: 'a leave for each enter' };
    }
    this.openCalls.push({ id: event.id, temporaries: [], compactAt: TEMPORARIES_UNCOMPACTED });
    return undefined;
  }

  /** Has the object die with the innermost call, if there is one. */
  private bindToCall(id: number, bornAt: number): void {
    const call = this.openCalls.at(-1);
    if (call === undefined) {
      return;
    }
    call.temporaries.push({ id, bornAt });
    // Without those freed by hand or adopted again, a call that never ends holds no more than what is live.
    if (call.temporaries.length < call.compactAt) {
      return;
    }
    const living = call.temporaries.filter((temporary) => this.isLive(temporary));
    call.temporaries = [...new Map(living.map((temporary) => [temporary.id, temporary])).values()];
    call.compactAt = Math.max(TEMPORARIES_UNCOMPACTED, call.temporaries.length * 2);
  }

  /** Whether it still lives: its id may have been freed by hand and given to another object since. */
  private isLive({ id, bornAt }: Temporary): boolean {
    const handle = this.live.find(id);
    return handle !== NO_HANDLE && this.bornAt[handle] === bornAt;
  }

  private endTemporaries(event: TraceEvent): Violation | undefined {
    const call = this.openCalls.at(-1);
    if (call === undefined) {
      return outsideCalls(event);
    }
    for (const temporary of call.temporaries) {
      if (this.isLive(temporary)) {
        this.remove(temporary.id);
      }
    }
    call.temporaries = [];
    if (event.op === OP.leave) {
      this.openCalls.pop();
    }
    return undefined;
  }
}

function unknown(event: TraceEvent): Violation {
  return {
    problem: `${OP_NAMES[event.op]} of id ${event.id}, which is not live`,
    expected: 'an id that was allocated and not freed since',
  };
}

function outsideCalls(event: TraceEvent): Violation {
  return { problem: `${OP_NAMES[event.op]} outside any call`, expected: 'an enter before it' };
}
