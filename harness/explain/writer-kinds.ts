import { OP_NAMES, type TextTable } from '../../traces/trace';
import { SIZE_CLASS_COUNT, sizeClassOf, sizeClassStart } from '../metrics/op-kinds';
import type { WriterKind } from './explanation';

/**
 * Kinds of operations that leave something behind: verb, size class and call site, as small numbers. Nobody reads ten
 * thousand names of events, but a dozen kinds of them.
 */

/** Sites come from the trace and may be many: with more kinds than this, new ones lose their site. */
const KINDS_MAX = 1 << 16;
const CODES = OP_NAMES.length;
const KINDS_WITHOUT_SITE = CODES * SIZE_CLASS_COUNT;

export class WriterKinds {
  private readonly numbers = new Map<number, number>();
  private readonly keys: number[] = [];

  /** The number of a kind. */
  of(code: number, bytes: number, site: number): number {
    return this.numberOf(site * KINDS_WITHOUT_SITE + sizeClassOf(bytes) * CODES + code);
  }

  /** The kind of another operation on objects of the same size as `kind`'s. */
  likewise(kind: number, code: number, site: number): number {
    const sized = this.keys[kind]! % KINDS_WITHOUT_SITE;
    return this.numberOf(site * KINDS_WITHOUT_SITE + sized - (sized % CODES) + code);
  }

  describe(kind: number, texts: TextTable): WriterKind {
    const key = this.keys[kind]!;
    const sizeClass = Math.floor((key % KINDS_WITHOUT_SITE) / CODES);
    const isLast = sizeClass === SIZE_CLASS_COUNT - 1;
    return {
      op: OP_NAMES[key % CODES]!,
      sizeBytesFrom: sizeClassStart(sizeClass),
      sizeBytesTo: isLast ? null : sizeClassStart(sizeClass + 1) - 1,
      site: texts.text(Math.floor(key / KINDS_WITHOUT_SITE)),
    };
  }

  private numberOf(key: number): number {
    const kept = this.numbers.has(key) || this.keys.length < KINDS_MAX ? key : key % KINDS_WITHOUT_SITE;
    const known = this.numbers.get(kept);
    if (known !== undefined) {
      return known;
    }
    this.numbers.set(kept, this.keys.length);
    this.keys.push(kept);
    return this.keys.length - 1;
  }
}
