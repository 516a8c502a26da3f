import { decimalRatio, groupedInteger } from '../../harness/text/numbers';
import { CAUSE_NAMES, type WorstOperation } from '../../harness/metrics/worst-operations';
import { eventsText, operationText } from '../operation-text';
import { wordsOf } from '../phrase';
import { Chart, Legend, px } from './frame';
import { causeClass } from './palette';
import { WorstTable } from './worst-table';

interface WorstAnatomyProps {
  readonly id: string;
  readonly title: string;
  /** Dearest first. */
  readonly worst: readonly WorstOperation[];
}

const BAR_LEFT = 10;
const BAR_WIDTH = 640;
const ROW_HEIGHT = 32;

/** What the dearest operations spent their cycles on: a bar each, cut by cause, with what the engine did beside it. */
export function WorstAnatomy({ id, title, worst }: WorstAnatomyProps) {
  const present = CAUSE_NAMES.filter((cause) => worst.some(({ causes }) => causes[cause] !== undefined));
  const legendHeight = 16 * Math.ceil(present.length / LEGEND_COLUMNS) + 8;
  const height = legendHeight + worst.length * ROW_HEIGHT + 4;
  const frame = { width: 760, height, left: BAR_LEFT, right: 750, top: legendHeight, bottom: height };
  const most = worst[0]?.cycles ?? 1;
  return (
    <Chart
      id={id}
      title={title}
      description={worst
        .slice(0, 3)
        .map((operation) => `${operationText(operation)}: ${operation.cycles} cycles.`)
        .join(' ')}
      frame={frame}
      numbers={<WorstTable worst={worst} />}
    >
      <Legend
        frame={frame}
        columns={LEGEND_COLUMNS}
        mark="box"
        entries={present.map((cause) => ({ label: wordsOf(cause), className: causeClass(cause) }))}
      />
      {worst.map((operation, index) => (
        <Bar
          key={operation.operation}
          operation={operation}
          top={legendHeight + index * ROW_HEIGHT}
          most={most}
        />
      ))}
    </Chart>
  );
}

const LEGEND_COLUMNS = 6;

function Bar({ operation, top, most }: { operation: WorstOperation; top: number; most: number }) {
  const { cycles, causes } = operation;
  const scale = BAR_WIDTH / Math.max(most, 1);
  let before = 0;
  const parts = Object.entries(causes).map(([cause, part]) => {
    const left = BAR_LEFT + before * scale;
    before += part;
    return { cause, part, left, width: part * scale };
  });
  const events = eventsText(operation);
  return (
    <g>
      <text x={BAR_LEFT} y={top + 11}>
        {`${operationText(operation)}${events === '' ? '' : `: ${events}`}`}
      </text>
      {parts.map(({ cause, part, left, width }) => (
        <rect
          key={cause}
          class={`part ${causeClass(cause)}`}
          x={px(left)}
          y={top + 15}
          width={px(width)}
          height="11"
        >
          <title>{`${wordsOf(cause)}: ${groupedInteger(part)} cycles, ${decimalRatio(part * 100, Math.max(cycles, 1), 1)} %`}</title>
        </rect>
      ))}
      <text class="mark" x={px(BAR_LEFT + cycles * scale + 5)} y={top + 24}>
        {groupedInteger(cycles)}
      </text>
    </g>
  );
}
