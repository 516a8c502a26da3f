import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';

/** Where a process of the harness spends its time: its samples by the part of the house that they fall in. */

export const STAGES = ['start', 'decode', 'engine', 'books', 'pricing', 'surveys', 'results'] as const;
export type Stage = (typeof STAGES)[number];

/** The first that matches a file between a sample and its root, from the innermost on. */
const STAGE_OF: readonly (readonly [RegExp, Stage])[] = [
  [/\/metrics\/(checkpoints|fragmentation|heap-\w+|second-look)\./, 'surveys'],
  [/\/traces\/|\/metrics\/timeline\./, 'decode'],
  [/\/(machine|foreign)\/|\/allocators\//, 'engine'],
  [/\/replay\/|\/metrics\/(footprint|sightings)\./, 'books'],
  [/\/pricing\/|\/metrics\//, 'pricing'],
  [/\/results\/|\/reports\/|\/output\//, 'results'],
];

interface Profile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string };
    readonly children?: readonly number[];
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/**
 * Seconds by stage of one more run of a command of Node's, which is sampled; in one thread, for one that waits for
 * another is sampled as well.
 */
export function stagesOf([node, ...words]: readonly string[], folder: string): Record<Stage, number> {
  const profiles = path.join(folder, 'profiles');
  fs.rmSync(profiles, { recursive: true, force: true });
  spawnSync(node!, ['--cpu-prof', `--cpu-prof-dir=${profiles}`, ...words, '--workers', '1'], {
    stdio: 'ignore',
  });
  const sums = Object.fromEntries(STAGES.map((stage) => [stage, 0])) as Record<Stage, number>;
  for (const file of fs.readdirSync(profiles)) {
    addSamples(JSON.parse(fs.readFileSync(path.join(profiles, file), 'utf8')) as Profile, sums);
  }
  return sums;
}

function addSamples({ nodes, samples, timeDeltas }: Profile, sums: Record<Stage, number>): void {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const callers = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])));
  const stageOf = (sample: number): Stage | undefined => {
    const urls: string[] = [];
    for (let id: number | undefined = sample; id !== undefined; id = callers.get(id)) {
      const { functionName, url } = byId.get(id)!.callFrame;
      if (functionName === '(idle)') {
        return undefined;
      }
      urls.push(url);
    }
    // A walk over the heap runs in the engine, and is none of its work.
    if (urls.some((url) => STAGE_OF[0]![0].test(url))) {
      return 'surveys';
    }
    for (const url of urls.filter((each) => /\/dist\//.test(each))) {
      const found = STAGE_OF.find(([files]) => files.test(url));
      if (found !== undefined) {
        return found[1];
      }
    }
    return 'start';
  };
  samples.forEach((sample, index) => {
    const stage = stageOf(sample);
    if (stage !== undefined) {
      sums[stage] += timeDeltas[index]! / 1e6;
    }
  });
}
