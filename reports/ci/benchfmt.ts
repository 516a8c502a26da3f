import type { Results } from '../../harness/results/results';
import { benchmarks, measureSlug, type Benchmark } from './measures';

/**
 * Go's benchmark format, so that `benchstat base.txt head.txt` compares. `assume=exact` tells it that one sample is
 * all there is to know. Names are parts `key=value`, which benchstat's -row, -col and -filter take apart; the `-1` at
 * their end is the number of processors, without which a name ending in digits would lose them.
 * https://go.dev/design/14313-benchmark-format, https://pkg.go.dev/golang.org/x/perf/cmd/benchstat
 */
export function goBenchmarkFormat(results: Results): string {
  const all = benchmarks(results);
  const units = new Map<string, 'lower' | 'higher'>();
  for (const { measures } of all) {
    for (const measure of measures) {
      units.set(measureSlug(measure), measure.metric.better === 'higher' ? 'higher' : 'lower');
    }
  }
  return [
    `toolname: alloc-replay ${results.tool.version}`,
    ...[...units].map(([unit, better]) => `Unit ${unit} assume=exact better=${better}`),
    '',
    ...all.map(benchmarkLine),
    '',
  ].join('\n');
}

function benchmarkLine({ engine, trace, pricing, operations, measures }: Benchmark): string {
  const parts = [`engine=${namePart(engine)}`, `trace=${namePart(trace)}`];
  const name = `BenchmarkReplay/${[...parts, ...(pricing === null ? [] : [`pricing=${namePart(pricing)}`])].join('/')}-1`;
  // The format wants at least one iteration.
  const fields = [
    name,
    Math.max(1, operations),
    ...measures.flatMap((each) => [each.value.value, measureSlug(each)]),
  ];
  return fields.join(' ');
}

/** Fields end at white space and parts at slashes; what could be either, or be unprintable, is percent-encoded. */
function namePart(text: string): string {
  return text.replace(/[^\w.,:;=?@+()[\]{}<>!$&*'^~|-]/gu, (sign) =>
    [...Buffer.from(sign)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
  );
}
