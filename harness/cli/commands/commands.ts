import type { Command } from './command';
import { list } from './list';
import { reproduce } from './reproduce';
import { run } from './run';
import { trace } from './trace';

/** Every command, one line each, in the order of `--help`. */
export const COMMANDS: readonly Command[] = [run, reproduce, trace, list];
