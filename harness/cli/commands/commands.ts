import type { Command } from './command';
import { compare } from './compare';
import { conformance } from './conformance';
import { list } from './list';
import { minheap } from './minheap';
import { reproduce } from './reproduce';
import { run } from './run';
import { trace } from './trace';

/** Every command, one line each, in the order of `--help`. */
export const COMMANDS: readonly Command[] = [run, reproduce, compare, minheap, trace, conformance, list];
