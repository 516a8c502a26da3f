import { NO_TEXT, type TextTable } from '../trace';

/** Texts are cut here, and none are taken in after so many characters: hostile recordings hold nothing else. */
const TEXT_CHARACTERS_MAX = 256;
const ALL_CHARACTERS_MAX = 1 << 24;
const TEXTS_MAX = 1 << 19;

const CONTROL_CHARACTERS = /[\0-\x1f\x7f-\x9f]/g;

/**
 * The callers that a recorder names, as texts of the trace. They are wanted only on request: the same program
 * recorded twice, or by two recorders, gives the same identity without them.
 */
export class SiteTexts {
  private characters = 0;
  private readonly known = new Map<string, number>();

  constructor(
    /** Whether sites were asked for; parsers need not look for any otherwise. */
    readonly wanted: boolean,
    private readonly texts: TextTable,
  ) {}

  /** The text's index in the trace's table, or `NO_TEXT` if none is wanted or no more are taken in. */
  index(text: string): number {
    if (!this.wanted) {
      return NO_TEXT;
    }
    const cut = text.length > TEXT_CHARACTERS_MAX ? text.slice(0, TEXT_CHARACTERS_MAX) : text;
    const known = this.known.get(cut);
    if (known !== undefined) {
      return known;
    }
    this.characters += cut.length;
    if (this.characters > ALL_CHARACTERS_MAX || this.known.size >= TEXTS_MAX) {
      return NO_TEXT;
    }
    const index = this.texts.intern(cut.replace(CONTROL_CHARACTERS, '?'));
    this.known.set(cut, index);
    return index;
  }
}
