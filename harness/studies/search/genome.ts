/**
 * A trace as a search breeds it: phases of a program, which say how many objects of which sizes come and in which order
 * they go, rather than events. Amounts are shares of the budget, so that the same genome makes a short trace and a long
 * one.
 */
export interface Genome {
  readonly phases: readonly Phase[];
}

export type Phase =
  | {
      readonly kind: 'allocate';
      readonly amount: Amount;
      readonly sizes: Sizes;
      readonly align: number;
    }
  | { readonly kind: 'free'; readonly which: Selection; readonly order: FreeOrder; readonly seed: number }
  /** One object goes and another comes, over and over. */
  | {
      readonly kind: 'replace';
      readonly amount: Amount;
      readonly sizes: Sizes;
      readonly victim: Victim;
      readonly seed: number;
    }
  | { readonly kind: 'resize'; readonly which: Selection; readonly sizes: Sizes }
  /** Phases over and over, with sizes multiplied by numerator / denominator from round to round. */
  | {
      readonly kind: 'repeat';
      readonly times: number;
      readonly numerator: number;
      readonly denominator: number;
      readonly phases: readonly Phase[];
    }
  /** What a given trace does from an event on, on a heap with the objects that live then. */
  | {
      readonly kind: 'excerpt';
      readonly trace: string;
      readonly start: number;
      readonly perMille: number;
      readonly numerator: number;
      readonly denominator: number;
    };

export type Amount =
  | { readonly kind: 'count'; readonly count: number }
  /** Of the events that there may be in all. */
  | { readonly kind: 'share'; readonly perMille: number }
  /** Until the budget of live bytes is used up, or half of the events that are left. */
  | { readonly kind: 'fill' };

/** Sizes one after the other, over and over, each time larger by a step. */
export interface Sizes {
  readonly bytes: readonly number[];
  readonly step: number;
}

export const FREE_ORDERS = ['oldest first', 'newest first', 'random'] as const;
export type FreeOrder = (typeof FREE_ORDERS)[number];

export const VICTIMS = ['oldest', 'newest', 'random'] as const;
export type Victim = (typeof VICTIMS)[number];

export const GROUPS = ['all', 'latest', 'earlier'] as const;

/** Of the objects of a group in the order of their birth, one in so many. */
export interface Selection {
  /** All that live, those of the latest allocations, or all but those. */
  readonly group: (typeof GROUPS)[number];
  readonly every: number;
  readonly offset: number;
  /** The first so many of a thousand. */
  readonly perMille: number;
}
