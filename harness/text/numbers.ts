/**
 * Numbers as people read them: digits in groups of three, ratios as percentages, means with a decimal. Integer
 * arithmetic only, so that every host prints the same.
 */

/** 1234567 → `1,234,567`. */
export function groupedInteger(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

/** `1 cell`, `1,200 cells`: of nouns that take an s. */
export function countText(count: number, noun: string): string {
  return `${groupedInteger(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** numerator / denominator with a fixed number of decimals, rounded half away from zero, digits grouped: `1,234.5`. */
export function decimalRatio(numerator: number, denominator: number, decimals: number): string {
  const [whole = '', fraction] = plainRatio(numerator, denominator, decimals).split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+(?!\d))/g, ',');
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

/** `decimalRatio` without grouping, for programs: `1234.5`. */
export function plainRatio(numerator: number, denominator: number, decimals: number): string {
  const scale = BigInt(`1${'0'.repeat(decimals)}`);
  const magnitude = BigInt(Math.abs(numerator));
  const divisor = BigInt(denominator);
  const scaled = (2n * magnitude * scale + divisor) / (2n * divisor);
  const sign = numerator < 0 && scaled > 0n ? '-' : '';
  const fraction = decimals === 0 ? '' : `.${String(scaled % scale).padStart(decimals, '0')}`;
  return `${sign}${scaled / scale}${fraction}`;
}

/** Basis points as a percentage: 1234 → `12.34 %`. */
export function percentText(basisPoints: number): string {
  return `${decimalRatio(basisPoints, 100, 2)} %`;
}

/** Bytes in KiB, exact where they are whole pages: `16,384 KiB`. */
export function kibibytesText(bytes: number): string {
  return `${decimalRatio(bytes, 1024, bytes % 1024 === 0 ? 0 : 1)} KiB`;
}
