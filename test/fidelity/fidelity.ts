import * as fs from 'node:fs';
import * as path from 'node:path';
import { errorsText } from './errors';
import { judge } from './judgement';
import { csvOf, markdownOf, summaryOf } from './report';
import { coldRows, EXTENTS, fidelityRows } from './rows';

/**
 * `npm run fidelity [-- --full]`: replays the storms that were measured on the compiled reference and writes how the
 * modelled costs compare, to out/fidelity. Takes a minute or two; the storms with most objects, with --full, ten more.
 */

const FOLDER = 'out/fidelity';

async function main(): Promise<void> {
  const unknown = process.argv.slice(2).find((argument) => argument !== '--full');
  if (unknown !== undefined) {
    process.stderr.write(`fidelity: unknown argument "${unknown}"; expected --full or nothing\n`);
    process.exitCode = 2;
    return;
  }
  const extent = process.argv.includes('--full') ? EXTENTS.full : EXTENTS.usual;
  const rows = await fidelityRows(extent, { onStorm: (storm) => process.stderr.write(`${storm}\n`) });
  process.stderr.write('after an eviction\n');
  const cold = await coldRows(extent);
  const judgement = judge(rows, cold);
  fs.mkdirSync(FOLDER, { recursive: true });
  fs.writeFileSync(path.join(FOLDER, 'fidelity.csv'), csvOf(rows, cold));
  fs.writeFileSync(path.join(FOLDER, 'fidelity.md'), markdownOf(rows, cold, judgement));
  process.stdout.write(
    `${summaryOf(judgement)}\n${errorsText(rows)}\n${rows.length + cold.length} rows: ${FOLDER}/fidelity.md, .csv\n`,
  );
}

void main();
