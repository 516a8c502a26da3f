import { extname, join } from 'node:path';
import { Tinypool } from 'tinypool';

/** Worker processes, each of which runs one task after the other by that function of `worker-entry.cjs`. */
export function startWorkers(count: number, name: 'run' | 'runPatiently'): Tinypool {
  const fromSources = extname(__filename) === '.ts';
  return new Tinypool({
    filename: join(__dirname, 'worker-entry.cjs'),
    name,
    runtime: 'child_process',
    minThreads: count,
    maxThreads: count,
    execArgv: fromSources ? ['-r', 'ts-node/register'] : [],
  });
}
