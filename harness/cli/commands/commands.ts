import { advise } from './advise';
import { audit } from './audit';
import type { Command } from './command';
import { compare } from './compare';
import { completion } from './completion';
import { conformance } from './conformance';
import { explain } from './explain';
import { list } from './list';
import { merge } from './merge';
import { minheap } from './minheap';
import { price } from './price';
import { reproduce } from './reproduce';
import { run } from './run';
import { suite } from './suite';
import { trace } from './trace';
import { trend } from './trend';

/** Every command, one line each, in the order of `--help`. */
export const COMMANDS: readonly Command[] = [
  run,
  reproduce,
  compare,
  explain,
  trend,
  suite,
  merge,
  minheap,
  price,
  audit,
  advise,
  trace,
  conformance,
  list,
  completion,
];
