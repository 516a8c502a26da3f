import { IdTable, NO_HANDLE } from '../id-table';
import { InputError } from '../input-error';
import { NOTHING, OP, OP_NAMES } from '../trace';
import type { EventSource, Placement, TextTable, TraceEvent, TraceHeader } from '../trace';
import type { PlacedSource } from './placed';
import { Problems, type ProblemListener } from './problems';

/** Deeper nesting is no trace of a program. */
const OPEN_CALLS_MAX = 1 << 16;

const TEMPORARIES_UNCOMPACTED = 1 << 10;

/** An object that dies with its call, by its id and the event that allocated it. */
interface Temporary {
  readonly id: number;
  readonly bornAt: number;
}

interface OpenCall {
  temporaries: Temporary[];
  /** At how many temporaries to look which of them still live. */
  compactAt: number;
}

/** What is wrong with an event as a part of its trace. */
interface Violation {
  readonly problem: string;
  readonly expected: string;
}

/**
 * The rules that hold between events: an object is allocated once before it is used and freed once before its id is
 * used again. `realloc` keeps the id live even at size 0, where many allocators free the block: its free is then
 * harmless. Temporaries die with the API call they belong to. The notes that only an audit reads (`adopt`, `return`,
 * `store`, `use`, `ctxfree`) may name anything, for what they are to show are violations; `check`, `compact` and
 * `dump` concern the whole pool. Memory is bounded by the objects live at once.
 */
export class TraceRules {
  private readonly live = new IdTable();
  /** By handle: the event that allocated the object. */
  private readonly bornAt: number[] = [];
  private readonly openCalls: OpenCall[] = [];
  private eventIndex = 0;

  /** Takes the next event and says what is wrong with it. A wrong event changes nothing. */
  take(event: TraceEvent): Violation | undefined {
    const violation = this.apply(event);
    this.eventIndex += 1;
    return violation;
  }

  private apply(event: TraceEvent): Violation | undefined {
    switch (event.op) {
      case OP.alloc:
      case OP.alignedalloc:
      case OP.heap:
      case OP.temp:
        return this.allocate(event);
      case OP.free:
        return this.live.remove(event.id) === NO_HANDLE ? this.unknown(event) : undefined;
      case OP.realloc:
      case OP.msize:
      case OP.overrun:
      case OP.fill:
        return this.live.find(event.id) === NO_HANDLE ? this.unknown(event) : undefined;
      case OP.enter:
        return this.enter();
      case OP.leave:
      case OP.freeall:
        return this.endTemporaries(event);
      default:
        return undefined;
    }
  }

  private allocate(event: TraceEvent): Violation | undefined {
    const known = this.live.find(event.id);
    if (known !== NO_HANDLE) {
      return {
        problem: `${OP_NAMES[event.op]} of id ${event.id}, live since event ${this.bornAt[known]}`,
        expected: 'an id that is not live',
      };
    }
    this.bornAt[this.live.add(event.id)] = this.eventIndex;
    const call = this.openCalls.at(-1);
    if (event.op === OP.temp && call !== undefined) {
      call.temporaries.push({ id: event.id, bornAt: this.eventIndex });
      if (call.temporaries.length >= call.compactAt) this.compact(call);
    }
    return undefined;
  }

  private enter(): Violation | undefined {
    if (this.openCalls.length >= OPEN_CALLS_MAX) {
      return { problem: `${OPEN_CALLS_MAX} calls are open`, expected: 'a leave for each enter' };
    }
    this.openCalls.push({ temporaries: [], compactAt: TEMPORARIES_UNCOMPACTED });
    return undefined;
  }

  /** Forgets temporaries freed by hand, so that a call that never ends holds no more than what is live. */
  private compact(call: OpenCall): void {
    call.temporaries = call.temporaries.filter((temporary) => this.isLive(temporary));
    call.compactAt = Math.max(TEMPORARIES_UNCOMPACTED, call.temporaries.length * 2);
  }

  /** Whether it still lives: its id may have been freed by hand and given to another object since. */
  private isLive({ id, bornAt }: Temporary): boolean {
    const handle = this.live.find(id);
    return handle !== NO_HANDLE && this.bornAt[handle] === bornAt;
  }

  private unknown(event: TraceEvent): Violation {
    return {
      problem: `${OP_NAMES[event.op]} of id ${event.id}, which is not live`,
      expected: 'an id that was allocated and not freed since',
    };
  }

  private endTemporaries(event: TraceEvent): Violation | undefined {
    const call = this.openCalls.at(-1);
    if (call === undefined) {
      return { problem: `${OP_NAMES[event.op]} outside any call`, expected: 'an enter before it' };
    }
    for (const temporary of call.temporaries) {
      if (this.isLive(temporary)) this.live.remove(temporary.id);
    }
    call.temporaries = [];
    if (event.op === OP.leave) this.openCalls.pop();
    return undefined;
  }
}

/**
 * The same events, each held against the rules of a trace (`TraceRules`): the first that breaks one ends the pass
 * with an `InputError` that names its line, where the source knows lines, and its number from 0. With a listener
 * every one is told and passed over, and the pass goes on as long as the listener says so.
 */
export function validated(source: EventSource, onProblem?: ProblemListener): PlacedSource {
  return new ValidatedSource(source, new Problems(onProblem));
}

class ValidatedSource implements PlacedSource {
  readonly header: TraceHeader;
  readonly texts: TextTable;
  private readonly rules = new TraceRules();
  private eventIndex = 0;

  constructor(
    private readonly source: EventSource,
    private readonly problems: Problems,
  ) {
    this.header = source.header;
    this.texts = source.texts;
  }

  next(event: TraceEvent, lastPlacement: Placement): boolean {
    let placement = lastPlacement;
    while (!this.problems.stopped && this.source.next(event, placement)) {
      const violation = this.rules.take(event);
      this.eventIndex += 1;
      if (violation === undefined) return true;
      this.problems.tell(this.error(violation));
      placement = NOTHING;
    }
    return false;
  }

  async refill(): Promise<boolean> {
    if (this.problems.failure !== undefined) throw this.problems.failure;
    return this.problems.stopped ? false : this.source.refill();
  }

  identity(): string {
    return this.source.identity();
  }

  close(): Promise<void> {
    return this.source.close();
  }

  place(): string {
    return isPlaced(this.source) ? this.source.place() : this.header.name;
  }

  private error({ problem, expected }: Violation): InputError {
    return new InputError({
      where: this.place(),
      problem: `event ${this.eventIndex - 1}: ${problem}`,
      expected,
    });
  }
}

const isPlaced = (source: EventSource): source is PlacedSource => 'place' in source;
