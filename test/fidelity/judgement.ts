import { exceptionFor, type Exception } from './exceptions';
import type { ColdRow, Compared, FidelityRow } from './rows';

/** What the project promises of its costs, and whether it holds. */

/** The guest's clock moves in steps of 26 ticks: figures up to four of them say too little to be judged. */
const JUDGED_CYCLES_MIN = Math.round(104 * (3.66 / 2.6));
export const NEAR = 1.6;
export const NEAR_SHARE_MIN = 0.8;
export const FAR = 3;
export const COLD_NEAR = 1.5;
export const MAX_NEAR = 1.5;
/** Of engines in C. */
export const MEDIAN_NEAR = 1.5;
const GAP = 2;

const FIGURES = ['median', 'p99'] as const;

/** One figure that was judged. */
export interface Judged {
  readonly what: string;
  /** How far off: modelled / measured, or its inverse, whichever is larger. */
  readonly factor: number;
  readonly ratio: number;
  readonly exception: Exception | undefined;
}

export interface Judgement {
  /** Medians and p99s of the steady phase. */
  readonly steady: readonly Judged[];
  readonly cold: readonly Judged[];
  /** First-fit's worst operations: how far outside the range from the measured p99 to the measured maximum. */
  readonly worst: readonly Judged[];
  /** Pairs of engines of which the one that was measured to cost more than twice as much is modelled as the cheaper. */
  readonly inversions: readonly string[];
}

export function judge(rows: readonly FidelityRow[], cold: readonly ColdRow[]): Judgement {
  const steady = rows.filter(({ phase }) => phase === 'steady');
  return {
    steady: steady.flatMap((row) =>
      FIGURES.filter((figure) => isJudged(row.cycles[figure])).map((figure) =>
        judged(`${nameOf(row)} ${figure}`, row.cycles[figure]),
      ),
    ),
    cold: cold.map(({ engine, live, op, cycles }) => judged(`${engine} cold ${live} ${op} median`, cycles)),
    worst: steady
      .filter(({ engine, cycles }) => engine === 'xmalloc-first-fit' && isJudged(cycles.p99))
      .map(judgeWorst),
    inversions: FIGURES.flatMap((figure) => inversionsOf(steady, figure)),
  };
}

export function share(judged: readonly Judged[], factorMax: number): number {
  return judged.length === 0 ? 1 : judged.filter(({ factor }) => factor <= factorMax).length / judged.length;
}

/** Judged figures beyond `factorMax`, the farthest first. */
export function beyond(judged: readonly Judged[], factorMax: number): readonly Judged[] {
  return judged.filter(({ factor }) => factor > factorMax).sort((one, other) => other.factor - one.factor);
}

export function nameOf({ engine, storm, live, pages, phase, op }: FidelityRow): string {
  return `${engine} ${storm} ${live} ${pages} ${phase} ${op}`;
}

export function ratioOf({ measured, modelled }: Compared): number {
  return modelled / measured;
}

export function factorOf(compared: Compared): number {
  const ratio = ratioOf(compared);
  return Math.max(ratio, 1 / ratio);
}

function isJudged({ measured }: Compared): boolean {
  return measured > JUDGED_CYCLES_MIN;
}

function judged(what: string, compared: Compared): Judged {
  return { what, ratio: ratioOf(compared), factor: factorOf(compared), exception: exceptionFor(what) };
}

function judgeWorst(row: FidelityRow): Judged {
  const { p99, max } = row.cycles;
  const nearest = Math.min(Math.max(max.modelled, p99.measured), Math.max(max.measured, p99.measured));
  return judged(`${nameOf(row)} max`, { measured: nearest, modelled: max.modelled });
}

function inversionsOf(rows: readonly FidelityRow[], figure: (typeof FIGURES)[number]): readonly string[] {
  return rows.flatMap((dear) =>
    rows
      .filter((cheap) => isSameCase(dear, cheap))
      .filter((cheap) => {
        const [more, less] = [dear.cycles[figure], cheap.cycles[figure]];
        // What the measurement itself made dear says nothing of which engine is.
        const isItsOwn = exceptionFor(`${nameOf(dear)} ${figure}`) === undefined;
        return (
          isItsOwn && isJudged(more) && more.measured > GAP * less.measured && more.modelled < less.modelled
        );
      })
      .map((cheap) => `${nameOf(dear)} ${figure}, against ${cheap.engine}`),
  );
}

function isSameCase(one: FidelityRow, other: FidelityRow): boolean {
  return (
    one.engine !== other.engine &&
    one.storm === other.storm &&
    one.live === other.live &&
    one.pages === other.pages &&
    one.op === other.op
  );
}
