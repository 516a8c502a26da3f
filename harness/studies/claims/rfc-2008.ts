import { RFC_DATE, RFC_SOURCE } from './rfc-2008/document';
import { minimumHeapTrial, wasteTrial, wilsonTrial } from './rfc-2008/fragmentation';
import { adequateTrial, differenceEngineNeedsTrial, tmemNeedsTrial } from './rfc-2008/needs';
import { hackedTlsfTrial, nearPageTrial, wholePagesTrial } from './rfc-2008/page-sizes';
import { arrayTrial, dispatchTrial, refuseTrial, supplementTrial } from './rfc-2008/proposals';
import { experimentPart, type SourceDocument } from './trial';
import { XFREE_LATENCY_CLAIMS, xfreeLatency } from './xfree-latency';

/** The e-mail that proposed TLSF for Xen, claim by claim. */
export const rfc2008: SourceDocument = {
  name: 'rfc-2008',
  title: RFC_SOURCE,
  date: RFC_DATE,
  parts: [
    adequateTrial,
    experimentPart(xfreeLatency, XFREE_LATENCY_CLAIMS),
    minimumHeapTrial,
    wilsonTrial,
    wasteTrial,
    tmemNeedsTrial,
    differenceEngineNeedsTrial,
    hackedTlsfTrial,
    wholePagesTrial,
    nearPageTrial,
    refuseTrial,
    dispatchTrial,
    arrayTrial,
    supplementTrial,
  ],
};
