import { PAGE_BYTES } from '../../../machine/memory-layout';
import { decimalRatio, groupedInteger as grouped } from '../../../text/numbers';
import { confirmedIf, trial } from '../trial';
import { claim, FIRST_FIT } from './document';

/** What the RFC says of the programs around xmalloc. */

export interface AdequacyNumbers {
  readonly freeCyclesMax: number;
  readonly freeListLongest: number;
}

/** A hypervisor that spends this long in one call delays a guest by less than a third of a millisecond. */
const ADEQUATE_CYCLES = 1_000_000;

export const adequateTrial = trial<AdequacyNumbers>({
  claim: claim({
    name: 'first-fit-adequate-today',
    statement:
      'Xen’s xmalloc engine of 2008, "essentially a first-fit algorithm", is "adequate for current needs".',
    experiment: 'Xen’s own heap over five minutes of domain lifecycles on xmalloc-first-fit.',
    expected: 'No xfree comes near the million cycles of the storms.',
  }),
  measure: async (laboratory) => {
    const { pricings, metrics } = await laboratory.measure({
      trace: { specification: 'synth:domain-lifecycle?seconds=300' },
      engine: FIRST_FIT,
    });
    return {
      freeCyclesMax: pricings[0]?.metrics['free.cycles.max']?.value ?? 0,
      freeListLongest: metrics['search.steps.max']?.value ?? 0,
    };
  },
  judge: ({ freeCyclesMax, freeListLongest }) =>
    confirmedIf(
      10 * freeCyclesMax < ADEQUATE_CYCLES,
      `The worst xfree costs ${grouped(freeCyclesMax)} cycles, the longest walk passes ${grouped(freeListLongest)} nodes.`,
    ),
});

export interface NeedNumbers {
  readonly requests: number;
  /** Above half a page, where first-fit gets one object to a page and leaves a fragment. */
  readonly aboveHalfPage: number;
  /** PAGE − 300 and above. */
  readonly nearPage: number;
}

const STORED_OBJECT_BYTES = 256;

const nearPageNeeds = (name: string, statement: string, specification: string) =>
  trial<NeedNumbers>({
    claim: claim({
      name,
      statement,
      experiment: `Sizes of the stored objects (${STORED_OBJECT_BYTES} bytes and above) of \`${specification}\`.`,
      expected: 'Most stored objects are above 3,796 bytes: near a page.',
    }),
    measure: async (laboratory) => {
      const stored = (await laboratory.callsOf(specification)).filter(
        ({ sizeBytes }) => sizeBytes >= STORED_OBJECT_BYTES,
      );
      const above = (bytes: number): number => stored.filter(({ sizeBytes }) => sizeBytes > bytes).length;
      return {
        requests: stored.length,
        aboveHalfPage: above(PAGE_BYTES / 2),
        nearPage: above(PAGE_BYTES - 300),
      };
    },
    judge: ({ requests, aboveHalfPage, nearPage }) => {
      const share = (count: number): string => `${decimalRatio(100 * count, Math.max(1, requests), 1)} %`;
      const because =
        `Of ${grouped(requests)} stored objects ${share(nearPage)} lie within 300 bytes of a page, ` +
        `${share(aboveHalfPage)} are larger than half a page.`;
      if (2 * nearPage >= requests) {
        return { verdict: 'confirmed', because };
      }
      return 4 * aboveHalfPage >= requests
        ? {
            verdict: 'confirmed with a correction',
            because: `${because} The need is for objects of half a page and more; few come near a page.`,
          }
        : { verdict: 'refuted', because };
    },
  });

export const tmemNeedsTrial = nearPageNeeds(
  'tmem-near-page-needs',
  '"Paravirtualized Paging" allocates "a large number of near-page-sized items".',
  'synth:tmem?ops=4000&capacity=400',
);

export const differenceEngineNeedsTrial = nearPageNeeds(
  'difference-engine-near-page-needs',
  'Difference Engine "has similarly intense near-page-sized needs".',
  'synth:difference-engine?pages=1024&seconds=4',
);
