import type { Argv } from 'yargs';
import { EXIT, type ExitCode } from '../exit-codes';
import type { Command } from './command';

/**
 * `completion`: the script by which a shell completes commands and options. The parser writes it; a command of our own
 * calls for it, because the parser's takes the word anywhere on the line, even as a file's name, and knows no `--help`.
 */
export const completion: Command = {
  name: 'completion',
  module: (finished: (code: ExitCode) => void) => {
    let print = (): void => undefined;
    return {
      command: 'completion',
      describe: 'Print a completion script for bash or zsh, whichever $SHELL is',
      builder: (parser: Argv) => {
        print = () => void parser.showCompletionScript();
        return parser.example('$0 completion >> ~/.bashrc', '').example('source <($0 completion)', '');
      },
      handler: () => {
        print();
        finished(EXIT.ok);
      },
    };
  },
};
