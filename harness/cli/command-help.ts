import yargs from 'yargs';
import type { Command } from './commands/command';
import { longNames } from './options/words';
import type { Operand, Option } from './options/option';

/** The help of one command, laid out by yargs from what the command declares. */
export async function commandHelp(
  summary: string,
  { operands, options, examples, epilogue }: Command,
  path: readonly string[],
): Promise<string> {
  const self = ['alloc-replay', ...path].join(' ');
  const usage = [self, ...Object.entries(operands).map(operandText)].join(' ');
  const parser = yargs()
    .scriptName(self)
    .usage(`${usage}\n\n${summary}`)
    .help(false)
    .version(false)
    .locale('en')
    .wrap(Math.min(WIDTH_MAX, process.stdout.columns ?? WIDTH_MAX))
    .exitProcess(false);
  for (const [name, { describe, choices }] of Object.entries(operands)) {
    parser.positional(name, { describe, type: 'string', ...(choices !== undefined && { choices }) });
  }
  for (const [name, option] of Object.entries(options)) {
    const [long, ...others] = longNames(name, option);
    parser.option(denied(long!, option), {
      describe: describeText(option),
      alias: [...(option.short === undefined ? [] : [option.short]), ...others],
      ...(option.takes === 'nothing' ? { type: 'boolean' } : { type: 'string' }),
      ...(option.choices !== undefined && { choices: option.choices }),
      ...(option.group !== undefined && { group: option.group }),
    });
  }
  examples.forEach((line) => parser.example(line.replaceAll('$0', self), ''));
  if (epilogue !== undefined) {
    parser.epilogue(epilogue);
  }
  return `${(await parser.getHelp()).replace(/ +$/gm, '')}\n`;
}

const WIDTH_MAX = 110;

function operandText([name, { isRequired, isRepeated }]: [string, Operand<unknown>]): string {
  const inner = `${name}${isRepeated ? '..' : ''}`;
  return isRequired ? `<${inner}>` : `[${inner}]`;
}

/** What is set unless it is denied is shown as it is typed. */
const denied = (name: string, { takes, byDefault }: Option<unknown>): string =>
  takes === 'nothing' && byDefault !== undefined ? `no-${name}` : name;

const describeText = ({ describe, takes, byDefault }: Option<unknown>): string =>
  byDefault === undefined || takes === 'nothing' ? describe : `${describe} (default ${byDefault})`;
