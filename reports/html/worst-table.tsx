import { decimalRatio, groupedInteger } from '../../harness/text/numbers';
import type { WorstOperation } from '../../harness/metrics/worst-operations';
import { eventsText, operationText } from '../operation-text';
import { wordsOf } from '../phrase';

/** The dearest operations as text, with causes and domain events. */
export function WorstTable({ worst }: { worst: readonly WorstOperation[] }) {
  return (
    <table>
      <thead>
        <tr>
          {['', 'cycles', 'operation', 'causes', 'events'].map((title) => (
            <th key={title} class={title === 'cycles' ? 'figure' : ''} scope="col">
              {title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {worst.map((operation, index) => (
          <tr key={operation.operation}>
            <td>{index + 1}</td>
            <td class="figure">{groupedInteger(operation.cycles)}</td>
            <td>{operationText(operation)}</td>
            <td>{allCausesText(operation)}</td>
            <td>{eventsText(operation)}</td>
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
