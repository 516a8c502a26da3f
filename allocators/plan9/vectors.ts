import { Fault, HeapCorruption, Runaway } from '../../harness/machine/failures';
import type { AccessStream } from '../../harness/machine/access-stream';
import { Machine } from '../../harness/machine/machine';
import { HEAP_BASE } from '../../harness/machine/memory-layout';
import type { OptionValues } from '../../harness/replay/port';
import { Pool } from './pool';
import { FIELD } from './pool-object';
import { poolSettings } from './settings';
import { VectorEvents } from './vector-events';
import { VectorCosts } from './vector-costs';
import { arenaExtents, stateText } from './vector-state';
import { VectorObjects, type VectorObject } from './vector-objects';
import type { Plan9VectorOperation, Plan9VectorRow } from './vector-form';

export {
  formatPlan9VectorRow,
  PLAN9_VECTOR_HEADER,
  plan9VectorOptions,
  readPlan9Vector,
  type Plan9VectorOperation,
} from './vector-form';

/**
 * Runs a vector trace through the pool and yields what the original's driver wrote down: one row an operation with
 * address, value and events, and state rows in between. Unlike a replay it goes on after a panic, from the next
 * `reset`; it frees stale ids when told to, and overruns objects on purpose.
 */

/** The goldens' region: 512 MiB. */
export const VECTOR_HEAP_PAGES = 0x2_0000;
const PEEK_BYTES_MAX = 128;
const STATE_EVERY_DEFAULT = 1000;

export interface Plan9VectorOptions {
  /** Options of `plan9-pool`. */
  readonly engine: OptionValues;
  /** A state row after every so many operations, and one at the end. */
  readonly stateEvery?: number;
  /** Receives the access stream of the machine that the vector runs on. */
  readonly drain?: (batch: AccessStream) => void;
  /** Keeps the accesses of every operation in `costs`. */
  readonly keepsAccesses?: boolean;
}

/** What an operation returned, as its row shows it. */
interface Outcome {
  readonly offset: number;
  readonly value: string;
}

const NOTHING: Outcome = { offset: -1, value: '' };

export class Plan9VectorRun {
  readonly events = new VectorEvents();
  /** Tree visits and accesses of the operation whose row was yielded last. */
  readonly costs: VectorCosts;
  private readonly objects = new VectorObjects();
  private readonly stateEvery: number;
  private readonly machine: Machine;
  private readonly pool: Pool;
  /** A panic, a failed assertion or a fault ended the process: rows go on after the next reset. */
  private stopped = false;
  private operations = 0;

  constructor(options: Plan9VectorOptions) {
    this.costs = new VectorCosts(options.keepsAccesses ?? false);
    this.stateEvery = options.stateEvery ?? STATE_EVERY_DEFAULT;
    this.events.onMove = (from, to) => this.objects.moved(from, to);
    this.machine = new Machine({
      heapPages: VECTOR_HEAP_PAGES,
      virtualPages: 0,
      observer: this.costs,
      ...(options.drain !== undefined && { drain: options.drain }),
    });
    const witnesses = { listener: this.events, touches: this.costs };
    this.pool = new Pool(this.machine, poolSettings(options.engine), witnesses);
    this.costs.watch(this.pool.context.steps);
    this.machine.boot(() => this.pool.start());
  }

  *rows(operations: Iterable<Plan9VectorOperation>): Generator<Plan9VectorRow> {
    yield* this.rowsOf(operations);
    yield this.lastRow();
  }

  /** The rows of some operations, after which others may follow. */
  *rowsOf(operations: Iterable<Plan9VectorOperation>): Generator<Plan9VectorRow> {
    for (const operation of operations) {
      const index = this.operations++;
      if (this.stopped && operation.op !== 'reset') {
        continue;
      }
      yield this.run(index, operation);
      if (!this.stopped && this.operations % this.stateEvery === 0) {
        yield this.stateRow(index);
      }
    }
  }

  /** How the pool is at the end. */
  lastRow(): Plan9VectorRow {
    const last = this.operations - 1;
    this.machine.stream.flush();
    return this.stopped
      ? { index: last, op: 'stopped', id: -1, ...NOTHING, events: '' }
      : this.stateRow(last);
  }

  /** The text of the golden's `*.final.json`. */
  final(): string {
    const { context } = this.pool;
    const counter = (name: keyof typeof FIELD) => `"${name}":${context.pool.peekText(FIELD[name])}`;
    const arenas = arenaExtents(context).map(({ offset, asize }) => `{"offset":${offset},"asize":${asize}}`);
    const cells = [
      `"ops":${this.operations}`,
      `"stopped":${this.stopped ? 1 : 0}`,
      `"locks":${this.events.locks}`,
      `"unlocks":${this.events.unlocks}`,
      ...(['cursize', 'curfree', 'curalloc', 'nfree', 'lastcompact'] as const).map(counter),
      `"arenas":[${arenas.join(',')}]`,
    ];
    return `{${cells.join(',')}}`;
  }

  private run(index: number, operation: Plan9VectorOperation): Plan9VectorRow {
    const { op, id, size, align } = operation;
    this.events.clear();
    this.costs.clear();
    this.machine.stream.beginOperation(index, 0, id, size, align);
    const outcome = this.attempt(operation);
    return { index, op, id, ...outcome, events: this.events.text() };
  }

  private attempt(operation: Plan9VectorOperation): Outcome {
    try {
      const outcome = this.apply(operation);
      this.machine.stream.endOperation(0);
      return outcome;
    } catch (failure) {
      if (!(failure instanceof HeapCorruption)) {
        this.events.add(faultText(failure));
      }
      this.stopped = true;
      return { offset: this.offsetWhenStopped(operation), value: '' };
    }
  }

  private apply(operation: Plan9VectorOperation): Outcome {
    const { objects, pool } = this;
    const object = objects.of(operation.id);
    switch (operation.op) {
      case 'reset':
        return this.reset(operation);
      case 'alloc':
        return this.placed(object, pool.poolalloc(operation.size), operation.size);
      case 'alignedalloc': {
        const { size, align, offset, span } = operation;
        return this.placed(object, pool.poolallocalign(size, align, offset, span), size);
      }
      case 'realloc':
        return this.reallocate(object, operation.size);
      case 'free': {
        const pointer = object.pointer === 0 ? 0 : object.pointer + operation.offset;
        pool.poolfree(pointer);
        objects.freed(object);
        return { offset: offsetOf(pointer), value: '' };
      }
      case 'msize': {
        const bytes = pool.poolmsize(object.pointer);
        object.bytes = bytes - (object.pointer - object.data);
        return { offset: offsetOf(object.pointer), value: String(bytes) };
      }
      case 'compact':
        return { offset: -1, value: pool.poolcompact() ? '1' : '0' };
      case 'check':
        if (operation.id === -1) {
          pool.poolcheck();
        } else {
          pool.poolblockcheck(object.pointer);
        }
        return { offset: -1, value: 'ok' };
      case 'overrun':
      case 'fill':
      case 'peek':
        return this.user(object, operation);
    }
  }

  /**
   * A fresh pool, region and set of objects; the id is the pool's new flags. The machine stays: half a gibibyte of
   * address space anew for every case is what a run would spend its time on. So does its ledger, which nobody reads
   * here.
   */
  private reset({ id, label }: Plan9VectorOperation): Outcome {
    const { machine, objects, events } = this;
    machine.stream.unrecorded(() => {
      this.costs.forgetPages((address, bytes) => machine.fill(address, bytes, 0));
      this.pool.start(id);
    });
    this.stopped = false;
    objects.clear();
    events.locks = 0;
    events.unlocks = 0;
    events.add(`case:${label}`);
    return NOTHING;
  }

  private placed(object: VectorObject, pointer: number, bytes: number): Outcome {
    this.objects.placed(object, pointer, bytes, pointer === 0 ? 0 : this.dataStart(pointer));
    return this.result(pointer);
  }

  private reallocate(object: VectorObject, bytes: number): Outcome {
    const before = object.pointer;
    const pointer = this.pool.poolrealloc(before, bytes);
    if (pointer !== 0) {
      this.objects.placed(object, pointer, bytes, this.dataStart(pointer));
    } else if (before !== 0 && bytes === 0) {
      this.objects.freed(object);
    }
    return this.result(pointer);
  }

  /** A pointer's row: its offset, and the size of its block with header and tail. */
  private result(pointer: number): Outcome {
    if (pointer === 0) {
      return NOTHING;
    }
    const { words, layout } = this.pool.context;
    const block = this.dataStart(pointer) - layout.headerBytes;
    return { offset: offsetOf(pointer), value: String(words.peek(block + layout.wordBytes)) };
  }

  private dataStart(pointer: number): number {
    return this.pool.observer.blockOf(pointer) + this.pool.context.layout.headerBytes;
  }

  /** What the program does with its own memory, which costs the allocator nothing. */
  private user(object: VectorObject, { op, size, align, offset }: Plan9VectorOperation): Outcome {
    if (object.pointer === 0) {
      return NOTHING;
    }
    const { words } = this.pool.context;
    if (op === 'peek') {
      const from = object.pointer + offset;
      const shownBytes = Math.min(size, PEEK_BYTES_MAX);
      words.checkBounds(from, shownBytes);
      const bytes = Array.from({ length: shownBytes }, (_, byte) =>
        this.machine
          .peek8(from + byte)
          .toString(16)
          .padStart(2, '0'),
      );
      this.events.add(`bytes:${bytes.join('')}`);
      return { offset: offsetOf(from), value: '' };
    }
    const isFill = op === 'fill';
    const from = isFill ? object.pointer : object.pointer + object.bytes + offset;
    const bytes = isFill ? object.bytes : size;
    words.checkBounds(from, bytes);
    for (let byte = 0; byte < bytes; byte++) {
      this.machine.poke8(from + byte, align);
    }
    this.costs.notePages(from, bytes);
    return { offset: offsetOf(from), value: '' };
  }

  private offsetWhenStopped({ op, id, offset }: Plan9VectorOperation): number {
    const { pointer, bytes } = this.objects.of(id);
    if (pointer === 0) {
      return -1;
    }
    switch (op) {
      case 'free':
      case 'peek':
        return offsetOf(pointer + offset);
      case 'fill':
        return offsetOf(pointer);
      case 'overrun':
        return offsetOf(pointer + bytes + offset);
      default:
        return -1;
    }
  }

  private stateRow(index: number): Plan9VectorRow {
    return { index, op: 'state', id: -1, ...NOTHING, events: this.stateEvents() };
  }

  /** Damage that no check has seen yet can lead the walk astray; the pool itself may still go on. */
  private stateEvents(): string {
    try {
      return stateText(this.pool.context);
    } catch (failure) {
      return faultText(failure);
    }
  }
}

function faultText(failure: unknown): string {
  if (failure instanceof Fault) {
    return 'fault:access outside the region';
  }
  if (failure instanceof Runaway) {
    return `fault:${failure.message}`;
  }
  throw failure;
}

function offsetOf(pointer: number): number {
  return pointer === 0 ? -1 : pointer - HEAP_BASE;
}
