import type { Terminal } from '../../../reports/text-columns';

/** What standard output is: a terminal with so many columns and colours (`NO_COLOR` is heeded), or no terminal. */
export function standardTerminal(): Terminal {
  const { stdout } = process;
  return stdout.isTTY ? { columns: stdout.columns, hasColours: stdout.hasColors() } : {};
}
