import {
  siteName,
  type AdviseReport,
  type Candidate,
  type SiteAdvice,
} from '../harness/studies/advise/advise';
import { jsonText } from '../harness/results/json-text';

const ADVICE_SCHEMA = 'alloc-replay/advice@1';

/** An advice for other programs, in keys of a fixed order. */
export function adviceJson({ trace, pricing, heapPages, sitesTotal, sites }: AdviseReport): string {
  return jsonText({
    schema: ADVICE_SCHEMA,
    trace,
    pricing,
    heapPages,
    sitesTotal,
    sites: sites.map(siteJson),
  });
}

function siteJson({ key, advice, candidates, now, ...facts }: SiteAdvice) {
  return {
    site: siteName(key),
    by: key.kind,
    ...facts,
    now,
    recommended: advice.allocator,
    rule: advice.rule,
    because: advice.because,
    alsoFine: advice.alsoFine,
    candidates: candidates.map(candidateJson),
  };
}

function candidateJson({ allocator, objection, replayed }: Candidate) {
  return replayed.kind === 'ok'
    ? { allocator, objection, figures: replayed.figures }
    : { allocator, objection, figures: null, reason: replayed.reason };
}
