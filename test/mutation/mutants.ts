import * as ts from 'typescript';

/**
 * Small changes of a source, each of which a test should notice: a condition turned round, an operator changed for its
 * neighbour, a constant for another, a statement left out (DeMillo, Lipton, Sayward, "Hints on Test Data Selection",
 * 1978). What only the compiler sees, as types, is left alone.
 */
export interface Mutant {
  readonly line: number;
  /** What stands there, and what is put in its place. */
  readonly what: string;
  /** The whole source with that one change. */
  readonly source: string;
}

const OPERATORS: ReadonlyMap<ts.SyntaxKind, string> = new Map([
  [ts.SyntaxKind.LessThanToken, '<='],
  [ts.SyntaxKind.LessThanEqualsToken, '<'],
  [ts.SyntaxKind.GreaterThanToken, '>='],
  [ts.SyntaxKind.GreaterThanEqualsToken, '>'],
  [ts.SyntaxKind.EqualsEqualsEqualsToken, '!=='],
  [ts.SyntaxKind.ExclamationEqualsEqualsToken, '==='],
  [ts.SyntaxKind.AmpersandAmpersandToken, '||'],
  [ts.SyntaxKind.BarBarToken, '&&'],
  [ts.SyntaxKind.PlusToken, '-'],
  [ts.SyntaxKind.MinusToken, '+'],
  [ts.SyntaxKind.AsteriskToken, '+'],
  [ts.SyntaxKind.SlashToken, '*'],
  [ts.SyntaxKind.PercentToken, '*'],
  [ts.SyntaxKind.AmpersandToken, '|'],
  [ts.SyntaxKind.BarToken, '&'],
  [ts.SyntaxKind.LessThanLessThanToken, '>>'],
  [ts.SyntaxKind.GreaterThanGreaterThanToken, '<<'],
  [ts.SyntaxKind.GreaterThanGreaterThanGreaterThanToken, '<<'],
  [ts.SyntaxKind.PlusEqualsToken, '-='],
  [ts.SyntaxKind.MinusEqualsToken, '+='],
]);

interface Change {
  readonly start: number;
  readonly end: number;
  readonly by: string;
}

/** All mutants of a source, in the order of their places. */
export function mutantsOf(file: string, source: string): Mutant[] {
  const root = ts.createSourceFile(file, source, ts.ScriptTarget.ES2022, true);
  const changes: Change[] = [];
  const visit = (node: ts.Node): void => {
    if (isSeenByTheCompilerOnly(node)) {
      return;
    }
    changes.push(...changesOf(node, root));
    node.forEachChild(visit);
  };
  root.forEachChild(visit);
  return changes
    .sort((one, other) => one.start - other.start)
    .map(({ start, end, by }) => ({
      line: root.getLineAndCharacterOfPosition(start).line + 1,
      what: `${shortened(source.slice(start, end))} → ${by === '' ? 'nothing' : by}`,
      source: source.slice(0, start) + by + source.slice(end),
    }));
}

/** At most so many, spread evenly over the source. */
export function sampleOf(mutants: readonly Mutant[], most: number): Mutant[] {
  const count = Math.min(most, mutants.length);
  return Array.from({ length: count }, (_, index) => mutants[Math.floor((index * mutants.length) / count)]!);
}

const isSeenByTheCompilerOnly = (node: ts.Node): boolean =>
  ts.isTypeNode(node) ||
  ts.isInterfaceDeclaration(node) ||
  ts.isTypeAliasDeclaration(node) ||
  ts.isImportDeclaration(node) ||
  ts.isExportDeclaration(node);

function changesOf(node: ts.Node, root: ts.SourceFile): Change[] {
  const put = (place: ts.Node, by: string): Change => ({ start: place.getStart(root), end: place.end, by });
  if (ts.isBinaryExpression(node)) {
    const by = OPERATORS.get(node.operatorToken.kind);
    return by === undefined ? [] : [put(node.operatorToken, by)];
  }
  if (ts.isIfStatement(node)) {
    return [put(node.expression, 'true'), put(node.expression, 'false')];
  }
  if (ts.isConditionalExpression(node)) {
    return [put(node.condition, `!(${node.condition.getText(root)})`)];
  }
  if (ts.isNumericLiteral(node)) {
    return [put(node, `(${node.text} + 1)`)];
  }
  if (node.kind === ts.SyntaxKind.TrueKeyword || node.kind === ts.SyntaxKind.FalseKeyword) {
    return [put(node, node.kind === ts.SyntaxKind.TrueKeyword ? 'false' : 'true')];
  }
  if (ts.isExpressionStatement(node) || ts.isThrowStatement(node)) {
    return [put(node, '{}')];
  }
  return isText(node) ? [put(node, "''")] : [];
}

/** A text that is a value, not the name of a property. */
const isText = (node: ts.Node): boolean =>
  ts.isStringLiteral(node) &&
  node.text !== '' &&
  !(ts.isPropertyAssignment(node.parent) && node.parent.name === node);

const shortened = (text: string): string => {
  const line = text.replace(/\s+/g, ' ');
  return line.length > 60 ? `${line.slice(0, 57)}…` : line;
};
