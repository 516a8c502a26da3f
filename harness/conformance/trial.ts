import { BUG, isBlock, NOTHING, NULL, OP, ZERO, type Placement } from '../../traces/trace';
import type { MachineOptions } from '../machine/machine';
import type { ApiScopes, Engine } from '../replay/port';
import { inspect } from './inspection';
import { LastTouch } from './last-touch';
import { Judge } from './judge';
import { LiveObjects, type LiveObject } from './live-objects';
import { operation, operationText, type ConformanceOperation } from './operation';
import { Findings } from './rules';
import { freshStack, HEAP_PAGES, type Subject } from './subject';
import type { WatchedMachine } from './watched-machine';

/** What happened in one operation, from outside. */
export interface TrialStep {
  readonly operation: ConformanceOperation;
  readonly placement: Placement;
  readonly heldBytes: number;
  readonly accesses: number;
}

/**
 * A fresh engine under the eyes of the naive oracle: performs operations one by one, judges what each returned, and
 * stops at the first verb that fails.
 */
export class Trial {
  readonly machine: WatchedMachine;
  readonly engine: Engine;
  readonly live: LiveObjects;
  readonly steps: TrialStep[] = [];
  /** What stopped the trial, or undefined while it runs. */
  failure: unknown;
  private isStopped = false;
  private current: ConformanceOperation | undefined;
  private readonly judge: Judge;
  private readonly moved: LiveObject[] = [];
  private readonly scopes: number[][] = [];

  constructor(
    private readonly subject: Subject,
    private readonly findings: Findings,
    heapPages = HEAP_PAGES,
    watch: Pick<MachineOptions, 'drain' | 'observer'> = {},
  ) {
    const { machine, engine } = freshStack(subject, heapPages, watch);
    this.machine = machine;
    this.engine = engine;
    this.live = new LiveObjects(machine, engine);
    this.judge = new Judge(subject, machine, this.live, findings, () => this.history());
    engine.watchMoves?.(this.follow);
  }

  get stopped(): boolean {
    return this.isStopped;
  }

  get placements(): Placement[] {
    return this.steps.map(({ placement }) => placement);
  }

  run(operations: readonly ConformanceOperation[], inspectEvery = Infinity): this {
    for (const each of operations) {
      this.perform(each);
      if (this.steps.length % inspectEvery === 0) {
        this.inspect();
      }
    }
    return this;
  }

  /** Performs one operation and judges it; does nothing once the trial is stopped. */
  perform(next: ConformanceOperation): Placement {
    if (this.isStopped) {
      return NOTHING;
    }
    const { machine, engine } = this;
    this.current = next;
    this.findings.examined('intact');
    try {
      machine.watch();
      engine.callSite?.(next.site, next.call);
      machine.stream.beginOperation(this.steps.length, OP[next.op], next.id, next.size, next.align);
      const placement = this.dispatch(next);
      this.judgeMoves();
      const accesses = machine.stream.operationAccesses;
      machine.stream.endOperation(placement);
      const heldBytes = machine.ledger.heldBytes;
      this.steps.push({ operation: next, placement, heldBytes, accesses });
      this.current = undefined;
      return placement;
    } catch (error) {
      this.stop(error, `"${operationText(next)}"`);
      return NOTHING;
    }
  }

  /** Looks at the whole heap with the engine's observers, and at what every live object holds. */
  inspect(): void {
    if (this.isStopped) {
      return;
    }
    for (const object of this.live.list()) {
      this.machine.watch();
      this.judge.contents(object, object.placement, object.sizeBytes, 'while it lived');
    }
    try {
      this.machine.watch();
      const { definition } = this.subject;
      inspect(this.machine, this.engine, definition, this.live.list(), this.findings, this.lastTouched);
    } catch (error) {
      this.stop(error, 'an observer');
    }
  }

  /** Where an engine in C touched a range last: the work is done once more, watched. */
  private readonly lastTouched = (start: number, end: number): string | undefined => {
    if (this.subject.definition.foreign === undefined) {
      return undefined;
    }
    const observer = new LastTouch(start, end);
    const again = new Trial(this.subject, new Findings(), this.machine.heapPages, {
      drain: observer.drain,
      observer,
    });
    observer.begin(again.machine);
    again.run(this.history());
    again.machine.stream.flush();
    return observer.place;
  };

  /** Leaves every open scope and frees every live object, oldest first. */
  freeAll(): void {
    while (this.scopes.length > 0 && !this.isStopped) {
      this.perform(operation('leave'));
    }
    for (const { id } of this.live.list()) {
      this.perform(operation('free', id));
    }
  }

  private stop(error: unknown, where: string): void {
    this.isStopped = true;
    this.failure = error;
    this.findings.violated('intact', `${where} failed: ${failureText(error)}`, this.history());
  }

  /** Everything that was performed, and what is being performed now. */
  private history(): ConformanceOperation[] {
    const operations = this.steps.map((step) => step.operation);
    return this.current === undefined ? operations : [...operations, this.current];
  }

  private dispatch(next: ConformanceOperation): Placement {
    const { engine } = this;
    switch (next.op) {
      case 'alloc':
      case 'heap':
        return this.settle(next, engine.allocate(next.size, next.align));
      case 'alignedalloc':
        return this.settle(next, engine.alignedAllocate!(next.size, next.align, next.offset, next.span));
      case 'free':
        return this.free(next.id);
      case 'realloc':
        return this.reallocate(next);
      case 'msize':
        return this.usableSize(next);
      case 'compact':
        return this.compact();
      case 'check':
        engine.poolCheck!();
        return NOTHING;
      case 'dump':
        engine.dump!();
        return NOTHING;
      default:
        return this.scopeVerb(next);
    }
  }

  /** Judges where an object was placed and enters it; one that has no block is not entered. */
  private settle(next: ConformanceOperation, placement: Placement, old?: LiveObject): Placement {
    const { size } = next;
    if (!isBlock(placement)) {
      const isConstant = placement === NULL || placement === BUG || (placement === ZERO && size === 0);
      this.judge.expect(
        'served',
        isConstant,
        next,
        `returned the word ${placement}, which means nothing here`,
      );
      return placement;
    }
    this.judge.alignment(next, placement, old);
    this.judge.place(next, placement, old);
    this.live.enter(next.id, placement, size, next.align);
    return placement;
  }

  private free(id: number): Placement {
    const object = this.live.get(id);
    if (object !== undefined) {
      this.judge.contents(object, object.placement, object.sizeBytes, 'when it was freed');
      this.live.remove(id);
      this.engine.free(object.placement, object.sizeBytes, object.align);
    }
    return NOTHING;
  }

  private reallocate(next: ConformanceOperation): Placement {
    const old = this.live.get(next.id);
    if (old === undefined) {
      return NOTHING;
    }
    this.judge.contents(old, old.placement, old.sizeBytes, 'before its realloc');
    const placement = this.engine.reallocate!(old.placement, next.size, next.align, old.sizeBytes);
    if (placement === BUG || (placement === NULL && next.size > 0)) {
      return placement;
    }
    this.live.remove(next.id);
    if (isBlock(placement) && !this.judge.isExcused('kept', next, old)) {
      this.judge.contents(old, placement, Math.min(old.sizeBytes, next.size), `by "${operationText(next)}"`);
    }
    return this.settle(next, placement, old);
  }

  /** The owner may use all of it from now on, and does. */
  private usableSize(next: ConformanceOperation): Placement {
    const object = this.live.get(next.id);
    if (object !== undefined) {
      const sizeBytes = this.engine.usableSize!(object.placement);
      const told = `says ${sizeBytes} bytes of ${object.sizeBytes}`;
      this.judge.expect('served', sizeBytes >= object.sizeBytes, next, told);
      this.judge.contents(object, object.placement, object.sizeBytes, 'by msize');
      this.live.remove(next.id);
      this.judge.place({ ...next, size: sizeBytes }, object.placement);
      this.live.enter(next.id, object.placement, sizeBytes, 0);
    }
    return NOTHING;
  }

  private compact(): Placement {
    this.engine.compact!(this.follow);
    return NOTHING;
  }

  /** The engine tells that it moved a block, asked to or in the middle of another verb. */
  private readonly follow = (from: Placement, to: Placement): void => {
    const object = this.live.list().find(({ placement }) => placement === from);
    if (object !== undefined) {
      this.moved.push(this.live.move(object, to));
    }
  };

  /** Judges the objects that the verb moved, now that it is done with them. */
  private judgeMoves(): void {
    for (const object of this.moved.splice(0)) {
      if (this.live.get(object.id) === object) {
        this.judge.contents(object, object.placement, object.sizeBytes, 'by a move');
        this.judge.place(operation('compact', object.id, object.sizeBytes), object.placement, object);
      }
    }
  }

  /** Outside any call nothing happens: a shortened sequence may have lost its `enter`. */
  private scopeVerb(next: ConformanceOperation): Placement {
    const scopes = this.engine.scopes!;
    const innermost = this.scopes.at(-1);
    if (next.op === 'enter') {
      scopes.enter();
      this.scopes.push([]);
    } else if (innermost !== undefined) {
      return this.scopedVerb(next, scopes, innermost);
    }
    return NOTHING;
  }

  private scopedVerb(next: ConformanceOperation, scopes: ApiScopes, innermost: number[]): Placement {
    const object = this.live.get(next.id);
    switch (next.op) {
      case 'temp':
        innermost.push(next.id);
        return this.settle(next, scopes.temp(next.size));
      case 'adopt':
        if (object !== undefined) {
          innermost.push(next.id);
          scopes.adopt(object.placement);
        }
        return NOTHING;
      case 'leave':
        this.endTemporaries(innermost);
        this.scopes.pop();
        scopes.leave();
        return NOTHING;
      case 'freeall':
        this.endTemporaries(innermost);
        scopes.freeAll();
        return NOTHING;
      default:
        return NOTHING;
    }
  }

  private endTemporaries(ids: number[]): void {
    for (const id of ids.splice(0)) {
      const object = this.live.get(id);
      if (object !== undefined) {
        this.judge.contents(object, object.placement, object.sizeBytes, 'when its call ended');
        this.live.remove(id);
      }
    }
  }
}

export function failureText(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message.split('\n')[0]}` : String(error);
}
