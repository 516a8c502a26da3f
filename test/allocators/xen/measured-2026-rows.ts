import * as fs from 'node:fs';
import * as path from 'node:path';
import { openRequested } from '../../../harness/cli/names/registries';
import type { EngineDefinition } from '../../../harness/replay/port';
import { countRun, type StormFigures } from '../../fidelity/storm-replay';

/** What callgrind counted of the original page allocators and of what stands on them, and replays of the same. */

const folder = path.join(__dirname, '../../measured/xen-2026');
const HEAP_PAGES = 65_536;
const HEAP_PAGES_2008_MIXED = 20_000;
const MIXED = ['mix', 'log', 'pages'];

export interface MeasuredRow2026 {
  readonly engine: string;
  /** As the table writes them: `version=head side=domheap (page clearing set aside)`. */
  readonly options: string;
  readonly trace: string;
  readonly op: string;
  readonly count: number;
  readonly instructions: number;
  readonly loads: number;
  readonly stores: number;
}

export function measuredRows2026(): readonly MeasuredRow2026[] {
  const [, ...lines] = fs.readFileSync(path.join(folder, 'instructions.csv'), 'utf8').trimEnd().split('\n');
  return lines.map((line) => {
    const [engine, options, trace, op, count, instructions, loads, stores] = line.split(',');
    const counts = {
      count: Number(count),
      instructions: Number(instructions),
      loads: Number(loads),
      stores: Number(stores),
    };
    return { engine: engine!, options: options!, trace: trace!, op: op!, ...counts };
  });
}

/** Of the model as it was measured, or of another build of it that has its options already. */
export async function replayed2026(
  { engine, options, trace }: MeasuredRow2026,
  definition?: EngineDefinition,
): Promise<StormFigures> {
  const isSmall = options.includes('version=2008') && MIXED.includes(trace);
  const pairs = [...options.matchAll(/([\w-]+)=(\w+)/g)].map(([, name, value]) => [name!, value!]);
  return countRun({
    engine,
    ...(definition ? { definition } : { options: Object.fromEntries(pairs) }),
    heapPages: isSmall ? HEAP_PAGES_2008_MIXED : HEAP_PAGES,
    trace: await openRequested({ specification: path.join(folder, 'traces', `${trace}.csv.gz`) }),
    phase: () => 'all',
    freesNull: false,
  });
}
