/** Text in ASCII: known signs in words, and other characters by their numbers. */
export function asciiText(text: string): string {
  return text
    .replaceAll('→', '->')
    .replaceAll('…', '...')
    .replaceAll('×', 'x')
    .replace(/[^\0-\x7f]/gu, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`);
}
