import { HeapCorruption } from '../../harness/machine/failures';
import type { Machine } from '../../harness/machine/machine';
import { Arenas } from './arenas';
import { ArenaSource, type SourceSettings } from './arena-source';
import { Blocks } from './blocks';
import { Checks } from './checks';
import { Compaction } from './compaction';
import { pointerText, PoolContext } from './context';
import { dumpPool } from './dump';
import type { PoolListener } from './events';
import { Fragments } from './fragments';
import { FreeTree } from './free-tree';
import type { TouchWatcher } from './heap-words';
import { HeldBlock } from './held-block';
import { PoolObserver } from './observer';
import { PoolLock } from './pool-lock';
import { LAYOUTS, type LayoutName } from './layout';
import { FIELD, FLAG, POOL_OBJECT_REGION, PoolObject } from './pool-object';
import { PRINT_BUFFER_REGION, PrintBuffer } from './print-buffer';
import { POOL_STEPS } from './steps';
import { Verbs } from './verbs';

/** The parameters of a pool; sizes in bytes. */
export interface PoolSettings {
  readonly layout: LayoutName;
  readonly maxsize: number;
  readonly minarena: number;
  readonly quantum: number;
  readonly minblock: number;
  readonly flags: number;
  /** Which callbacks are installed; alloc, print and panic always are. */
  readonly merge: boolean;
  readonly move: boolean;
  readonly lock: boolean;
  readonly logstack: boolean;
  readonly source: SourceSettings;
  /** Whether the pool behaves as the manual page says where the code differs. */
  readonly manual: boolean;
}

/** Whoever listens in; nobody does in an ordinary replay. */
export interface PoolWitnesses {
  readonly listener?: PoolListener;
  readonly touches?: TouchWatcher;
}

/** A callback that is installed: any address but nil. */
const INSTALLED = 1;

/**
 * The nine routines of pool(2). Every call takes the pool's lock for all of its work; pointers are users' pointers,
 * 0 is nil. What the flags make the calls say and check besides happens here.
 */
export class Pool {
  readonly context: PoolContext;
  readonly observer: PoolObserver;
  private readonly verbs: Verbs;
  private readonly checks: Checks;
  private readonly compaction: Compaction;
  private readonly source: ArenaSource;
  private readonly lock: PoolLock;

  /** Reserves the pool's control regions; the machine is not booted yet. */
  constructor(
    machine: Machine,
    readonly settings: PoolSettings,
    witnesses: PoolWitnesses = {},
  ) {
    const layout = LAYOUTS[settings.layout];
    const objectAddress = machine.reserve(POOL_OBJECT_REGION, PoolObject.BYTES);
    const isKernel = settings.source.kind === 'xalloc';
    this.lock = new PoolLock(machine, settings.lock, !isKernel, witnesses.listener);
    const bufferAddress = machine.reserve(PRINT_BUFFER_REGION, PrintBuffer.BYTES);
    const printBuffer = new PrintBuffer(machine, bufferAddress, isKernel);
    const steps = machine.defineSteps('plan9-pool', POOL_STEPS);
    const { manual } = settings;
    const context = new PoolContext(machine, layout, objectAddress, steps, {
      charged: true,
      manual,
      printBuffer,
      ...witnesses,
    });
    this.context = context;
    this.observer = new PoolObserver(machine, layout, objectAddress, steps);
    const sourceState = machine.reserve('arena source', ArenaSource.STATE_BYTES);
    this.source = new ArenaSource(context, settings.source, sourceState);
    const blocks = new Blocks(context);
    const tree = new FreeTree(context, blocks);
    const fragments = new Fragments(context, blocks, tree);
    const held = new HeldBlock();
    this.checks = new Checks(context, blocks);
    this.compaction = new Compaction(context, blocks, tree, this.checks, held);
    const { checks, compaction, source } = this;
    const arenas = new Arenas(context, blocks, tree, fragments, checks, compaction, source);
    this.verbs = new Verbs(context, blocks, tree, fragments, checks, arenas, held);
  }

  /** Writes the initial Pool structure, once the machine has booted. */
  start(flags = this.settings.flags): void {
    const { pool } = this.context;
    for (const field of Object.values(FIELD)) {
      pool.store(field, 0);
    }
    this.parameters(flags).forEach((value, field) => pool.store(field, value));
    this.source.start();
  }

  /** Verifies everything that is known of the pool; uncharged. Throws `HeapCorruption`. */
  check(): void {
    const { pool } = this.context;
    this.parameters(this.settings.flags).forEach((value, field) => {
      if (pool.peek(field) !== value) {
        throw new HeapCorruption(pool.addressOf(field), 'a parameter of the pool has changed');
      }
    });
    this.observer.check();
    this.source.check(this.observer.arenas());
  }

  /** The fields that nobody writes after the start. */
  private parameters(flags: number): Map<number, number> {
    const { maxsize, minarena, quantum, minblock, merge, move, logstack } = this.settings;
    const installed = (isInstalled: boolean) => (isInstalled ? INSTALLED : 0);
    return new Map([
      [FIELD.maxsize, maxsize],
      [FIELD.minarena, minarena],
      [FIELD.quantum, quantum],
      [FIELD.minblock, minblock],
      [FIELD.flags, flags],
      [FIELD.alloc, INSTALLED],
      [FIELD.merge, installed(merge)],
      [FIELD.move, installed(move)],
      [FIELD.lock, INSTALLED],
      [FIELD.unlock, INSTALLED],
      [FIELD.print, INSTALLED],
      [FIELD.panic, INSTALLED],
      [FIELD.logstack, installed(logstack)],
    ]);
  }

  poolalloc(bytes: number): number {
    const told = () => `poolalloc POOL ${bytes}`;
    this.enter(told);
    const pointer = this.verbs.allocate(bytes);
    return this.leave(pointer, () => `${told()} = ${pointerText(pointer)}`);
  }

  /** An address congruent to `offset` modulo `align`, whose bytes cross no multiple of `span`; each may be 0. */
  poolallocalign(bytes: number, align: number, offset: number, span: number): number {
    const told = () => `poolalignspanalloc POOL ${bytes} ${align} ${span} ${offset}`;
    this.enter(told);
    const pointer = this.verbs.allocateAligned(bytes, align, offset, span);
    return this.leave(pointer, () => `${told()} = ${pointerText(pointer)}`);
  }

  poolfree(pointer: number): void {
    const told = () => `poolfree POOL ${pointerText(pointer)}`;
    this.enter(told);
    this.verbs.free(pointer);
    this.leave(undefined, told);
  }

  /** Returns 0 where there is no memory, and after freeing for a size of 0. */
  poolrealloc(pointer: number, bytes: number): number {
    const told = () => `poolrealloc POOL ${pointerText(pointer)} ${bytes}`;
    this.enter(told);
    const moved = this.verbs.reallocate(pointer, bytes);
    return this.leave(moved, () => `${told()} = ${pointerText(moved)}`);
  }

  poolmsize(pointer: number): number {
    const told = () => `poolmsize POOL ${pointerText(pointer)}`;
    this.enter(told);
    const bytes = this.verbs.usableSize(pointer);
    return this.leave(bytes, () => `${told()} = ${bytes}`);
  }

  /** Whether any block moved: the code's return value, which the manual page does not have. */
  poolcompact(): boolean {
    const told = () => 'poolcompact POOL';
    this.enter(told);
    const moved = this.compaction.run();
    // The one call whose caller is not logged.
    return this.leave(moved, told, false);
  }

  poolcheck(): void {
    this.lock.take();
    this.checks.pool();
    this.lock.giveBack();
  }

  /** Of nil it takes not even the lock. */
  poolblockcheck(pointer: number): void {
    if (pointer === 0) {
      return;
    }
    this.lock.take();
    this.checks.object(pointer);
    this.lock.giveBack();
  }

  pooldump(): void {
    this.lock.take();
    dumpPool(this.context);
    this.lock.giveBack();
  }

  /** How every call begins; the manual page promises a line of the log here too, the code prints none. */
  private enter(told: () => string): void {
    const { context } = this;
    this.lock.take();
    context.work(context.steps.call);
    if (context.pool.load(FIELD.flags) !== 0) {
      context.printBuffer?.clear();
    }
    this.inspect();
    if (this.settings.manual && context.hasFlag(FLAG.logging)) {
      context.print(told());
    }
  }

  /** How every call ends. */
  private leave<Result>(result: Result, told: () => string, logsCaller = true): Result {
    const { context } = this;
    this.inspect();
    if (context.hasFlag(FLAG.logging)) {
      if (logsCaller && context.pool.load(FIELD.logstack) !== 0) {
        context.listener?.logStack?.();
      }
      context.print(told());
    }
    this.lock.giveBack();
    return result;
  }

  /** What PARANOIA and VERBOSITY do right after the lock is taken and again when the work is done. */
  private inspect(): void {
    const flags = this.context.pool.load(FIELD.flags);
    if ((flags & FLAG.paranoia) !== 0) {
      this.checks.pool();
    }
    if ((flags & FLAG.verbosity) !== 0) {
      dumpPool(this.context);
    }
  }
}
