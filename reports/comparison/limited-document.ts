import { groupedInteger } from '../../harness/text/numbers';
import { markdownTable, type MarkdownColumn } from '../markdown/table';

/** GitHub refuses longer comments; counted in bytes, which are never fewer than characters. */
export const COMMENT_BYTES_MAX = 65_536;

/** Kept back for the note that says what was left out, and for the end of a folded part. */
const RESERVE_BYTES = 400;

/** A Markdown document that never grows over a comment: folded tables lose whole rows, or are left out, and say so. */
export class LimitedDocument {
  private readonly parts: string[] = [];
  private bytes = 0;
  private sectionsLeftOut = 0;

  /** @param spell how every part is written, applied before it is counted */
  constructor(private readonly spell: (text: string) => string) {}

  /** Text that is always shown. */
  line(text: string): void {
    this.add(`${text}\n`);
  }

  /** A table behind a summary, as far as there is room. */
  folded<Row>(summary: string, columns: readonly MarkdownColumn<Row>[], rows: readonly Row[]): void {
    const start = `<details><summary>${summary}</summary>\n\n`;
    const end = '\n</details>\n\n';
    const [header, ...lines] = tableParts(columns, rows).map(this.spell);
    let room = COMMENT_BYTES_MAX - RESERVE_BYTES - this.bytes - byteLength(this.spell(start) + header + end);
    const shown: string[] = [];
    for (const line of lines) {
      room -= byteLength(line);
      if (room < 0) {
        break;
      }
      shown.push(line);
    }
    if (shown.length === 0) {
      this.sectionsLeftOut++;
      return;
    }
    const rest = rows.length - shown.length;
    const note =
      rest === 0 ? '' : `\n${groupedInteger(rest)} more rows are left out; \`--format csv\` has all.\n`;
    this.add(start + header + shown.join('') + note + end);
  }

  text(): string {
    const note =
      this.sectionsLeftOut === 0
        ? ''
        : `${this.sectionsLeftOut} folded tables are left out: this comment is as long as GitHub allows.\n`;
    return this.parts.join('') + note;
  }

  private add(text: string): void {
    const spelled = this.spell(text);
    this.parts.push(spelled);
    this.bytes += byteLength(spelled);
  }
}

/** The head of a table, then its rows one by one. */
function tableParts<Row>(columns: readonly MarkdownColumn<Row>[], rows: readonly Row[]): string[] {
  return [
    markdownTable(columns, []),
    ...rows.map((row) => markdownTable(columns, [row]).split('\n')[2] + '\n'),
  ];
}

const byteLength = (text: string): number => Buffer.byteLength(text);
