import { didYouMean, InputError, UsageError } from '../../../traces/input-error';
import { NOTHING, OP, TraceEvent, type EventSource } from '../../../traces/trace';
import { familyOfAllocation } from '../audit/routines';
import { SIZE_CLASS_COUNT, sizeClassOf, sizeClassStart } from '../../metrics/op-kinds';
import { isWholePower, type Allocator, type SiteNeeds } from './rubric';

/** The call sites of a trace: what each asks for, and what it calls now. */

/** A site as the trace names it; allocations without one count by the power of two of their size. */
export type SiteKey =
  | { readonly kind: 'site'; readonly site: string }
  | { readonly kind: 'size class'; readonly sizeClass: number };

export interface Site extends SiteNeeds {
  readonly key: SiteKey;
  readonly allocations: number;
  /** Requested by all allocations and resizes together. */
  readonly bytesTotal: number;
  /** The allocators it calls, as the trace says; none where it does not. */
  readonly now: readonly Allocator[];
}

const SITES_MAX = 1 << 16;

/** An object's site is that of its allocation, whatever resizes it. */
export function siteKeyOf(allocation: TraceEvent, site: string): SiteKey {
  return site === ''
    ? { kind: 'size class', sizeClass: sizeClassOf(allocation.size) }
    : { kind: 'site', site };
}

/** One text per site, for maps. */
export const keyText = (key: SiteKey): string => (key.kind === 'site' ? `s${key.site}` : `c${key.sizeClass}`);

/** `512 to 1,023 bytes` without the grouping: the sizes of a class. */
export function sizeClassText(sizeClass: number): string {
  const from = sizeClassStart(sizeClass);
  if (sizeClass === SIZE_CLASS_COUNT - 1) {
    return `${from} bytes and more`;
  }
  const to = sizeClassStart(sizeClass + 1) - 1;
  return from === to ? `${from} ${from === 1 ? 'byte' : 'bytes'}` : `${from} to ${to} bytes`;
}

/**
 * Reads a trace and gathers its sites, those with the most bytes first.
 *
 * @param contiguous sites that need contiguous memory, beside those whose allocations say `needs=contiguous`; a
 *   `UsageError` names one that the trace does not have
 */
export async function surveySites(source: EventSource, contiguous: readonly string[]): Promise<Site[]> {
  const survey = new Survey(source, new Set(contiguous));
  const event = new TraceEvent();
  try {
    do {
      while (source.next(event, NOTHING)) {
        survey.take(event);
      }
    } while (await source.refill());
  } finally {
    await source.close();
  }
  return survey.finish();
}

interface SiteUnderWay {
  readonly key: SiteKey;
  allocations: number;
  bytesTotal: number;
  bytesMin: number;
  bytesMax: number;
  wholePowers: boolean;
  contiguous: boolean;
  readonly now: Set<Allocator>;
}

const ALLOCATOR_OF_FAMILY: Readonly<Record<string, Allocator>> = {
  pages: 'alloc_xenheap_pages',
  xmalloc: 'xmalloc',
  xmalloc_subpage: 'xmalloc',
  vmalloc: 'vmalloc',
  xvmalloc: 'xvmalloc',
};

class Survey {
  private readonly sites = new Map<string, SiteUnderWay>();
  private readonly siteOfObject = new Map<number, SiteUnderWay>();
  private events = 0;

  constructor(
    private readonly source: EventSource,
    private readonly contiguous: ReadonlySet<string>,
  ) {}

  take(event: TraceEvent): void {
    const index = this.events++;
    switch (event.op) {
      case OP.alloc:
      case OP.alignedalloc: {
        const site = this.siteOf(event);
        site.allocations += 1;
        site.contiguous ||= this.needsContiguous(event, index);
        this.count(site, event.size);
        this.siteOfObject.set(event.id, site);
        const family = familyOfAllocation(this.source.texts.text(event.call))?.name ?? '';
        const allocator = ALLOCATOR_OF_FAMILY[family];
        if (allocator !== undefined) {
          site.now.add(allocator);
        }
        return;
      }
      case OP.realloc: {
        const site = this.siteOfObject.get(event.id);
        if (site !== undefined) {
          this.count(site, event.size);
        }
        return;
      }
      case OP.free:
        this.siteOfObject.delete(event.id);
    }
  }

  finish(): Site[] {
    const names = [...this.sites.values()].flatMap(({ key }) => (key.kind === 'site' ? [key.site] : []));
    for (const wanted of this.contiguous) {
      if (names.includes(wanted)) {
        continue;
      }
      throw new UsageError({
        where: '--contiguous',
        problem: `no allocation of the trace has the site "${wanted}"${didYouMean(wanted, names)}`,
        expected: 'the name of one of its sites',
      });
    }
    return [...this.sites.values()]
      .map((site): Site => ({ ...site, now: [...site.now] }))
      .sort((one, other) => other.bytesTotal - one.bytesTotal);
  }

  private siteOf(event: TraceEvent): SiteUnderWay {
    const key = siteKeyOf(event, this.source.texts.text(event.site));
    const text = keyText(key);
    const known = this.sites.get(text);
    if (known !== undefined) {
      return known;
    }
    if (this.sites.size >= SITES_MAX) {
      throw new InputError({ problem: `more than ${SITES_MAX} call sites`, expected: 'sites that repeat' });
    }
    const site: SiteUnderWay = {
      key,
      allocations: 0,
      bytesTotal: 0,
      bytesMin: Number.MAX_SAFE_INTEGER,
      bytesMax: 0,
      wholePowers: true,
      contiguous: key.kind === 'site' && this.contiguous.has(key.site),
      now: new Set(),
    };
    this.sites.set(text, site);
    return site;
  }

  private count(site: SiteUnderWay, bytes: number): void {
    site.bytesTotal = Math.min(site.bytesTotal + bytes, Number.MAX_SAFE_INTEGER);
    site.bytesMin = Math.min(site.bytesMin, bytes);
    site.bytesMax = Math.max(site.bytesMax, bytes);
    site.wholePowers &&= isWholePower(bytes);
  }

  private needsContiguous(event: TraceEvent, index: number): boolean {
    const needs = /(?:^| )needs=(\S*)/.exec(this.source.texts.text(event.value))?.[1];
    if (needs === undefined || needs === 'contiguous') {
      return needs !== undefined;
    }
    throw new InputError({
      where: this.source.header.name,
      problem: `event ${index}: needs=${needs.slice(0, 64)}${didYouMean(needs, ['contiguous'])}`,
      expected: 'needs=contiguous',
    });
  }
}
