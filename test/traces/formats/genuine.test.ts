import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { openTrace } from '../../../traces/open';
import { writeTrace } from '../../../traces/tools/write';
import { inTemporaryFolder } from './temporary-folder';

/** The formats on genuine traces: the recordings that ship, and those the goldens were made with. */

const root = path.join(__dirname, '..', '..', '..');
/** What `.atr` may take at most, of traces long enough for the frame around them not to count. */
const BYTES_PER_EVENT_MAX = 3;
const EVENTS_MIN = 500;

function filesUnder(folder: string, ending: string): string[] {
  const found = fs.readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' });
  return found.filter((name) => name.endsWith(ending)).map((name) => path.join(root, folder, name));
}

async function identityOf(file: string): Promise<string> {
  const trace = await openTrace(file);
  return (await trace.open()).identity();
}

for (const [folder, ending] of [
  ['traces/recorded', '.txt.gz'],
  ['test/golden/xen', '.trace.csv.gz'],
] as const) {
  test(`every trace under ${folder} keeps its identity through csv and atr, and is small as atr`, async () => {
    const files = filesUnder(folder, ending);
    assert.ok(files.length >= 5, `${files.length} traces`);
    await inTemporaryFolder(async (scratch) => {
      for (const file of files) {
        const trace = await openTrace(file);
        const [csv, atr] = [path.join(scratch, 'x.csv.gz'), path.join(scratch, 'x.atr')];
        const { events, identity } = await writeTrace(await trace.open(), csv);
        await writeTrace(await trace.open(), atr);
        assert.is(await identityOf(csv), identity, file);
        assert.is(await identityOf(atr), identity, file);
        const bytesPerEvent = fs.statSync(atr).size / events;
        assert.ok(events < EVENTS_MIN || bytesPerEvent < BYTES_PER_EVENT_MAX, `${file}: ${bytesPerEvent}`);
      }
    });
  });
}

test.run();
