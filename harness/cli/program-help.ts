import type { CommandGroup } from './commands/command';
import { COMMANDS } from './commands/commands';

/** The help of the program and of a group of commands: a list, for which no parser has to be read. */

const EXIT_CODES =
  'Exit codes: 0 ok, 1 failed, 2 bad usage or input, 3 limit exceeded or finding, 4 not deterministic.';

/** What the bare name shows: where to begin. */
export const PROGRAM_START = [
  'alloc-replay replays allocation traces through models of real allocators. To begin with:\n',
  '  alloc-replay reproduce xfree-latency --out out',
  '      the problem that it was made for, with a verdict and a page of pictures',
  '  alloc-replay run synth:half-page-storm -a xmalloc-first-fit,xmalloc-tlsf',
  '      two engines side by side on a made-up trace; a trace of your own goes in its place',
  '  alloc-replay explain synth:half-page-storm -a xmalloc-first-fit',
  '      why the worst operation was slow, step by step\n',
  'alloc-replay --help lists all commands.\n',
].join('\n');

export const programHelp = (): string =>
  [
    'alloc-replay <command>',
    'Replays allocation traces through models of real allocators and prices every operation.',
    listed('alloc-replay', COMMANDS),
    'Options:\n  -h, --help     Show this help, or that of a command\n  -V, --version  Show the version',
    examples([
      'alloc-replay run synth:half-page-storm -a xmalloc-first-fit,xmalloc-tlsf',
      'alloc-replay reproduce xfree-latency --out out',
    ]),
    `${EXIT_CODES}\n`,
  ].join('\n\n');

export const groupHelp = (group: CommandGroup): string =>
  [
    `alloc-replay ${group.name} <command>`,
    group.summary,
    listed(`alloc-replay ${group.name}`, group.commands),
    `${examples(group.examples.map((line) => line.replace('$0', `alloc-replay ${group.name}`)))}\n`,
  ].join('\n\n');

function listed(
  before: string,
  entries: readonly { readonly name: string; readonly summary: string }[],
): string {
  const width = Math.max(...entries.map(({ name }) => name.length));
  const lines = entries.map(({ name, summary }) => `  ${before} ${name.padEnd(width)}  ${summary}`);
  return ['Commands:', ...lines].join('\n');
}

const examples = (lines: readonly string[]): string =>
  ['Examples:', ...lines.map((line) => `  ${line}`)].join('\n');
