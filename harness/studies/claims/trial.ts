import type { Claim, Experiment, Judgement, Verdict } from './claim';
import type { Laboratory } from './laboratory';

/**
 * A trial puts one claim to the test in two steps that never mix: `measure` runs the experiment and brings back
 * numbers, `judge` derives the verdict from those numbers alone. Contrary numbers turn every verdict round.
 */

export interface Derived {
  readonly verdict: Verdict;
  /** The numbers that the verdict rests on, in a sentence or two. */
  readonly because: string;
}

export interface Trial<Numbers> {
  readonly claim: Claim;
  measure(laboratory: Laboratory): Promise<Numbers>;
  judge(numbers: Numbers): Derived;
}

/** A piece of the ledger: one or more claims that are judged together. */
export interface LedgerPart {
  readonly claims: readonly Claim[];
  judgements(laboratory: Laboratory): Promise<readonly Judgement[]>;
}

/** A source document with everything it claims, in its order. */
export interface SourceDocument {
  /** As the claims' ids begin: `rfc-2008`. */
  readonly name: string;
  readonly title: string;
  readonly date: string;
  readonly parts: readonly LedgerPart[];
}

/** What a claim says beside its document: its name there, the claim, the experiment, the relation expected. */
export interface ClaimWords {
  readonly name: string;
  readonly statement: string;
  readonly experiment: string;
  readonly expected: string;
}

/** Makes the claims of one document. */
export function claimsOf(document: {
  readonly name: string;
  readonly source: string;
  readonly date: string;
}) {
  const { source, date } = document;
  return ({ name, ...words }: ClaimWords): Claim => ({
    id: `${document.name}/${name}`,
    ...words,
    source,
    date,
  });
}

/** A trial as a part of the ledger, its numbers still typed for whoever feeds it others. */
export function trial<Numbers>(parts: Trial<Numbers>): Trial<Numbers> & LedgerPart {
  const { claim } = parts;
  return {
    ...parts,
    claims: [claim],
    judgements: async (laboratory) => [{ claim, ...parts.judge(await parts.measure(laboratory)) }],
  };
}

/** A claim that no replay can test, with the reason. */
export function outOfScope(claim: Claim, reason: string): LedgerPart {
  return {
    claims: [claim],
    judgements: () => Promise.resolve([{ claim, verdict: 'out of scope', because: reason }]),
  };
}

/** An experiment of its own command as a part of the ledger, at the ledger's scale. */
export function experimentPart(experiment: Experiment, claims: readonly Claim[]): LedgerPart {
  return {
    claims,
    judgements: async (laboratory) => {
      const replays = [];
      for (const cell of experiment.cells('ledger')) {
        replays.push(await laboratory.measure(cell));
      }
      return experiment.judge(replays).judgements;
    },
  };
}

/** The commonest rule: what the claim says holds in the numbers, or it does not. */
export const confirmedIf = (holds: boolean, because: string): Derived => ({
  verdict: holds ? 'confirmed' : 'refuted',
  because,
});

/** As `confirmedIf`, where the numbers may also show what the claim leaves out or gets slightly wrong. */
export function confirmedWith(holds: boolean, because: string, correction: string | undefined): Derived {
  return holds && correction !== undefined
    ? { verdict: 'confirmed with a correction', because: `${because} ${correction}` }
    : confirmedIf(holds, because);
}
