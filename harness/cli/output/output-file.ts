import { expectWritable, writeWholeFile } from '../../../traces/output/whole-file';

/**
 * What `--out FILE` asks for, checked before there is anything to write: a function that prints a text, or writes it
 * to the file, all of it or nothing, and names that. Throws an `InputError` for a file that cannot be written.
 */
export function outputTo(out: string | undefined): (text: string) => void {
  if (out === undefined) {
    return (text) => void process.stdout.write(text);
  }
  expectWritable(out);
  return (text) => {
    writeWholeFile(out, text);
    process.stderr.write(`written to ${out}\n`);
  };
}
