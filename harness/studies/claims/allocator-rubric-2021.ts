import { RUBRIC_DATE, RUBRIC_SOURCE } from './allocator-rubric-2021/document';
import * as mapped from './allocator-rubric-2021/mapped';
import * as pages from './allocator-rubric-2021/pages';
import * as pool from './allocator-rubric-2021/pool';
import * as rules from './allocator-rubric-2021/rules';
import type { SourceDocument } from './trial';

/** The e-mail that says which of Xen's allocators to use when, claim by claim. */
export const allocatorRubric2021: SourceDocument = {
  name: 'allocator-rubric-2021',
  title: RUBRIC_SOURCE,
  date: RUBRIC_DATE,
  parts: [
    rules.ruleDefault,
    rules.rulePowerOfTwo,
    rules.ruleNotPower,
    rules.ruleAboveAPage,
    rules.ruleBelowAPage,
    pages.xenheapContiguous,
    pages.xenheapWaste,
    pages.xenheapMayFail,
    pages.xenheapContributesLittle,
    pool.twoAllocators,
    pool.poolUnmapped,
    pool.poolWaste,
    pool.poolSurvives,
    pool.poolFragmentsLittle,
    pages.wholePagesContiguous,
    pages.wholePagesWaste,
    pages.wholePagesMayFail,
    pages.wholePagesFragmentMore,
    mapped.vmallocPages,
    mapped.vmallocSmallWaste,
    mapped.vmallocUnaffected,
    mapped.vmallocHarmless,
    mapped.vmallocMapping,
    mapped.xvmallocBoundary,
  ],
};
