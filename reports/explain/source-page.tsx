import type { Explanation, Profile, StepRun } from '../../harness/explain/explanation';
import { storySteps } from '../../harness/explain/story';
import { countText, groupedInteger } from '../../harness/text/numbers';
import { escapeControls } from '../../traces/input-error';
import { htmlDocument } from '../html/document';
import { Name } from '../html/name';
import { Scroll } from '../html/scroll';
import {
  accessesText,
  annotatedStretches,
  lineCosts,
  placeCosts,
  placeText,
  type SourceCost,
  type SourceTexts,
} from './source-words';
import { summary } from './summary';
import { mainCauseText, shareText, stepTitle, stepTotals } from './words';

/** Explanations as a page: what each step or line of the source cost, and the source itself where it is at hand. */

export function explanationPage(explanation: Explanation, sources: SourceTexts = new Map()): string {
  const { engine, trace, pricing, operations } = explanation;
  const children = (
    <>
      <p class="verdict">
        <Name of={`${engine.name} on ${trace.name}, priced ${pricing.id}`} />
      </p>
      {operations.map((operation) => (
        <section key={operation.operation}>
          <h2>{`#${groupedInteger(operation.operation)} ${operation.op}`}</h2>
          {summary(operation, explanation).map((line, index) => (
            <p key={index}>
              <Name of={line} />
            </p>
          ))}
          <Steps
            steps={storySteps(operation.story)}
            cycles={operation.cycles}
            engine={engine.name}
            sources={sources}
          />
        </section>
      ))}
    </>
  );
  return htmlDocument({ title: 'What operations did, and what it cost', children });
}

export function profilePage(profile: Profile, sources: SourceTexts = new Map()): string {
  const { engine, trace, pricing, operations, cycles, steps } = profile;
  const head =
    `${engine.name} on ${trace.name}, ${countText(operations, 'operation')}, ` +
    `${groupedInteger(cycles)} cycles under ${pricing.id}`;
  const children = (
    <>
      <p class="verdict">
        <Name of={head} />
      </p>
      <h2>The whole replay</h2>
      <Steps steps={steps} cycles={cycles} engine={engine.name} sources={sources} />
    </>
  );
  return htmlDocument({ title: 'Where the cycles of a replay went', children });
}

interface StepsProps {
  readonly steps: readonly StepRun[];
  readonly cycles: number;
  readonly engine: string;
  readonly sources: SourceTexts;
}

function Steps({ steps, cycles, engine, sources }: StepsProps) {
  const files = [...lineCosts(steps)];
  return (
    <>
      <Table
        label="What was done, and what it cost"
        titles={['step', 'times', 'accesses', 'instructions', 'cycles', 'of all', 'inlined into or mostly']}
        rows={[...placeRows(steps, cycles), ...stepRows(steps, cycles, engine)]}
      />
      {files.map(([file, costs]) => {
        const texts = sources.get(file);
        return texts === undefined ? null : (
          <section key={file}>
            <h3>
              <Name of={file} />
            </h3>
            <Table
              label={file}
              titles={['line', 'cycles', 'instructions', 'accesses', 'source']}
              rows={sourceRows(costs, texts)}
            />
          </section>
        );
      })}
    </>
  );
}

interface Row {
  readonly cells: readonly string[];
  /** Cells of figures stand right. */
  readonly figures: readonly number[];
  readonly code?: number;
}

function placeRows(steps: readonly StepRun[], cycles: number): Row[] {
  return placeCosts(steps).map((cost) => {
    const [innermost, ...callers] = cost.place;
    return {
      cells: [
        placeText(innermost!),
        groupedInteger(cost.times),
        accessesText(cost),
        groupedInteger(cost.instructions),
        groupedInteger(cost.cycles),
        shareText(cost.cycles, cycles),
        callers.map(placeText).join(' ← '),
      ],
      figures: [1, 3, 4, 5],
    };
  });
}

/** What has no place in a source: the steps of models, and what the machine did. */
function stepRows(steps: readonly StepRun[], all: number, engine: string): Row[] {
  const others = steps.filter(({ source }) => (source?.length ?? 0) === 0);
  return stepTotals(others).map(({ step, times, accesses, instructions, cycles, causes }) => ({
    cells: [
      stepTitle(step, engine),
      ...[times, accesses, instructions, cycles].map(groupedInteger),
      shareText(cycles, all),
      mainCauseText(causes, cycles),
    ],
    figures: [1, 2, 3, 4, 5],
  }));
}

function sourceRows(costs: readonly SourceCost[], texts: readonly string[]): Row[] {
  return annotatedStretches(costs, texts).flatMap((stretch, index) => [
    ...(index === 0 ? [] : [{ cells: ['…', '', '', '', ''], figures: [0] }]),
    ...stretch.map(({ line, text, cost }) => ({
      cells: [
        String(line),
        cost === undefined ? '' : groupedInteger(cost.cycles),
        cost === undefined ? '' : groupedInteger(cost.instructions),
        cost === undefined ? '' : accessesText(cost),
        text,
      ],
      figures: [0, 1, 2],
      code: 4,
    })),
  ]);
}

interface TableProps {
  readonly label: string;
  readonly titles: readonly string[];
  readonly rows: readonly Row[];
}

function Table({ label, titles, rows }: TableProps) {
  return (
    <Scroll label={label}>
      <table>
        <thead>
          <tr>
            {titles.map((title, column) => (
              <th key={column} scope="col">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ cells, figures, code }, index) => (
            <tr key={index}>
              {cells.map((cell, column) => (
                <td key={column} class={figures.includes(column) ? 'figure' : ''}>
                  {column === code ? (
                    <code style="white-space:pre-wrap">{escapeControls(cell.replaceAll('\t', '    '))}</code>
                  ) : (
                    <Name of={cell} />
                  )}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}
