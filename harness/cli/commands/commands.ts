import type { Command } from './command';
import { compare } from './compare';
import { conformance } from './conformance';
import { list } from './list';
import { merge } from './merge';
import { minheap } from './minheap';
import { reproduce } from './reproduce';
import { run } from './run';
import { suite } from './suite';
import { trace } from './trace';

/** Every command, one line each, in the order of `--help`. */
export const COMMANDS: readonly Command[] = [
  run,
  reproduce,
  compare,
  suite,
  merge,
  minheap,
  trace,
  conformance,
  list,
];
