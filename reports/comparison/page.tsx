import { CAUSE_NAMES, type WorstOperation } from '../../harness/metrics/worst-operations';
import type { Comparison, Reason } from '../../harness/compare/comparison';
import { groupedInteger } from '../../harness/text/numbers';
import { headline } from './headline';
import {
  absoluteText,
  byChange,
  cellLabels,
  hashesText,
  limitsText,
  limitText,
  metricTitle,
  relativeText,
  reportRows,
  statusRows,
  valueText,
  type ReportRow,
} from './rows';
import { eventsText, operationText } from '../operation-text';
import { htmlDocument } from '../html/document';
import { Glossary } from '../html/glossary';
import { Name } from '../html/name';
import { Scroll } from '../html/scroll';
import { SourceDifferences } from '../explain/source-difference-page';
import type { ToldDifference } from '../explain/source-difference-text';
import type { RenderOptions } from './text';
import { WorstChart } from '../html/worst-chart';

/** `compare --format html`: the verdict, what changed as dumbbells, why it got worse, every cell. */
export function comparisonHtml(
  comparison: Comparison,
  { differences = [] }: Pick<RenderOptions, 'differences'> = {},
): string {
  return htmlDocument({
    title: 'Comparison',
    children: <ComparisonPage comparison={comparison} differences={differences} />,
  });
}

interface ComparisonPageProps {
  readonly comparison: Comparison;
  readonly differences: readonly ToldDifference[];
}

function ComparisonPage({ comparison, differences }: ComparisonPageProps) {
  const changed = reportRows(comparison)
    .filter(({ row }) => row.judgement !== 'same')
    .sort(byChange);
  const limits = limitsText(comparison);
  return (
    <>
      <p class="headline">
        <Name of={headline(comparison)} />
      </p>
      <p>
        <Name
          of={`Base: ${comparison.base.label}; head: ${comparison.head.label}; ${hashesText(comparison)}.`}
        />
        {limits !== '' && <Name of={` Limits: ${limits}.`} />}
      </p>
      <Changes rows={changed} />
      {comparison.reasons.length > 0 && <Reasons comparison={comparison} />}
      <SourceDifferences differences={differences} />
      <Cells comparison={comparison} />
      <Glossary />
    </>
  );
}

/** More rows than these are for the CSV. */
const ROWS_MAX = 400;

function Changes({ rows }: { rows: readonly ReportRow[] }) {
  if (rows.length === 0) {
    return <p>No metric changed.</p>;
  }
  const shown = rows.slice(0, ROWS_MAX);
  return (
    <section>
      <h2 id="changes">What changed, the largest change first</h2>
      <p>
        The hollow dot is the base, the full one the head; the line between them is the relative change, cut
        at ±100 %.
      </p>
      <Scroll label="What changed">
        <table class="sortable filtered">
          <thead>
            <tr>
              {['judgement', 'trace', 'engine', 'pricing', 'metric'].map((title) => (
                <th key={title} scope="col">
                  {title}
                </th>
              ))}
              <th scope="col">from base to head</th>
              {['base', 'head', 'change', 'change, %', 'limit'].map((title) => (
                <th key={title} scope="col" class="figure">
                  {title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map((each, index) => (
              <ChangeLine key={index} {...each} />
            ))}
          </tbody>
        </table>
      </Scroll>
      {shown.length < rows.length && (
        <p>{`The first ${shown.length} of ${groupedInteger(rows.length)}; --format csv has them all.`}</p>
      )}
    </section>
  );
}

function ChangeLine({ trace, engine, row }: ReportRow) {
  return (
    <tr>
      <td>
        <span class={`badge ${row.judgement}`}>{row.judgement}</span>
      </td>
      {[trace, engine, row.pricing ?? '', metricTitle(row)].map((text, index) => (
        <td key={index} class="name">
          <Name of={text} />
        </td>
      ))}
      <td>
        <Dumbbell basisPoints={row.relativeBasisPoints ?? 10_000 * row.sign} judgement={row.judgement} />
      </td>
      <td class="figure">{valueText(row, row.base)}</td>
      <td class="figure">{valueText(row, row.head)}</td>
      <td class="figure">{absoluteText(row)}</td>
      <td class="figure" data-value={row.relativeBasisPoints ?? undefined}>
        {relativeText(row)}
      </td>
      <td class="figure">
        <Name of={limitText(row)} />
      </td>
    </tr>
  );
}

const HALF = 48;

/** Base in the middle, head as far from it as it changed; decoration beside its figures, made of boxes. */
function Dumbbell({ basisPoints, judgement }: { basisPoints: number; judgement: string }) {
  const reach = Math.max(-1, Math.min(1, basisPoints / 10_000)) * HALF;
  const left = Math.round((HALF + Math.min(reach, 0)) * 10) / 10;
  const width = Math.round(Math.abs(reach) * 10) / 10;
  return (
    <span class={`dumbbell ${judgement}`} aria-hidden="true">
      <i style={`left:${left}px;width:${width}px`} />
      <b class="base" style={`left:${HALF}px`} />
      <b style={`left:${Math.round((HALF + reach) * 10) / 10}px`} />
    </span>
  );
}

/** More pictures than these say nothing new. */
const REASONS_MAX = 12;

function Reasons({ comparison }: { comparison: Comparison }) {
  return (
    <section>
      <h2 id="reasons">Why it got worse</h2>
      <div class="pictures">
        {comparison.reasons.slice(0, REASONS_MAX).map((reason, index) => (
          <ReasonChart key={index} id={`reason${index}`} reason={reason} comparison={comparison} />
        ))}
      </div>
    </section>
  );
}

function ReasonChart({ id, reason, comparison }: { id: string; reason: Reason; comparison: Comparison }) {
  const { cell, pricing, kind } = reason;
  const { trace, engine } = cellLabels(cell, comparison);
  const sides: [string, WorstOperation | undefined][] = [
    ['base', pricing.base.kinds[kind].worst[0]],
    ['head', pricing.head.kinds[kind].worst[0]],
  ];
  const operations = sides.flatMap(([side, worst], place) =>
    worst === undefined ? [] : [{ engine: side, place, worst }],
  );
  const events = operations.map(
    ({ engine: side, worst }) => `${side}: ${operationText(worst)}; ${eventsText(worst)}`,
  );
  return (
    <div>
      <WorstChart
        id={id}
        title={`The worst ${kind} before and after, ${engine} on ${trace}, ${pricing.id}`}
        operations={[...operations].sort((a, b) => b.worst.cycles - a.worst.cycles)}
      />
      {events.map((text) => (
        <p key={text}>{text}</p>
      ))}
      <CauseTable base={sides[0]![1]} head={sides[1]![1]} />
    </div>
  );
}

function CauseTable({ base, head }: { base: WorstOperation | undefined; head: WorstOperation | undefined }) {
  const present = CAUSE_NAMES.filter((cause) => (base?.causes[cause] ?? head?.causes[cause]) !== undefined);
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">cause</th>
          {['base, cycles', 'head, cycles', 'change, cycles'].map((title) => (
            <th key={title} scope="col" class="figure">
              {title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {present.map((cause) => {
          const [before, after] = [base?.causes[cause] ?? 0, head?.causes[cause] ?? 0];
          return (
            <tr key={cause}>
              <th scope="row">{cause}</th>
              <td class="figure">{groupedInteger(before)}</td>
              <td class="figure">{groupedInteger(after)}</td>
              <td class="figure">{`${after > before ? '+' : ''}${groupedInteger(after - before)}`}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function Cells({ comparison }: { comparison: Comparison }) {
  return (
    <section>
      <h2 id="cells">Every cell</h2>
      <Scroll label="Every cell">
        <table class="sortable filtered">
          <thead>
            <tr>
              {['trace', 'engine', 'pricing', 'status', 'because'].map((title) => (
                <th key={title} scope="col">
                  {title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {statusRows(comparison).map(({ trace, engine, pricing, status, because }, index) => (
              <tr key={index}>
                {[trace, engine, pricing ?? '', status, because].map((text, column) => (
                  <td key={column} class="name">
                    <Name of={text} />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </section>
  );
}
