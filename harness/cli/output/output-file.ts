import { expectWritable, writeWholeFile } from '../../../traces/output/whole-file';
import { print, tellLine } from './terminal';

/**
 * What `--out FILE` asks for, checked before there is anything to write: a function that prints a text, or writes it
 * to the file, all of it or nothing, and names that. Throws an `InputError` for a file that cannot be written.
 */
export function outputTo(out: string | undefined): (text: string) => void {
  if (out === undefined) {
    return (text) => print(text);
  }
  expectWritable(out);
  return (text) => {
    writeWholeFile(out, text);
    tellLine(`written to ${out}`);
  };
}
