/**
 * What a recorder format is: how its output is told from others', and how a line of it becomes events. The parser
 * says what the recorder saw, call by call, to a `Recording`, which keeps the books that all formats share.
 */
import type { LineScanner } from '../input/lines';
import type { FormatOption } from './options';
import type { Recording } from './recording';

export interface RecorderFormat {
  /** What `--format` calls it. */
  readonly name: string;
  /** One line on what records it. */
  readonly summary: string;
  /** The options that mean something to this format beside those that all formats share. */
  readonly heeds: readonly FormatOption[];
  /**
   * How many of the recording's first lines only this format has; 0 says that it is another's. The format with the
   * most takes the recording.
   */
  detect(lines: readonly string[]): number;
  /** Of a recorder that writes bytes: how they are told, and the lines that stand for all of them. */
  readonly binary?: {
    detect(head: Buffer): boolean;
    /** Throws an `InputError` for what is cut or damaged. */
    lines(bytes: Buffer, name: string): Iterable<string>;
  };
  /** A parser for one pass; `head` are the recording's first lines. */
  open(recording: Recording, head: readonly string[]): LineParser;
}

export interface LineParser {
  /** Takes one whole line; the scanner stands at its first byte. Throws an `InputError` for what cannot be forgiven. */
  line(line: LineScanner): void;
  /**
   * Called after the last line, again and again until it says that nothing is left to do; emits a bounded number of
   * events each time.
   */
  finish?(): boolean;
}
