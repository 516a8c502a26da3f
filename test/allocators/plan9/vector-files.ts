import * as fs from 'node:fs';
import * as path from 'node:path';
import { gunzipSync } from 'node:zlib';
import {
  plan9VectorOptions,
  Plan9VectorRun,
  readPlan9Vector,
  type Plan9VectorOperation,
  type Plan9VectorOptions,
} from '../../../allocators/plan9/vectors';

/** The golden vectors of the original pool, as test/golden/plan9/README.md describes them. */

const folder = path.join(__dirname, '..', '..', 'golden', 'plan9');

export interface VectorFile {
  readonly variant: string;
  readonly layout: string;
  readonly trace: string;
  readonly expected: string;
  readonly config: string;
}

export function vectorFiles(): VectorFile[] {
  const manifest = fs.readFileSync(path.join(folder, 'manifest.jsonl'), 'utf8');
  return manifest
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as VectorFile);
}

export function goldenText(file: string): string {
  const bytes = fs.readFileSync(path.join(folder, file));
  return (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
}

export function goldenExists(file: string): boolean {
  return fs.existsSync(path.join(folder, file));
}

export function vectorTrace(vector: VectorFile): Plan9VectorOperation[] {
  return readPlan9Vector(goldenText(vector.trace), vector.trace);
}

export function vectorRun(vector: VectorFile, more: Partial<Plan9VectorOptions> = {}): Plan9VectorRun {
  return new Plan9VectorRun({
    engine: plan9VectorOptions(vector.layout, vector.config),
    stateEvery: stateEvery(vector),
    ...more,
  });
}

/** How often the original's driver wrote a state row. */
export function stateEvery({ variant, trace }: VectorFile): number {
  const isPlain = /^\w+-sbrkmem$/.test(variant);
  if (isPlain && trace.includes('edge')) {
    return 50;
  }
  return isPlain && trace.includes('compact') ? 200 : 1000;
}
