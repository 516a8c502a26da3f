import { scaleLinear, scaleLog } from 'd3-scale';
import { groupedInteger } from '../../harness/text/numbers';
import type { Frame, Tick } from './frame';

/** A mapping from values to pixels, and the ticks that go with it. */
export interface Scale {
  readonly at: (value: number) => number;
  readonly ticks: readonly Tick[];
}

/** Cycles on a logarithmic scale, upwards; what costs less than a cycle lies on the ground line. */
export function cyclesScale(frame: Frame, least: number, most: number): Scale {
  const floor = Math.max(least, 1);
  const domain: [number, number] = [floor / 1.15, Math.max(most, floor + 1) * 1.15];
  const scale = scaleLog().domain(domain).range([frame.bottom, frame.top]);
  const decades = scale.ticks().filter((tick) => /^[1-9]0*$/.test(String(tick)));
  const sparse = decades.filter((tick) => /^10*$/.test(String(tick)));
  const ticks = sparse.length >= 3 ? sparse : decades.filter((tick) => /^[125]0*$/.test(String(tick)));
  // Costs that hardly differ lie between two round numbers: then the extremes are the ticks.
  const shown = ticks.length >= 2 ? ticks : [...new Set([floor, Math.max(most, floor)])];
  return {
    at: (value) => scale(Math.max(value, domain[0])),
    ticks: shown.map((tick) => ({ at: scale(tick), label: compactInteger(tick) })),
  };
}

/** Bytes on a linear scale from 0, upwards, labelled in the largest fitting unit. */
export function bytesScale(frame: Frame, most: number, ticks = 5): Scale & { readonly unit: string } {
  const { unit, bytes } = unitOf(most);
  const scale = scaleLinear()
    .domain([0, Math.max(most / bytes, 1e-9) * 1.05])
    .range([frame.bottom, frame.top]);
  return {
    unit,
    at: (value) => scale(value / bytes),
    ticks: scale.ticks(ticks).map((tick) => ({ at: scale(tick), label: String(tick) })),
  };
}

/** Counts (operations, bytes allocated) on a linear scale from 0, to the right. */
export function rightwardScale(frame: Frame, most: number, label: (value: number) => string): Scale {
  const scale = scaleLinear()
    .domain([0, Math.max(most, 1)])
    .range([frame.left, frame.right]);
  const ticks = scale.ticks(6).filter((tick) => Number.isInteger(tick));
  return { at: scale, ticks: ticks.map((tick) => ({ at: scale(tick), label: label(tick) })) };
}

/** Bytes on a linear scale from 0, to the right, labelled in the largest fitting unit. */
export function rightwardBytesScale(frame: Frame, most: number): Scale & { readonly unit: string } {
  const { unit, bytes } = unitOf(most);
  const scale = scaleLinear()
    .domain([0, Math.max(most / bytes, 1e-9)])
    .range([frame.left, frame.right]);
  return {
    unit,
    at: (value) => scale(value / bytes),
    ticks: scale.ticks(6).map((tick) => ({ at: scale(tick), label: String(tick) })),
  };
}

/** 20000 → `20k`, 1000000 → `1M`; other integers in full. */
export function compactInteger(value: number): string {
  for (const [size, suffix] of [
    [1_000_000_000, 'G'],
    [1_000_000, 'M'],
    [1_000, 'k'],
  ] as const) {
    if (value >= size && (value * 10) % size === 0) {
      return `${value / size}${suffix}`;
    }
  }
  return groupedInteger(value);
}

/** Bytes in the largest unit that leaves at least 1, one decimal at most: for axes and captions. */
export function compactBytes(value: number): string {
  const { unit, bytes } = unitOf(value);
  return `${Math.round((value / bytes) * 10) / 10} ${unit}`;
}

function unitOf(most: number): { unit: string; bytes: number } {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let bytes = 1;
  let unit = 0;
  while (most >= bytes * 1024 && unit < units.length - 1) {
    bytes *= 1024;
    unit++;
  }
  return { unit: units[unit]!, bytes };
}
