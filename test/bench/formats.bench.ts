import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { Bench } from 'tinybench';
import { EventColumns } from '../../traces/columns';
import { openAtr } from '../../traces/formats/atr-reader';
import { writeAtr } from '../../traces/formats/atr-writer';
import { openCsv } from '../../traces/formats/csv-reader';
import { writeCsv } from '../../traces/formats/csv-writer';
import { validated } from '../../traces/formats/validated';
import { openBytes } from '../../traces/input/bytes';
import { NOTHING, OP, TraceEvent, type EventSource, type TraceHeader } from '../../traces/trace';
import { processorClock } from './processor-clock';

/**
 * How fast traces are read and written: `node -r ./.ci/register.cjs test/bench/formats.bench.ts [EVENTS]`. The best of
 * three runs of each, in seconds of processor time, so that other programs matter less; compare figures of one run.
 */

const eventCount = Number(process.argv[2] ?? 4_000_000);

const header: TraceHeader = { name: 'bench', origin: { kind: 'recorded', format: 'bench' } };

/** Objects of mixed sizes and lifetimes, half of them freed soon; `sites` fills the text columns. */
function churn(events: number, sites: boolean): EventColumns {
  const columns = new EventColumns();
  const texts = Array.from({ length: 64 }, (_, i) => columns.texts.intern(`function_${i}+0x${i}4/0xc8`));
  const event = new TraceEvent();
  const live: number[] = [];
  let noise = 20081121;
  let nextId = 0;
  for (let i = 0; i < events; i++) {
    noise = (Math.imul(noise, 1103515245) + 12345) >>> 0;
    if (live.length > 10_000 || (live.length > 0 && noise & 0x10000)) {
      const at = noise & 0x20000 ? live.length - 1 : (noise >>> 4) % live.length;
      event.set(OP.free, live[at]!, 0, 0);
      live[at] = live.at(-1)!;
      live.pop();
    } else {
      event.set(OP.alloc, nextId, 16 + ((noise >>> 8) & 4095), 0);
      live.push(nextId++);
    }
    if (sites) {
      event.site = texts[noise & 63]!;
    }
    columns.append(event);
  }
  return columns;
}

async function drain(source: EventSource): Promise<void> {
  const event = new TraceEvent();
  do {
    let hasNext: boolean;
    do {
      hasNext = source.next(event, NOTHING);
    } while (hasNext);
  } while (await source.refill());
  await source.close();
}

async function main(): Promise<void> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'alloc-replay-bench-'));
  const file = (name: string) => path.join(folder, name);
  const bench = new Bench({ warmup: false, time: 0, iterations: 3, timestampProvider: processorClock });
  try {
    for (const sites of [false, true]) {
      const columns = churn(eventCount, sites);
      const kind = sites ? ' with sites' : '';
      const [csv, atr] = [file(`x${kind}.csv`), file(`x${kind}.atr`)];
      const add = (name: string, run: () => Promise<unknown>) =>
        bench.add(`${name}${kind}`, async () => void (await run()));
      add('write csv', () => writeCsv(columns.source(header), csv));
      add('write atr', () => writeAtr(columns.source(header), atr));
      add('read columns', () => drain(columns.source(header)));
      add('read csv', async () => drain(await openCsv(await openBytes(csv))));
      add('read atr', async () => drain(await openAtr(await openBytes(atr))));
      add('read atr, identity verified', async () =>
        drain(await openAtr(await openBytes(atr), { verifyIdentity: true })),
      );
      add('read atr, rules held', async () => drain(validated(await openAtr(await openBytes(atr)))));
    }
    await bench.run();
    for (const { name, result } of bench.tasks) {
      const seconds = 'latency' in result ? result.latency.min / 1000 : NaN;
      process.stdout.write(
        `${name.padEnd(40)} ${(eventCount / 1e6 / seconds).toFixed(1).padStart(7)} M events/s\n`,
      );
    }
    for (const name of fs.readdirSync(folder)) {
      const bytesPerEvent = fs.statSync(file(name)).size / eventCount;
      process.stdout.write(`${name.padEnd(40)} ${bytesPerEvent.toFixed(2).padStart(7)} bytes/event\n`);
    }
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

void main();
