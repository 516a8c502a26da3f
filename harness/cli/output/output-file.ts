import { writeFileAtomically } from '../../results/atomic-file';

/** Prints a text, or writes it to the file that `--out` names: all of it or nothing. */
export function printOrWrite(text: string, out: string | undefined): void {
  if (out === undefined) {
    process.stdout.write(text);
  } else {
    writeFileAtomically(out, text);
  }
}
