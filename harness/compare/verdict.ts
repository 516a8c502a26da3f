import { rowsOf, type CellComparison, type FailOn, type Verdict, type VerdictCounts } from './comparison';

/** What all rows come to, in the words of rustc-perf, and what the reader should do about it. */
export function verdictOf(cells: readonly CellComparison[], failOn: FailOn): Verdict {
  const counts = countsOf(cells);
  const word = wordFor(counts);
  return { word, callToAction: callFor(word), fails: failsFor(counts, failOn), failOn, counts };
}

function countsOf(cells: readonly CellComparison[]): VerdictCounts {
  const compared = cells.filter((cell) => cell.kind === 'compared');
  const priced = compared.flatMap(({ pricings }) => pricings);
  const rows = compared.flatMap(rowsOf);
  const judged = (judgement: string) => rows.filter((row) => row.judgement === judgement).length;
  const cellsOf = (kind: string) => cells.filter((cell) => cell.kind === kind).length;
  const pricingsOf = (kind: string) => priced.filter((pricing) => pricing.kind === kind).length;
  return {
    regressions: judged('regression'),
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

/** Cells that cannot be compared, came or went are changes, but no regressions. */
function failsFor(counts: VerdictCounts, failOn: FailOn): boolean {
  switch (failOn) {
    case 'none':
      return false;
    case 'regression':
      return counts.regressions + counts.newlyFailing > 0;
    case 'any-change':
      return hasChange(counts);
  }
}

function hasChange(counts: VerdictCounts): boolean {
  const { regressions, improvements, changed, newlyFailing, nowWorking, missing, added } = counts;
  const { notComparable, placementsChanged, costsChanged, endedOtherwise } = counts;
  const moved = regressions + improvements + changed + placementsChanged + costsChanged;
  return moved + newlyFailing + nowWorking + endedOtherwise + missing + added + notComparable > 0;
}
