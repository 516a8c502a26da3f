import { CAUSE_NAMES, type WorstOperation } from '../../harness/metrics/worst-operations';
import { decimalRatio, groupedInteger } from '../../harness/text/numbers';
import { eventsText, operationText } from '../operation-text';
import { wordsOf } from '../phrase';
import { Chart, px, PICTURE_WIDTH } from './frame';
import { BoxLegend, type Series } from './legend';
import { Name } from './name';
import { causeClass } from './palette';
import { Term } from './glossary';

export interface EngineWorst extends Series {
  readonly worst: WorstOperation;
}

interface WorstChartProps {
  readonly id: string;
  readonly title: string;
  /** Dearest first. */
  readonly operations: readonly EngineWorst[];
}

const LEFT = 4;
const BAR_WIDTH = 270;
const ROW_HEIGHT = 36;

/** What the dearest operations of all engines spent their cycles on: a bar each on one scale, cut by cause. */
export function WorstChart({ id, title, operations }: WorstChartProps) {
  const present = CAUSE_NAMES.filter((cause) =>
    operations.some(({ worst }) => worst.causes[cause] !== undefined),
  );
  const most = Math.max(operations[0]?.worst.cycles ?? 1, 1);
  return (
    <Chart
      id={id}
      title={title}
      description={operations
        .slice(0, 3)
        .map(({ engine, worst }) => `${engine}, ${operationText(worst)}: ${worst.cycles} cycles.`)
        .join(' ')}
      height={operations.length * ROW_HEIGHT + 6}
      legend={
        <BoxLegend
          entries={present.map((cause) => ({ label: <Term of={cause} />, className: causeClass(cause) }))}
        />
      }
      numbers={<WorstTable operations={operations} />}
    >
      {operations.map((operation, index) => (
        <Bar
          key={`${operation.place} ${operation.worst.operation}`}
          operation={operation}
          top={index * ROW_HEIGHT + 2}
          most={most}
        />
      ))}
    </Chart>
  );
}

function Bar({
  operation: { engine, worst },
  top,
  most,
}: {
  operation: EngineWorst;
  top: number;
  most: number;
}) {
  const { cycles, causes } = worst;
  const scale = BAR_WIDTH / most;
  let before = 0;
  const parts = Object.entries(causes).map(([cause, part]) => {
    const left = LEFT + before * scale;
    before += part;
    return { cause, part, left, width: part * scale };
  });
  return (
    <g>
      <text x={LEFT} y={top + 12}>
        <Name of={fitting(`${worst.op} #${groupedInteger(worst.operation)} of ${engine}`)} />
      </text>
      {parts.map(({ cause, part, left, width }) => (
        <rect
          key={cause}
          class={`part ${causeClass(cause)}`}
          x={px(left)}
          y={top + 17}
          width={px(width)}
          height="12"
        >
          <title>{`${wordsOf(cause)}: ${groupedInteger(part)} cycles, ${decimalRatio(part * 100, Math.max(cycles, 1), 1)} %`}</title>
        </rect>
      ))}
      <text class="mark" x={px(LEFT + cycles * scale + 5)} y={top + 27}>
        {groupedInteger(cycles)}
      </text>
    </g>
  );
}

/** As many letters as the picture is wide. */
const LETTERS_MAX = Math.floor(PICTURE_WIDTH / 6.4);

const fitting = (text: string): string =>
  text.length <= LETTERS_MAX ? text : `${text.slice(0, LETTERS_MAX - 1)}…`;

/** The same as text, with causes and domain events. */
export function WorstTable({ operations }: { operations: readonly EngineWorst[] }) {
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">engine</th>
          <th scope="col">operation</th>
          <th scope="col" class="figure">
            cycles
          </th>
          <th scope="col">causes, cycles</th>
          <th scope="col">events</th>
        </tr>
      </thead>
      <tbody>
        {operations.map(({ engine, worst }, index) => (
          <tr key={index}>
            <td>
              <Name of={engine} />
            </td>
            <td>{operationText(worst)}</td>
            <td class="figure">{groupedInteger(worst.cycles)}</td>
            <td>{allCausesText(worst)}</td>
            <td>{eventsText(worst)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** All causes, dearest first, with cycles and share. */
function allCausesText({ causes, cycles }: WorstOperation): string {
  return Object.entries(causes)
    .sort(([, a], [, b]) => b - a)
    .map(
      ([name, part]) => `${wordsOf(name)} ${groupedInteger(part)} (${decimalRatio(part * 100, cycles, 0)} %)`,
    )
    .join(', ');
}
