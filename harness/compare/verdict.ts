import { rowsOf, type CellComparison, type FailOn, type Verdict, type VerdictCounts } from './comparison';

/** What all rows come to, in the words of rustc-perf, and what the reader should do about it. */
export function verdictOf(cells: readonly CellComparison[], settings: VerdictSettings): Verdict {
  const counts = countsOf(cells, settings);
  const word = wordFor(counts);
  const worse = worseCount(counts, settings) > 0;
  const { failOn, allowMissing } = settings;
  return {
    word,
    callToAction: worse ? 'please read' : callFor(word),
    fails: failOn !== 'none' && (worse || (failOn === 'any-change' && hasChange(counts))),
    failOn,
    allowMissing,
    counts,
  };
}

export interface VerdictSettings {
  readonly failOn: FailOn;
  readonly allowMissing: boolean;
  /** Whether any were given, so that it is worth saying which regressions none of them names. */
  readonly hasLimits: boolean;
}

/** What nobody may overlook: a replay that is gone hides whatever it would have shown. */
const worseCount = (
  { regressions, newlyFailing, missing }: VerdictCounts,
  { allowMissing }: VerdictSettings,
): number => regressions + newlyFailing + (allowMissing ? 0 : missing);

function countsOf(cells: readonly CellComparison[], { hasLimits }: VerdictSettings): VerdictCounts {
  const compared = cells.filter((cell) => cell.kind === 'compared');
  const priced = compared.flatMap(({ pricings }) => pricings);
  const rows = compared.flatMap(rowsOf);
  const judged = (judgement: string) => rows.filter((row) => row.judgement === judgement).length;
  const cellsOf = (kind: string) => cells.filter((cell) => cell.kind === kind).length;
  const pricingsOf = (kind: string) => priced.filter((pricing) => pricing.kind === kind).length;
  return {
    regressions: judged('regression'),
    regressionsUnlimited: hasLimits
      ? rows.filter(({ judgement, limit }) => judgement === 'regression' && limit === null).length
      : 0,
    improvements: judged('improvement'),
    changed: judged('changed'),
    same: judged('same'),
    newlyFailing: cellsOf('newly failing'),
    nowWorking: cellsOf('now working'),
    stillFailing: cellsOf('still failing'),
    unsupported: cellsOf('unsupported'),
    endedOtherwise: cells.filter(
      (cell) => (cell.kind === 'still failing' || cell.kind === 'unsupported') && cell.changed,
    ).length,
    missing: cellsOf('missing') + pricingsOf('missing'),
    added: cellsOf('added') + pricingsOf('added'),
    notComparable: cellsOf('not comparable') + pricingsOf('not comparable'),
    compared: compared.length,
    placementsChanged: compared.filter(({ placements }) => placements === 'changed').length,
    priced: pricingsOf('compared'),
    costsChanged: priced.filter((pricing) => pricing.kind === 'compared' && pricing.costs === 'changed')
      .length,
  };
}

function wordFor(counts: VerdictCounts): Verdict['word'] {
  const worse = counts.regressions + counts.newlyFailing > 0;
  const better = counts.improvements + counts.nowWorking > 0;
  if (worse) {
    return better ? 'mixed' : 'regressions';
  }
  if (better) {
    return 'improvements';
  }
  if (counts.compared + counts.stillFailing + counts.unsupported === 0) {
    return 'not comparable';
  }
  return hasChange(counts) ? 'changes' : 'no change';
}

function callFor(word: Verdict['word']): string {
  switch (word) {
    case 'regressions':
    case 'mixed':
      return 'please read';
    case 'improvements':
      return 'no action needed; make the head the new baseline to keep what was won';
    case 'changes':
    case 'no change':
      return 'no action needed';
    case 'not comparable':
      return 'please read: nothing could be compared';
  }
}

function hasChange(counts: VerdictCounts): boolean {
  const { regressions, improvements, changed, newlyFailing, nowWorking, missing, added } = counts;
  const { notComparable, placementsChanged, costsChanged, endedOtherwise } = counts;
  const moved = regressions + improvements + changed + placementsChanged + costsChanged;
  return moved + newlyFailing + nowWorking + endedOtherwise + missing + added + notComparable > 0;
}
