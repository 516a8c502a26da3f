import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../../traces/input-error';
import type { MeasuredReplay } from '../metrics/measured-replay';
import { reasonOf } from '../../traces/output/whole-file';
import type { Environment, Label, Results, SuiteFacts } from '../results/results';
import { readResults } from '../results/results-file';
import { shardFileName, shardOfFileName, type Shard } from './shard';

/**
 * Results of shards, put together again. What a shard is a part of stands in its `environment`, which is never
 * compared: a hash of all cells of its suite, how many they are, and which of them the file holds.
 */

export interface ShardFacts {
  /** One hash for all cells with all their code: shards of different revisions do not belong together. */
  readonly cellsSha256: string;
  readonly cellCount: number;
  /** Indices of the cells in the file, in its order. */
  readonly cells: readonly number[];
}

export function cellsSha256(keys: readonly string[]): string {
  return createHash('sha256').update(keys.join('\n')).digest('hex');
}

export function shardEnvironment({ cellsSha256, cellCount, cells }: ShardFacts): Environment {
  return { cellsSha256, cellCount, cells: cells.join(' ') };
}

export interface MergedResults {
  readonly suite: SuiteFacts;
  readonly tool: Results['tool'];
  readonly replays: readonly MeasuredReplay[];
  readonly shardCount: number;
}

interface ShardFile {
  readonly file: string;
  readonly shard: Shard;
  readonly results: Results;
  readonly suite: SuiteFacts;
  readonly facts: ShardFacts;
}

/** All cells of a suite from the shards in a folder. Throws an `InputError` unless they are one suite, whole. */
export function mergeShards(folder: string): MergedResults {
  const shards = readShards(folder);
  const [first] = shards;
  if (first === undefined) {
    const expected = `files such as ${shardFileName({ index: 1, count: 2 })}`;
    throw new InputError({ where: folder, problem: 'holds no results of shards', expected });
  }
  const { results, shard, suite } = first;
  for (const other of shards) {
    checkBelongs(first, other);
  }
  const present = new Set(shards.map(({ shard: { index } }) => index));
  for (let index = 1; index <= shard.count; index++) {
    if (!present.has(index)) {
      const where = join(folder, shardFileName({ index, count: shard.count }));
      throw new InputError({ where, problem: 'missing', expected: `all ${shard.count} shards` });
    }
  }
  const cells = cellsInOrder(folder, shards);
  return {
    suite: { ...suite, labels: cells.map(({ label }) => label) },
    tool: results.tool,
    replays: cells.map(({ replay }) => replay),
    shardCount: shard.count,
  };
}

function readShards(folder: string): ShardFile[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (error) {
    throw new InputError({
      where: folder,
      problem: reasonOf(error),
      expected: 'a folder with results of shards',
    });
  }
  return names
    .flatMap((name) => {
      const shard = shardOfFileName(name);
      return shard === undefined ? [] : [{ name, shard }];
    })
    .sort((a, b) => a.shard.count - b.shard.count || a.shard.index - b.shard.index)
    .map(({ name, shard }) => {
      const file = join(folder, name);
      const results = readResults(file);
      return { file, shard, results, ...factsOf(file, results) };
    });
}

function factsOf(file: string, results: Results): Pick<ShardFile, 'suite' | 'facts'> {
  const { environment, replays, suite } = results;
  const { cellsSha256, cellCount, cells } = environment;
  const indices =
    typeof cells === 'string'
      ? cells
          .split(' ')
          .filter((each) => each !== '')
          .map(Number)
      : [];
  const isShard =
    suite !== undefined &&
    suite.labels.length === replays.length &&
    typeof cellsSha256 === 'string' &&
    typeof cellCount === 'number' &&
    Number.isSafeInteger(cellCount) &&
    indices.every((index) => Number.isSafeInteger(index) && index >= 0 && index < cellCount) &&
    indices.length === replays.length;
  if (!isShard) {
    throw new InputError({
      where: file,
      problem: 'is no shard of a suite',
      expected: 'what suite --shard wrote',
    });
  }
  return { suite, facts: { cellsSha256, cellCount, cells: indices } };
}

function checkBelongs(first: ShardFile, other: ShardFile): void {
  const differs = (problem: string) =>
    new InputError({ where: other.file, problem, expected: `a shard of the run that ${first.file} is of` });
  if (other.shard.count !== first.shard.count) {
    throw differs(`is one of ${other.shard.count} shards, not of ${first.shard.count}`);
  }
  if (other.results.tool.version !== first.results.tool.version) {
    throw differs(`was written by version ${other.results.tool.version}`);
  }
  const isSameSuite = [first, other]
    .map(({ suite: { name, limits } }) => JSON.stringify([name, limits]))
    .every((each, _, [own]) => each === own);
  if (other.facts.cellsSha256 !== first.facts.cellsSha256 || !isSameSuite) {
    throw differs(`is of another suite or other code (${other.suite.name})`);
  }
}

interface LabelledReplay {
  readonly replay: MeasuredReplay;
  readonly label: Label;
}

function cellsInOrder(folder: string, shards: readonly ShardFile[]): LabelledReplay[] {
  const { cellCount } = shards[0]!.facts;
  // What a file says of how many there are is believed when they have been counted.
  const held = shards.reduce((sum, { facts }) => sum + facts.cells.length, 0);
  if (held !== cellCount) {
    const problem = `the shards hold ${held} of ${cellCount} cells`;
    throw new InputError({ where: folder, problem, expected: 'each cell once' });
  }
  const cells = new Map<number, LabelledReplay>();
  for (const { results, facts, suite } of shards) {
    facts.cells.forEach((cell, position) =>
      cells.set(cell, { replay: results.replays[position]!, label: suite.labels[position]! }),
    );
  }
  const ordered = Array.from({ length: cellCount }, (_, cell) => cells.get(cell));
  const complete = ordered.filter((cell) => cell !== undefined);
  if (complete.length !== cellCount) {
    const problem = `the shards hold ${complete.length} of ${cellCount} cells`;
    throw new InputError({ where: folder, problem, expected: 'each cell once' });
  }
  return complete;
}
