import { claim, POLICY_DATE, POLICY_SOURCE } from './libxl-policy/document';
import * as lifetimes from './libxl-policy/lifetimes';
import * as releases from './libxl-policy/releases';
import { outOfScope, type SourceDocument } from './trial';

/** libxl's memory policy of August 2010, claim by claim. */
export const libxlPolicy: SourceDocument = {
  name: 'libxl-policy',
  title: POLICY_SOURCE,
  date: POLICY_DATE,
  parts: [
    outOfScope(
      claim({
        name: 'context-is-threadsafe',
        statement: 'For the application, libxl_ctx "is threadsafe".',
        experiment: 'None.',
        expected: 'Calls of several threads on one context do not disturb each other.',
      }),
      'Operations of a trace run one after the other; only the code can show what several threads do to a context.',
    ),
    releases.leakCured,
    lifetimes.temporariesDie,
    lifetimes.nestedReuse,
    outOfScope(
      claim({
        name: 'names-and-visibility',
        statement:
          'Public functions are named libxl_foobar; private ones libxl__foobar, and declared _hidden.',
        experiment: 'None.',
        expected: 'Every declaration keeps to it.',
      }),
      'Names and visibility are properties of source code; a trace shows calls, not declarations.',
    ),
    lifetimes.categoryB,
    lifetimes.categoryC,
    releases.numerousObjects,
    releases.adoptingCheaper,
    releases.noDoubleFree,
    outOfScope(
      claim({
        name: 'ownership-is-documented',
        statement: 'Comments near a declaration explain who owns what is returned.',
        experiment: 'None.',
        expected: 'Every public function that returns memory has such a comment.',
      }),
      'Comments are in source code only.',
    ),
  ],
};
