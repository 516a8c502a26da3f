import type { Blocks } from './blocks';
import type { Checks } from './checks';
import { FLAG, MAGIC, type Settings } from './layout';
import { BASE } from './region';
import { Source } from './source';

/** The pool's arenas: how they come, join, and have their blocks moved together. */

export interface Listener {
  /** What the callbacks and error strings say, as the rows show it. */
  event(text: string): void;
  /** A block's data has moved. */
  moved(from: bigint, to: bigint): void;
}

export class Arenas {
  cursize = 0n;
  lastcompact = 0n;
  /** Highest address first. */
  readonly list: bigint[] = [];
  private readonly source: Source;

  constructor(
    private readonly blocks: Blocks,
    private readonly checks: Checks,
    private readonly settings: Settings,
    private readonly listener: Listener,
  ) {
    this.source = new Source(blocks.region, blocks.layout, settings);
  }

  private setArena(arena: bigint, size: bigint): void {
    const { U, P, BH } = this.blocks.layout;
    this.blocks.region.setWord(arena + BH + BigInt(2 * P), U, size);
    this.setTail(arena);
  }

  private setTail(arena: bigint): void {
    const tail = this.checks.arenaTail(arena);
    this.blocks.setMagic(tail, MAGIC.arenaTail);
    this.blocks.setSizeWord(tail, 0n);
  }

  private firstBlock(arena: bigint): bigint {
    return arena + this.blocks.layout.AR;
  }

  grow(bytes: bigint, nfree: bigint): void {
    const { blocks, checks } = this;
    if (blocks.has(FLAG.logging)) {
      blocks.print(`newarena ${bytes}`);
    }
    if (blocks.word(this.cursize + bytes) > BigInt(this.settings.maxsize)) {
      if (!this.compact(nfree)) {
        if (blocks.has(FLAG.logging)) {
          blocks.print('pool too big');
        }
        this.listener.event('errstr:memory pool too large');
      }
      return;
    }
    const arena = this.source.take(bytes);
    this.listener.event(`arena:${arena === undefined ? 'nil' : arena - BASE}:${bytes}`);
    if (arena === undefined) {
      return;
    }
    this.cursize = blocks.word(this.cursize + bytes);
    blocks.setMagic(arena, MAGIC.arena);
    blocks.setSize(arena, blocks.layout.AR);
    this.setArena(arena, bytes);
    checks.block(arena);
    const block = this.firstBlock(arena);
    blocks.setMagic(block, MAGIC.inTransit);
    blocks.setSize(block, checks.arenaTail(arena) - block);
    checks.block(block);
    blocks.add(block);
    checks.block(block);
    const above = this.list.filter((each) => each > arena).length;
    this.list.splice(above, 0, arena);
    this.link();
    if (above > 0) {
      this.mergeArenas(arena, this.list[above - 1]!);
    }
    const index = this.list.indexOf(arena);
    if (index + 1 < this.list.length) {
      this.mergeArenas(this.list[index + 1]!, arena);
    }
  }

  /** Writes the arenas' links, as far as they lie in memory. */
  private link(): void {
    const { BH, P } = this.blocks.layout;
    this.list.forEach((arena, index) => {
      this.blocks.region.setWord(arena + BH, P, this.list[index - 1] ?? 0n);
      this.blocks.region.setWord(arena + BH + BigInt(P), P, this.list[index + 1] ?? 0n);
    });
  }

  private mergeArenas(bottom: bigint, top: bigint): void {
    const { blocks, checks } = this;
    checks.block(bottom);
    checks.block(top);
    if (!this.settings.merge) {
      return;
    }
    const isMerged = this.source.merge(bottom, top);
    this.listener.event(`merge:${bottom - BASE}+${top - BASE}=${isMerged ? 1 : 0}`);
    if (!isMerged) {
      return;
    }
    this.list.splice(this.list.indexOf(top), 1);
    this.link();
    const last = blocks.previous(checks.arenaTail(bottom));
    const first = this.firstBlock(top);
    checks.block(last);
    checks.block(first);
    this.setArena(bottom, blocks.word(checks.arenaSize(top) + top - bottom));
    const bytes = blocks.word(first - last);
    if (blocks.isFree(last)) {
      blocks.del(last);
      checks.block(last);
      blocks.setSize(last, bytes);
      checks.block(last);
      const next = blocks.next(last);
      if (blocks.isFree(next)) {
        blocks.merge(last, next);
      }
      checks.block(last);
      blocks.add(last);
    } else {
      const data = blocks.dataSize(last);
      blocks.setSize(last, bytes);
      blocks.trim(last, data);
    }
  }

  /** Moves all blocks down in their arenas, unless nothing was freed since the last time. */
  compact(nfree: bigint): boolean {
    if (!this.settings.move || this.lastcompact === nfree) {
      return false;
    }
    this.lastcompact = nfree;
    return this.list.map((arena) => this.compactArena(arena)).includes(true);
  }

  private compactArena(arena: bigint): boolean {
    const { blocks, checks } = this;
    checks.arena(arena);
    let isMoved = false;
    const tail = checks.arenaTail(arena);
    let target = this.firstBlock(arena);
    for (let block = target; block < tail;) {
      const next = blocks.next(block);
      if (blocks.isFree(block)) {
        blocks.del(block);
        blocks.setMagic(block, MAGIC.floating);
      } else if (blocks.magic(block) === MAGIC.allocated) {
        if (block !== target) {
          this.blocks.region.write(target, this.blocks.region.copy(block, blocks.size(block)));
          this.listener.moved(block + blocks.layout.BH, target + blocks.layout.BH);
          isMoved = true;
        }
        target = blocks.next(target);
      }
      block = next;
    }
    if (target < tail) {
      blocks.setMagic(target, MAGIC.inTransit);
      blocks.setSize(target, tail - target);
      blocks.add(target);
    }
    return isMoved;
  }
}
