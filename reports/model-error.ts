/**
 * How far modelled costs are from measured ones, published with every report. The figures are those of `npm run
 * fidelity` (test/fidelity holds them to that): steady operations of the storms that were measured on compiled
 * allocators, under the profile of the machine that measured.
 */
export const MODEL_ERROR = {
  /** Medians, and 99th percentiles that the measuring itself did not make. */
  medianPercent: 19,
  p99Percent: 14,
} as const;

export const MODEL_ERROR_TEXT =
  'Cycles are modelled, not measured: of steady operations of allocators that were measured, medians are off by ' +
  `${MODEL_ERROR.medianPercent} % and 99th percentiles by ${MODEL_ERROR.p99Percent} % in the mean.`;
