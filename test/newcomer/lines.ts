import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { run, type Installed } from '../installed';

/** What a newcomer types: the commands that the README and every `--help` of what is installed show. */

export interface Line {
  /** Who shows it. */
  readonly from: string;
  readonly command: string;
  /** What the README says that it prints. */
  readonly prints?: string;
}

/** The README's commands and, behind them, those with which an engine of one's own begins. */
export const readmeLines = ({ folder }: Installed): readonly Line[] =>
  ['README.md', 'allocators/README.md']
    .flatMap((from) => blocksOf(from, readFileSync(join(folder, from), 'utf8')))
    .flatMap((line) => ofClone(line, folder));

/** What only a clone can do: of `npm start` the command that it ends in, and nothing of the tests. */
function ofClone(line: Line, folder: string): Line[] {
  const { scripts } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    scripts: { start: string };
  };
  const start = scripts.start.replace(/^.*main\.js /, 'alloc-replay ');
  return line.command === 'npm ci && npm start'
    ? [{ ...line, command: start }]
    : line.command === 'npm ci && npm test'
      ? []
      : [line];
}

function blocksOf(from: string, markdown: string): Line[] {
  return [...markdown.matchAll(/```(sh|console)\n([^]*?)```/g)].flatMap(([, kind, text]): Line[] => {
    if (kind === 'sh') {
      const lines = text!.trimEnd().split('\n');
      return lines.map((line) => ({ from, command: line.replace(/\s+# .*$/, '') }));
    }
    const [, command, prints] = /^\$ (.*)\n([^]*)$/.exec(text!)!;
    return [{ from, command: command!, prints: prints! }];
  });
}

/** Every example, found from one help to the next as a reader finds them. */
export function helpLines({ program }: Installed): readonly Line[] {
  const printedBy = (...words: string[]) => run(process.execPath, [program, ...words], '.').stdout;
  const shownBy = (from: string, text: string): Line[] =>
    text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => ({ from, command: line.trim() }));
  const examplesOf = (...words: string[]): Line[] => {
    const help = printedBy(...words, '--help');
    const [, examples] = /\nExamples:\n((?: {2}.*\n)+)/.exec(help) ?? [];
    const commands = [...help.matchAll(/^ {2}alloc-replay (\w+(?: \w+)?) {2,}\S/gm)];
    return [
      ...shownBy(`${words.join(' ')} --help`, examples ?? ''),
      ...commands.flatMap(([, names]) => examplesOf(...names!.split(' '))),
    ];
  };
  const first = printedBy().match(/^ {2}alloc-replay \w+ .*$/gm) ?? [];
  return [...shownBy('alloc-replay', first.join('\n')), ...examplesOf()];
}
