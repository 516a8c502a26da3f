import type { Trace, TraceEvent } from '../../../traces/trace';
import { replayOn, type CandidateSettings, type Replayed } from './candidates';
import { ALLOCATORS, choose, objection, shapeOf, type Allocator, type RubricAdvice } from './rubric';
import { keyText, sizeClassText, siteKeyOf, surveySites, type Site, type SiteKey } from './sites';

/** For each call site of a trace: what the rubric says it should use, and what following it is worth, by replay. */

export interface AdviseOptions extends CandidateSettings {
  /** Sites that need contiguous memory. */
  readonly contiguous: readonly string[];
  /** What sites call whose allocations do not say it. */
  readonly now: Allocator | undefined;
  /** How many sites are replayed: those with the most bytes. */
  readonly sitesMax: number;
  /** The events of some objects of a trace as a trace of their own; handed in, for the harness makes no traces. */
  selectObjects(trace: Trace, name: string, wanted: (allocation: TraceEvent, site: string) => boolean): Trace;
  /** Told which sites are replayed, and then as one after the other is done. */
  readonly progress?: { begins(sites: readonly string[]): void; done(site: number): void };
}

export interface Candidate {
  readonly allocator: Allocator;
  /** Why the site cannot use it; null where it can. */
  readonly objection: string | null;
  readonly replayed: Replayed;
}

export interface SiteAdvice {
  readonly key: SiteKey;
  readonly allocations: number;
  readonly bytesMin: number;
  readonly bytesMax: number;
  readonly contiguous: boolean;
  /** What its sizes have in common. */
  readonly shape: string;
  readonly now: readonly Allocator[];
  readonly advice: RubricAdvice;
  /** All four, in the order of the rubric. */
  readonly candidates: readonly Candidate[];
}

export interface AdviseReport {
  readonly trace: string;
  readonly pricing: string;
  readonly heapPages: number;
  /** How many sites there are; the smallest may not be listed. */
  readonly sitesTotal: number;
  /** Those with the most bytes first. */
  readonly sites: readonly SiteAdvice[];
}

/** Rejects with an `InputError` or `UsageError` where the trace or the options cannot be followed. */
export async function advise(trace: Trace, options: AdviseOptions): Promise<AdviseReport> {
  const sites = await surveySites(await trace.open(), options.contiguous);
  const advised: SiteAdvice[] = [];
  const replayed = sites.slice(0, options.sitesMax);
  options.progress?.begins(replayed.map(({ key }) => siteName(key)));
  for (const [index, site] of replayed.entries()) {
    advised.push(await adviseSite(trace, site, options));
    options.progress?.done(index);
  }
  return {
    trace: trace.header.name,
    pricing: options.pricing,
    heapPages: options.machine.heapPages,
    sitesTotal: sites.length,
    sites: advised,
  };
}

async function adviseSite(trace: Trace, site: Site, options: AdviseOptions): Promise<SiteAdvice> {
  const own = siteTrace(trace, site.key, options);
  const candidates: Candidate[] = [];
  for (const allocator of ALLOCATORS) {
    const replayed = await replayOn(allocator, own, options);
    candidates.push({ allocator, objection: objection(allocator, site) ?? null, replayed });
  }
  const { key, allocations, bytesMin, bytesMax, contiguous } = site;
  const now = site.now.length === 0 && options.now !== undefined ? [options.now] : site.now;
  const advice = choose(site);
  return { key, allocations, bytesMin, bytesMax, contiguous, shape: shapeOf(site), now, advice, candidates };
}

/** The site's own events; what another site does to them counts as the site's too. */
export function siteTrace(
  trace: Trace,
  key: SiteKey,
  { selectObjects }: Pick<AdviseOptions, 'selectObjects'>,
): Trace {
  const wanted = keyText(key);
  return selectObjects(
    trace,
    siteName(key),
    (allocation, site) => keyText(siteKeyOf(allocation, site)) === wanted,
  );
}

/** The site's name, or the sizes of its class. */
export const siteName = (key: SiteKey): string =>
  key.kind === 'site' ? key.site : sizeClassText(key.sizeClass);
