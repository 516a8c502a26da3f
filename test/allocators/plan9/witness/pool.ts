import { Arenas, type Listener } from './arenas';
import { assertC, Blocks } from './blocks';
import { Checks } from './checks';
import { FLAG, LAYOUTS, MAGIC, type Settings } from './layout';
import { BASE, Region, Stop } from './region';

/** Plan 9's pool(2), told a second time from its description. Pointers are addresses, 0 is nil. */

const REQUEST_MAX = 0x7fff_ffffn;

const shown = (pointer: bigint): string => (pointer === 0n ? '0' : `@${pointer - BASE}`);

export class Pool {
  readonly region = new Region();
  readonly blocks: Blocks;
  readonly checks: Checks;
  readonly arenas: Arenas;
  curalloc = 0n;
  nfree = 0n;

  constructor(
    private readonly settings: Settings,
    private readonly listener: Listener,
  ) {
    const layout = LAYOUTS[settings.layout]!;
    this.blocks = new Blocks(this.region, layout, settings, (line) => listener.event(`print:${line}`));
    this.checks = new Checks(this.blocks);
    this.arenas = new Arenas(this.blocks, this.checks, settings, listener);
  }

  // The public routines.
  alloc(bytes: bigint): bigint {
    return this.call(
      () => this.allocl(bytes),
      (result) => `poolalloc POOL ${bytes} = ${shown(result)}`,
    );
  }

  allocAligned(bytes: bigint, align: bigint, offset: bigint, span: bigint): bigint {
    return this.call(
      () => this.alignedl(bytes, align, offset, span),
      (result) => `poolalignspanalloc POOL ${bytes} ${align} ${span} ${offset} = ${shown(result)}`,
    );
  }

  realloc(pointer: bigint, bytes: bigint): bigint {
    return this.call(
      () => this.reallocl(pointer, bytes),
      (result) => `poolrealloc POOL ${shown(pointer)} ${bytes} = ${shown(result)}`,
    );
  }

  free(pointer: bigint): void {
    this.call(
      () => this.freel(pointer),
      () => `poolfree POOL ${shown(pointer)}`,
    );
  }

  msize(pointer: bigint): bigint {
    return this.call(
      () => this.msizel(pointer),
      (result) => `poolmsize POOL ${shown(pointer)} = ${result}`,
    );
  }

  compact(): boolean {
    return this.call(
      () => this.arenas.compact(this.nfree),
      () => 'poolcompact POOL',
      false,
    );
  }

  /** The whole pool. */
  check(): void {
    for (const arena of this.arenas.list) {
      this.checks.arena(arena);
    }
    this.checks.tree();
  }

  checkObject(pointer: bigint): void {
    if (pointer !== 0n) {
      this.checks.block(this.resolve(pointer));
    }
  }

  private call<Result>(work: () => Result, line: (result: Result) => string, logsStack = true): Result {
    this.watch();
    const result = work();
    this.watch();
    if (this.blocks.has(FLAG.logging)) {
      if (logsStack && this.settings.logstack) {
        this.listener.event('logstack');
      }
      this.print(line(result));
    }
    return result;
  }

  private watch(): void {
    if (this.blocks.has(FLAG.paranoia)) {
      this.check();
    }
    if (this.blocks.has(FLAG.verbosity)) {
      this.dump();
    }
  }

  private print(line: string): void {
    this.listener.event(`print:${line}`);
  }

  private dump(): void {
    const { blocks } = this;
    this.print('pool POOL ref');
    for (const arena of this.arenas.list) {
      for (let block = arena; blocks.magic(block) !== MAGIC.arenaTail; block = blocks.next(block)) {
        const magic = blocks.magic(block).toString(16).padStart(8, '0');
        this.print(`(${shown(block)} ${magic} ${blocks.size(block)})`);
      }
      this.print('');
    }
  }

  // Under the lock.
  private fail(message: string): bigint {
    this.listener.event(`errstr:${message}`);
    return 0n;
  }

  private fill(address: bigint, bytes: bigint, value: number): void {
    if (this.blocks.has(FLAG.antagonism)) {
      this.region.fill(address, bytes, value);
    }
  }

  private allocl(bytes: bigint): bigint {
    const { blocks } = this;
    if (bytes > REQUEST_MAX) {
      return this.fail('invalid allocation size');
    }
    const size = blocks.blockSize(bytes);
    let block = blocks.bestFit(size);
    if (block === 0n) {
      this.arenas.grow(this.arenaSize(size), this.nfree);
      block = blocks.bestFit(size);
      if (block === 0n) {
        return 0n;
      }
    }
    blocks.del(block);
    blocks.trim(block, bytes);
    this.curalloc = blocks.word(this.curalloc + blocks.size(block));
    const data = block + blocks.layout.BH;
    this.fill(data, bytes, 0xdf);
    return data;
  }

  private freel(pointer: bigint): void {
    if (pointer === 0n) {
      return;
    }
    const { blocks } = this;
    let block = this.resolve(pointer);
    this.checks.block(block);
    if (blocks.has(FLAG.noReuse)) {
      blocks.setMagic(block, MAGIC.dead);
      const bytes = BigInt.asIntN(8 * blocks.layout.U, blocks.dataSize(block) - 8n);
      if (bytes > 0n) {
        this.region.fill(pointer + 8n, bytes, 0xda);
      }
      return;
    }
    this.nfree = blocks.word(this.nfree + 1n);
    this.curalloc = blocks.word(this.curalloc - blocks.size(block));
    const before = blocks.previous(block);
    if (blocks.isFree(before)) {
      block = blocks.merge(before, block);
    }
    const behind = blocks.next(block);
    if (blocks.isFree(behind)) {
      block = blocks.merge(block, behind);
    }
    blocks.add(block);
  }

  private reallocl(pointer: bigint, bytes: bigint): bigint {
    if (pointer === 0n) {
      return this.allocl(bytes);
    }
    if (bytes === 0n) {
      this.freel(pointer);
      return 0n;
    }
    const { blocks } = this;
    const block = this.resolve(pointer);
    this.checks.block(block);
    const [oldData, oldSize, needed] = [blocks.dataSize(block), blocks.size(block), blocks.blockSize(bytes)];
    const finish = (whole: bigint): bigint => {
      const data = whole + blocks.layout.BH;
      if (pointer !== data) {
        this.region.write(data, this.region.copy(pointer, oldData));
      }
      blocks.trim(whole, bytes);
      this.curalloc = blocks.word(this.curalloc + blocks.size(whole) - oldSize);
      return data;
    };
    const fits = (...parts: readonly bigint[]): boolean =>
      blocks.word(parts.reduce((sum, part) => sum + blocks.size(part), 0n)) >= needed;
    if (fits(block)) {
      return finish(block);
    }
    const behind = blocks.next(block);
    const isBehindFree = blocks.isFree(behind);
    if (isBehindFree && fits(block, behind)) {
      return finish(blocks.merge(block, behind));
    }
    const before = blocks.previous(block);
    if (blocks.isFree(before)) {
      if (fits(before, block)) {
        return finish(blocks.merge(before, block));
      }
      if (isBehindFree && fits(before, block, behind)) {
        return finish(blocks.merge(blocks.merge(before, block), behind));
      }
    }
    const moved = this.allocl(bytes);
    if (moved === 0n) {
      return 0n;
    }
    const beside = this.joinedWith(block, moved - blocks.layout.BH);
    if (beside !== undefined) {
      assertC(fits(beside));
      return finish(beside);
    }
    this.region.write(moved, this.region.copy(pointer, oldData));
    if (bytes > oldData) {
      this.fill(moved + oldData, bytes - oldData, 0xde);
    }
    this.freel(pointer);
    return moved;
  }

  /** The block with the new one that lies beside it, and what is free on the other side. */
  private joinedWith(block: bigint, made: bigint): bigint | undefined {
    const { blocks } = this;
    const before = blocks.previous(block);
    const behind = blocks.next(block);
    if (made !== before && made !== behind) {
      return undefined;
    }
    let whole = block;
    if (before === made || blocks.isFree(before)) {
      whole = blocks.merge(before, block);
    }
    const next = blocks.next(whole);
    return next === made || blocks.isFree(next) ? blocks.merge(whole, next) : whole;
  }

  private alignedl(bytes: bigint, align: bigint, wish: bigint, span: bigint): bigint {
    const { blocks } = this;
    const { BH, U } = blocks.layout;
    const offset = align === 0n ? wish : wish < 0n ? align - (-wish % align) : wish % align;
    const sum = blocks.word(bytes + align);
    let pointer = this.allocl(sum);
    if (pointer === 0n) {
      return 0n;
    }
    if (span !== 0n && pointer / span !== blocks.word(pointer + sum) / span) {
      this.freel(pointer);
      pointer = this.allocl(blocks.word(2n * sum));
      if (pointer === 0n) {
        return 0n;
      }
    }
    const fix = (address: bigint): bigint => {
      if (align === 0n) {
        return address;
      }
      const rest = address % align;
      return rest === offset
        ? address
        : blocks.pointer(address + offset - rest + (rest > offset ? align : 0n));
    };
    const straddles = (address: bigint): boolean =>
      span !== 0n && address / span !== blocks.word(address + bytes - 1n) / span;
    let aligned = fix(pointer);
    if (straddles(aligned)) {
      aligned = fix(blocks.pointer(aligned + span - (aligned % span)));
      if (straddles(aligned)) {
        this.freel(pointer);
        return this.fail(`cannot satisfy dsize ${bytes} span ${span} with align ${align}+${offset}`);
      }
    }
    const block = blocks.freeFront(pointer - BH, blocks.word(aligned - pointer));
    const data = block + BH;
    for (let word = data; word + BigInt(U) <= aligned; word += BigInt(U)) {
      this.region.setWord(word, U, MAGIC.filler);
    }
    blocks.trim(block, blocks.word(aligned - data + bytes));
    assertC(this.resolve(aligned) === block);
    this.fill(aligned, bytes, 0xdd);
    return aligned;
  }

  private msizel(pointer: bigint): bigint {
    if (pointer === 0n) {
      return 0n;
    }
    const { blocks } = this;
    const { BH, BT } = blocks.layout;
    const block = this.resolve(pointer);
    const bytes = blocks.word(blocks.down(blocks.size(block)) - BH - BT);
    assertC(bytes >= blocks.dataSize(block));
    blocks.setData(block, bytes);
    return bytes;
  }

  /** The block behind a user's pointer, which filler words may separate from its data. */
  resolve(pointer: bigint): bigint {
    const { U, BH } = this.blocks.layout;
    const word = BigInt(U);
    const rounded = pointer - (pointer % word);
    let data = rounded;
    while (this.region.word(data - word, U) === MAGIC.filler) {
      data -= word;
    }
    const block = data - BH;
    if (this.blocks.magic(block) !== MAGIC.allocated) {
      throw new Stop(`panic:D2B called on non-block ${shown(rounded)} (double-free?)`);
    }
    return block;
  }

  private arenaSize(size: bigint): bigint {
    const { blocks } = this;
    const bytes = blocks.word(size + blocks.layout.AR + blocks.layout.BT);
    const least = BigInt(this.settings.minarena);
    return blocks.down(blocks.word((bytes > least ? bytes : least) + BigInt(this.settings.quantum)));
  }
}
