import * as path from 'node:path';

const HARNESS = path.join(__dirname, '../../harness') + path.sep;

/** The first line of a stack that is neither Node's nor the harness's own, as file:line:column without the folder. */
export function lineOutside(stack: string): string | undefined {
  for (const [, file = '', place] of stack.matchAll(/^ {4}at (?:.*\()?(?:file:\/\/)?(.+?)(:\d+:\d+)\)?$/gm)) {
    if (path.isAbsolute(file) && !file.startsWith(HARNESS)) {
      return `${path.basename(file)}${place}`;
    }
  }
  return undefined;
}
