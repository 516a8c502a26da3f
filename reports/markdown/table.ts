import { escapeControls } from '../../traces/input-error';

/** A column of a Markdown table; figures are aligned right. */
export interface MarkdownColumn<Row> {
  readonly title: string;
  readonly align: 'left' | 'right';
  /** The cell, already safe: use `escapeName` for whatever a user named. */
  readonly cell: (row: Row) => string;
}

export function markdownTable<Row>(columns: readonly MarkdownColumn<Row>[], rows: readonly Row[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |\n`;
  return [
    line(columns.map(({ title }) => title)),
    line(columns.map(({ align }) => (align === 'left' ? ':---' : '---:'))),
    ...rows.map((row) => line(columns.map(({ cell }) => cell(row)))),
  ].join('');
}

/** Names of this form mean nothing to Markdown, wherever they stand. */
const PLAIN_NAME = /^[A-Za-z0-9](?:[A-Za-z0-9 .,:;=?%/()"'×-]|_(?=[A-Za-z0-9])|(?<=[A-Za-z0-9])@)*$/;
/** GitHub links bare addresses, of pages and of people. */
const LINKED = /:\/\/|www\.|@.*\./i;
/** Signs that Markdown, HTML or GitHub give a meaning in the middle of a line. */
const MARKUP = /[&<>|`*_[\]\\~@#$]|:(?=\/\/)|(?<=www)\./gi;

/** A name as it may stand anywhere in Markdown, table cells included: nothing in it is markup, link or mention. */
export function escapeName(name: string): string {
  const line = escapeControls(name);
  if (PLAIN_NAME.test(line) && !LINKED.test(line)) {
    return line;
  }
  return `<code>${line.replace(MARKUP, (sign) => `&#${sign.codePointAt(0)};`)}</code>`;
}
