export function numbers(text: string, from: { readonly base: string; readonly pattern: string }): string;
