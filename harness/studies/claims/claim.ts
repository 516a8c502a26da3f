import type { MeasuredReplay } from '../../metrics/measured-replay';
import type { Cell } from '../../results/cell';

/**
 * The ledger's words. A claim is a sentence of a source document; an experiment is the cells that put it to the test
 * and the rule that derives a verdict from their results, and from nothing else.
 */

export interface Claim {
  /** Stable name, `rfc-2008/unbounded-calltime`. */
  readonly id: string;
  /** The claim in our words; what is quoted stands in quotation marks. */
  readonly statement: string;
  /** Document, author, place. */
  readonly source: string;
  /** Of the document, YYYY-MM-DD or as precise as it is known. */
  readonly date: string;
  /** What is run, in a sentence. */
  readonly experiment: string;
  /** The relation between the numbers that the claim makes one expect. */
  readonly expected: string;
}

export const VERDICTS = ['confirmed', 'confirmed with a correction', 'refuted', 'out of scope'] as const;
export type Verdict = (typeof VERDICTS)[number];

export interface Judgement {
  readonly claim: Claim;
  readonly verdict: Verdict;
  /** One or two sentences that hold the numbers the verdict rests on. */
  readonly because: string;
}

/** A table of an experiment's report; cells are texts, numbers right-aligned by `numeric`. */
export interface ReportTable {
  readonly title: string;
  readonly columns: readonly { readonly name: string; readonly numeric: boolean }[];
  readonly rows: readonly (readonly string[])[];
}

export interface ExperimentReport {
  readonly judgements: readonly Judgement[];
  readonly tables: readonly ReportTable[];
  /** Sentences that a reader needs beside the tables. */
  readonly remarks: readonly string[];
}

/** An experiment with what came of it. */
export interface JudgedExperiment {
  readonly experiment: Experiment;
  readonly report: ExperimentReport;
}

/** `ledger` shows the effect, `default` fits a coffee break, `full` the night. */
export type Scale = 'ledger' | 'default' | 'full';

export interface Experiment {
  /** As in `reproduce NAME`. */
  readonly name: string;
  readonly summary: string;
  /** Estimated accesses to be priced, summed over pricings: what a run costs. */
  pricedAccesses(scale: Scale): number;
  cells(scale: Scale): readonly Cell[];
  /** Judges the results of `cells`, in their order; results of other traces may follow and are remarked upon. */
  judge(replays: readonly MeasuredReplay[]): ExperimentReport;
}
