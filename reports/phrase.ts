/**
 * A sentence whose names (of traces, engines, pricings) are told apart from its words, because names may be hostile
 * and every kind of report has its own way to make them harmless.
 */
export type Phrase = readonly (string | Name)[];

export interface Name {
  readonly name: string;
}

export const nameOf = (name: string): Name => ({ name });

export function phraseText(phrase: Phrase, escapeName: (name: string) => string): string {
  return phrase.map((part) => (typeof part === 'string' ? part : escapeName(part.name))).join('');
}

/** `searchSteps` → `search steps`: a cause or a domain event in running text. */
export function wordsOf(name: string): string {
  return name.replace(/[A-Z]/g, (capital) => ` ${capital.toLowerCase()}`);
}
