import { BASIS_POINTS, scaledRatio } from './exact-ratio';
import type { FragmentationRatio, WilsonJohnstone } from './footprint';
import { peakValue, replayMetrics, type MetricValue } from './metric';

/** What memory cost: peaks, waste, and fragmentation as Wilson and Johnstone define it. */

const bytes = { unit: 'bytes', better: 'lower', group: '@footprint' } as const;
const ISMM_1998 = 'Johnstone and Wilson, "The Memory Fragmentation Problem: Solved?", ISMM 1998';

const peakMetrics = replayMetrics([
  {
    name: 'held.bytes.peak',
    ...bytes,
    formula:
      'most bytes held from the page source after any operation; of an engine that is given the heap as a whole, most bytes reached by its blocks',
    column: { heading: 'held peak', shownIn: 'every report' },
    read: ({ footprint }) => peakValue(footprint?.heldBytesPeak),
  },
  {
    name: 'granted.bytes.peak',
    ...bytes,
    formula: 'most bytes in granted blocks (headers and rounding included) after any operation',
    read: ({ footprint }) => peakValue(footprint?.grantedBytesPeak),
  },
  {
    name: 'live.bytes.peak',
    ...bytes,
    better: 'none',
    formula: 'most requested bytes live after any operation: what no engine can do without',
    read: ({ footprint }) => peakValue(footprint?.liveBytesPeak),
  },
  {
    name: 'held.bytes.end',
    ...bytes,
    formula: 'bytes still held after the last operation',
    read: ({ footprint }) => footprint && { value: footprint.atEnd.heldBytes },
  },
  {
    name: 'live.bytes.end',
    ...bytes,
    better: 'none',
    formula: 'requested bytes still live after the last operation',
    read: ({ footprint }) => footprint && { value: footprint.atEnd.liveBytes },
  },
]);

const wasteMetrics = replayMetrics([
  {
    name: 'waste.peak',
    unit: 'basis points',
    better: 'lower',
    group: '@footprint',
    formula: '(held − live) / held at the first operation of maximal held',
    column: { heading: 'waste', shownIn: 'every report' },
    read: ({ footprint }) =>
      footprint &&
      shareOf(
        footprint.atHeldPeak.heldBytes - footprint.atHeldPeak.liveBytes,
        footprint.atHeldPeak.heldBytes,
      ),
  },
  {
    name: 'waste.internal.peak',
    unit: 'basis points',
    better: 'lower',
    group: '@footprint',
    formula: 'internal fragmentation (granted − live) / granted at the first operation of maximal held',
    read: ({ footprint }) =>
      footprint &&
      shareOf(
        footprint.atHeldPeak.grantedBytes - footprint.atHeldPeak.liveBytes,
        footprint.atHeldPeak.grantedBytes,
      ),
  },
  {
    name: 'waste.header.bytes.peak',
    ...bytes,
    formula: 'header bytes of the live blocks at the first operation of maximal held',
    read: ({ footprint }) => footprint && { value: footprint.atHeldPeak.headerBytes },
  },
  {
    name: 'waste.rounding.bytes.peak',
    ...bytes,
    formula: 'granted − headers − live at the first operation of maximal held',
    read: ({ footprint }) =>
      footprint && {
        value:
          footprint.atHeldPeak.grantedBytes -
          footprint.atHeldPeak.headerBytes -
          footprint.atHeldPeak.liveBytes,
      },
  },
  {
    name: 'waste.bytes-per-object.peak',
    ...bytes,
    formula: '(granted − live) / live objects at the first operation of maximal held, rounded down',
    read: ({ footprint }) => {
      const peak = footprint?.atHeldPeak;
      return peak === undefined || peak.liveObjects === 0
        ? undefined
        : ratioValue(peak.grantedBytes - peak.liveBytes, peak.liveObjects, 1);
    },
  },
]);

const WILSON_JOHNSTONE = [
  { name: 'wj1', key: 'averages', formula: 'mean held over mean live − 1, the means over bytes allocated' },
  { name: 'wj2', key: 'atLivePeak', formula: '(held − live) / live at the first operation of maximal live' },
  { name: 'wj3', key: 'atHeldPeak', formula: '(held − live) / live at the first operation of maximal held' },
  {
    name: 'wj4',
    key: 'peaks',
    formula: '(maximal held − maximal live) / maximal live, whenever each occurred',
  },
] as const satisfies readonly { name: string; key: keyof WilsonJohnstone; formula: string }[];

const wilsonJohnstoneMetrics = replayMetrics(
  WILSON_JOHNSTONE.map(({ name, key, formula }) => ({
    name: `fragmentation.${name}` as const,
    unit: 'basis points',
    better: 'lower',
    group: '@fragmentation',
    formula: `#${name.slice(2)}: ${formula}; given with held and live bytes`,
    source: ISMM_1998,
    ...(name === 'wj4' && { column: { heading: '#4', shownIn: 'pages' } }),
    read: ({ footprint }) => wilsonJohnstoneValue(footprint?.wilsonJohnstone[key]),
  })),
);

export const FOOTPRINT_METRICS = [...peakMetrics, ...wasteMetrics, ...wilsonJohnstoneMetrics] as const;

function shareOf(part: number, whole: number): MetricValue | undefined {
  return whole === 0 ? undefined : ratioValue(part, whole, BASIS_POINTS);
}

function ratioValue(numerator: number, denominator: number, scale: number): MetricValue {
  return { value: scaledRatio(numerator, denominator, scale), ratio: [numerator, denominator] };
}

function wilsonJohnstoneValue(ratio: FragmentationRatio | undefined): MetricValue | undefined {
  return ratio && { value: ratio.basisPoints, ratio: [ratio.heldBytes, ratio.liveBytes] };
}
