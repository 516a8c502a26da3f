import { LineReader } from '../input/lines';
import { InputError } from '../input-error';
import { TextTable } from '../trace';
import { emptyAccounting } from './accounting';
import type { LineParser } from './importer';
import { DEFAULT_IMPORT_OPTIONS } from './options';
import { Recording } from './recording';
import { SiteTexts } from './site-texts';

/**
 * How many of the lines a format's parser understands: what a recording is told by. The parser is the only grammar,
 * so whatever it reads is also found, whatever stands before the calls.
 */
export function understoodLines(
  open: (recording: Recording, head: readonly string[]) => LineParser,
  head: readonly string[],
): number {
  const lines = new LineReader(true);
  lines.append(Buffer.from(head.join('\n'), 'latin1'));
  lines.finish();
  const sites = new SiteTexts(false, new TextTable());
  const recording = new Recording('', DEFAULT_IMPORT_OPTIONS, emptyAccounting(), sites, lines, NOWHERE);
  const parser = open(recording, head);
  let count = 0;
  try {
    while (lines.next()) {
      recording.lineBegins();
      parser.line(lines);
      if (recording.meaning === 'understood') {
        count += 1;
      }
    }
  } catch (error) {
    if (!(error instanceof InputError)) {
      throw error;
    }
    return 0;
  }
  return count;
}

const NOWHERE = { push: () => undefined };
