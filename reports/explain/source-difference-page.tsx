import type { ChangedFunction, ChangedLine, Figures } from '../../harness/explain/source-difference';
import { groupedInteger } from '../../harness/text/numbers';
import { escapeControls } from '../../traces/input-error';
import { Name } from '../html/name';
import { Scroll } from '../html/scroll';
import type { ToldDifference } from './source-difference-text';

/** Where in the source two revisions of a compiled engine differ, on a page; nothing where none do. */
export function SourceDifferences({ differences }: { differences: readonly ToldDifference[] }) {
  return (
    <>
      {differences.map(({ trace, engine, placedElsewhere, difference }) => {
        const name = `${engine} on ${trace}`;
        return (
          <section key={name}>
            <h2>
              <Name of={`Where in its source ${name} differs`} />
            </h2>
            <p>
              <Name of={`Over the whole replay under ${difference.pricing}; `} />
              {placedElsewhere === null
                ? 'placements are identical.'
                : `placements differ first at #${groupedInteger(placedElsewhere)}.`}
            </p>
            <Functions label={`Functions, ${name}`} functions={difference.functions} />
            <Lines label={`Lines, ${name}`} lines={difference.lines} />
          </section>
        );
      })}
    </>
  );
}

const FIGURES = ['accesses', 'instructions', 'cycles'] as const satisfies readonly (keyof Figures)[];

function Functions({ label, functions }: { label: string; functions: readonly ChangedFunction[] }) {
  return functions.length === 0 ? null : (
    <Scroll label={label}>
      <table>
        <thead>
          <tr>
            <th scope="col">function</th>
            {FIGURES.flatMap((figure) =>
              ['base', 'head'].map((side) => (
                <th key={`${figure} ${side}`} scope="col" class="figure">{`${figure}, ${side}`}</th>
              )),
            )}
          </tr>
        </thead>
        <tbody>
          {functions.map(({ functionName, file, base, head }) => (
            <tr key={`${file} ${functionName}`}>
              <td class="name">
                <Name of={`${functionName} ${file}`} />
              </td>
              {FIGURES.flatMap((figure) =>
                [base, head].map((figures, side) => (
                  <td key={`${figure} ${side}`} class="figure">
                    {figures === null ? 'none' : groupedInteger(figures[figure])}
                  </td>
                )),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

function Lines({ label, lines }: { label: string; lines: readonly ChangedLine[] }) {
  return lines.length === 0 ? null : (
    <Scroll label={label}>
      <table>
        <thead>
          <tr>
            <th scope="col">side</th>
            <th scope="col">line</th>
            <th scope="col">source</th>
            {FIGURES.map((figure) => (
              <th key={figure} scope="col" class="figure">
                {figure}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {lines.map(({ side, functionName, file, line, text, figures }, index) => (
            <tr key={index}>
              <td>{side}</td>
              <td class="name">
                <Name of={`${functionName} ${file}:${line}`} />
              </td>
              <td>
                <code style="white-space:pre-wrap">{escapeControls(text.replaceAll('\t', '    '))}</code>
              </td>
              {FIGURES.map((figure) => (
                <td key={figure} class="figure">
                  {groupedInteger(figures[figure])}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}
