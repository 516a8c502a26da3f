import type { Rule } from 'eslint';

/** Zone (a folder, or a file that stands alone) → the other zones it may import. */
export const arrows: Readonly<Record<string, 'all' | readonly string[]>>;

/** Why the file `from` may not import `to` (paths relative to the root), or undefined when it may. */
export function refusal(from: string, to: string): string | undefined;

export const rule: Rule.RuleModule;
