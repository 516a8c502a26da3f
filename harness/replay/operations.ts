import { InputError } from '../../traces/input-error';
import {
  BUG,
  isBlock,
  isVirtual,
  NOTHING,
  NULL,
  OP,
  OP_NAMES,
  type Placement,
  type TextTable,
  type TraceEvent,
  ZERO,
} from '../../traces/trace';
import type { Machine } from '../machine/machine';
import { LiveObjects, type Witnesses } from './live-objects';
import { asInteger } from './object-table';
import { OpenCalls } from './open-calls';
import { UnsupportedVerb } from './outcome';
import type { ApiScopes, Capability, Engine } from './port';
import type { Stack } from './stack';

/**
 * What each operation of a trace means: which verb of the engine it calls, and what it changes about the objects
 * that are live. All the bookkeeping of a replay that is not the engine's lies here, and the oracle with it.
 */

/** `emulate`: a realloc on an engine without one is what its caller would write; `verb`: it is unsupported. */
export type ReallocPolicy = 'emulate' | 'verb';

export class Operations {
  eventIndex = 0;
  failedAllocations = 0;
  firstFailureIndex: number | undefined;
  /** Of the failures those of requests that the heap had bytes enough for, in whatever pieces. */
  refusedAllocations = 0;
  firstRefusalIndex: number | undefined;
  performed = 0;
  skipped = 0;
  emulatedReallocs = 0;
  overruns = 0;
  /** What the last event returned, and the object it was applied to (`NULL` for an allocation). */
  lastPlacement: Placement = NOTHING;
  subject: Placement = NULL;
  /** Whether the last event was not skipped. */
  reachedEngine = true;

  readonly objects: LiveObjects;
  /** Made at the first move of an operation. */
  private slotsByPlacement: Map<Placement, number> | undefined;
  private readonly engine: Engine;
  private readonly machine: Machine;
  private readonly calls = new OpenCalls();

  constructor(
    readonly stack: Stack,
    private readonly texts: TextTable,
    private readonly reallocPolicy: ReallocPolicy,
    witnesses: Witnesses = { payload: undefined, isWitnessed: true },
  ) {
    this.engine = stack.engine;
    this.machine = stack.machine;
    this.objects = new LiveObjects(stack, witnesses);
    this.engine.watchMoves?.(this.moved);
  }

  get heldBytes(): number {
    return this.machine.ledger.heldBytes;
  }

  get allocatedBytes(): number {
    return this.objects.allocatedBytes;
  }

  get liveObjects(): number {
    return this.objects.count;
  }

  get liveBytes(): number {
    return this.objects.requestedBytes;
  }

  get grantedBytes(): number {
    return this.objects.grantedBytes;
  }

  get headerBytes(): number {
    return this.objects.headerBytes;
  }

  /** Performs one event and returns its placement. Throws what the engine throws, and `InputError` for bad ids. */
  perform(event: TraceEvent, index: number): Placement {
    this.eventIndex = index;
    this.subject = NULL;
    this.reachedEngine = true;
    this.slotsByPlacement = undefined;
    if (this.engine.callSite !== undefined) {
      this.engine.callSite(this.texts.text(event.site), this.texts.text(event.call));
    }
    const { stream } = this.machine;
    stream.beginOperation(index, event.op, event.id, event.size, event.align);
    const placement = this.dispatch(event);
    this.lastPlacement = placement;
    if (this.reachedEngine) {
      stream.endOperation(placement);
      this.performed++;
    } else {
      this.skipped++;
    }
    this.objects.payload?.eventEnds(index);
    return placement;
  }

  /** After the last event: looks once more at what every live object holds. */
  finish(): void {
    this.objects.payload?.finish();
  }

  private dispatch(event: TraceEvent): Placement {
    switch (event.op) {
      case OP.alloc:
      case OP.heap:
        return this.allocate(event, this.engine.allocate(asInteger(event.size), asInteger(event.align)));
      case OP.free:
        return this.free(event);
      case OP.realloc:
        return this.reallocate(event);
      default:
        return this.dispatchRare(event);
    }
  }

  private dispatchRare(event: TraceEvent): Placement {
    switch (event.op) {
      case OP.alignedalloc:
        return this.alignedAllocate(event);
      case OP.msize:
        return this.usableSize(event);
      case OP.compact:
        return this.compact();
      case OP.check:
        return this.poolVerb('poolCheck');
      case OP.dump:
        return this.poolVerb('dump');
      case OP.overrun:
        return this.programWrite(event, true);
      case OP.fill:
        return this.programWrite(event, false);
      case OP.enter:
      case OP.leave:
      case OP.temp:
      case OP.adopt:
      case OP.freeall:
        return this.scopeVerb(event);
      case OP.ctxfree:
        // As far as the program knows, temporaries died with their calls: this is for what kept them.
        this.engine.scopes?.contextFree?.();
        return this.engine.scopes?.contextFree === undefined ? this.skip() : NOTHING;
      default:
        // return, store and use annotate a trace for the audit; no allocator sees them.
        return this.skip();
    }
  }

  private allocate(event: TraceEvent, placement: Placement): Placement {
    const { table } = this.objects;
    if (table.slotOf(event.id) >= 0) {
      throw this.badId(event, 'is live already');
    }
    this.objects.settle(table.add(event.id), placement, event.size, event.align);
    return this.counted(placement, event.size);
  }

  counted(placement: Placement, sizeBytes: number): Placement {
    if (isBlock(placement)) {
      this.objects.allocatedBytes += sizeBytes;
    } else if (placement === NULL || placement === BUG) {
      this.countFailure(sizeBytes);
    }
    return placement;
  }

  private free(event: TraceEvent): Placement {
    const slot = this.slot(event);
    const object = this.objects.placement(slot);
    this.subject = object;
    const bytes = this.objects.table.requestedBytes(slot);
    const align = this.objects.table.align(slot);
    this.objects.remove(slot);
    if (object === NULL || object === BUG) {
      return this.skip();
    }
    this.machine.stream.describeOperation(bytes, align);
    this.engine.free(object, bytes, align);
    return NOTHING;
  }

  private reallocate(event: TraceEvent): Placement {
    const slot = this.slot(event);
    const object = this.objects.placement(slot);
    this.subject = object;
    if (object === NULL || object === BUG) {
      return this.skip();
    }
    const { payload } = this.objects;
    payload?.verify(slot);
    const placement = this.resized(object, slot, event);
    if (placement === NULL && event.size === 0) {
      // The block is gone and its id lives on, as a null pointer would: it can be freed and resized.
      this.objects.release(slot);
      this.objects.settle(slot, ZERO, 0, event.align);
    } else if (placement === NULL || placement === BUG) {
      this.countFailure(event.size);
    } else {
      payload?.verifyResized(slot, placement, event.size, event.align);
      this.objects.release(slot);
      this.objects.settle(slot, placement, event.size, event.align, this.objects.table.align(slot));
      this.objects.allocatedBytes += event.size;
    }
    return placement;
  }

  /** The engine's realloc, or what a caller writes where there is none. */
  private resized(object: Placement, slot: number, event: TraceEvent): Placement {
    const { engine } = this;
    const oldBytes = this.objects.table.requestedBytes(slot);
    if (engine.reallocate !== undefined) {
      return engine.reallocate(object, event.size, event.align, oldBytes);
    }
    if (this.reallocPolicy === 'verb') {
      throw this.unsupported('reallocate', event);
    }
    this.emulatedReallocs++;
    const placement = event.size === 0 ? NULL : engine.allocate(event.size, event.align);
    if (isBlock(placement)) {
      if (isBlock(object) && !isVirtual(object) && !isVirtual(placement)) {
        this.machine.copy(placement, object, Math.min(oldBytes, event.size));
      }
    } else if (event.size !== 0) {
      return placement;
    }
    engine.free(object, oldBytes, this.objects.table.align(slot));
    return placement;
  }

  private alignedAllocate(event: TraceEvent): Placement {
    if (this.engine.alignedAllocate === undefined) {
      throw this.unsupported('alignedAllocate', event);
    }
    // The alignment is relative to an offset, which the oracle's plain test does not know.
    const placement = this.engine.alignedAllocate(event.size, event.align, event.offset, event.span);
    const { align } = event;
    event.align = 0;
    this.allocate(event, placement);
    event.align = align;
    return placement;
  }

  /** The caller may use the size it is told from now on, so it becomes the object's size. */
  private usableSize(event: TraceEvent): Placement {
    if (this.engine.usableSize === undefined) {
      throw this.unsupported('usableSize', event);
    }
    const slot = this.slot(event);
    const object = this.objects.placement(slot);
    this.subject = object;
    if (!isBlock(object)) {
      return this.skip();
    }
    this.objects.payload?.verify(slot);
    const bytes = this.engine.usableSize(object);
    this.objects.release(slot);
    this.objects.settle(slot, object, bytes, 0);
    return NOTHING;
  }

  private compact(): Placement {
    if (this.engine.compact === undefined) {
      throw new UnsupportedVerb('compact', this.stack.definition.name, 'compact');
    }
    this.engine.compact(this.moved);
    return NOTHING;
  }

  /** A block has moved; a source that is no object's placement is none of ours. */
  private readonly moved = (from: Placement, to: Placement): void => {
    this.slotsByPlacement ??= this.objects.slotsByPlacement();
    const slot = this.slotsByPlacement.get(from);
    if (slot !== undefined) {
      this.objects.move(slot, to);
      this.slotsByPlacement.delete(from);
      this.slotsByPlacement.set(to, slot);
    }
  };

  private poolVerb(verb: 'poolCheck' | 'dump'): Placement {
    const { engine } = this;
    if (engine[verb] === undefined) {
      throw new UnsupportedVerb(verb, this.stack.definition.name, verb === 'dump' ? 'dump' : 'check');
    }
    engine[verb]();
    return NOTHING;
  }

  /** The program's own writes, `behind` its object or over all of it; no access of the engine's. */
  private programWrite(event: TraceEvent, behind: boolean): Placement {
    const slot = this.slot(event);
    const object = this.objects.placement(slot);
    this.subject = object;
    if (!isBlock(object) || isVirtual(object)) {
      return this.skip();
    }
    const value = Number(this.texts.text(event.value));
    if (behind) {
      this.overruns++;
      this.objects.overrun(slot, event.offset, event.size, value);
    } else {
      this.objects.fill(slot, value);
    }
    return NOTHING;
  }

  private scopeVerb(event: TraceEvent): Placement {
    const { scopes } = this.engine;
    if (scopes === undefined) {
      throw this.unsupported('scopes', event);
    }
    switch (event.op) {
      case OP.enter:
        scopes.enter();
        this.calls.enter();
        return NOTHING;
      case OP.temp: {
        const placement = this.allocate(event, scopes.temp(event.size));
        this.calls.innermost(event.op, this.eventIndex).push(event.id);
        return placement;
      }
      case OP.adopt:
        scopes.adopt(this.objects.placement(this.slot(event)));
        this.calls.innermost(event.op, this.eventIndex).push(event.id);
        return NOTHING;
      default:
        return this.endScope(event, scopes);
    }
  }

  private endScope(event: TraceEvent, scopes: ApiScopes): Placement {
    for (const id of this.calls.innermost(event.op, this.eventIndex).splice(0)) {
      const slot = this.objects.table.slotOf(id);
      if (slot >= 0) {
        this.objects.remove(slot);
      }
    }
    if (event.op === OP.leave) {
      scopes.leave();
      this.calls.leave();
    } else {
      scopes.freeAll();
    }
    return NOTHING;
  }

  private skip(): Placement {
    this.reachedEngine = false;
    return NOTHING;
  }

  private slot(event: TraceEvent): number {
    const slot = this.objects.table.slotOf(event.id);
    if (slot < 0) {
      throw this.badId(event, 'is not live');
    }
    return slot;
  }

  private countFailure(sizeBytes: number): void {
    this.failedAllocations++;
    this.firstFailureIndex ??= this.eventIndex;
    if (sizeBytes <= this.machine.layout.heapBytes - this.grantedBytes) {
      this.refusedAllocations++;
      this.firstRefusalIndex ??= this.eventIndex;
    }
  }

  private unsupported(verb: Capability, event: TraceEvent): UnsupportedVerb {
    return new UnsupportedVerb(verb, this.stack.definition.name, OP_NAMES[event.op]!);
  }

  private badId(event: TraceEvent, problem: string): InputError {
    return new InputError({
      where: `event ${this.eventIndex}`,
      problem: `${OP_NAMES[event.op]} of object ${event.id}, which ${problem}`,
    });
  }
}
