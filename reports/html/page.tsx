import type { Results } from '../../harness/results/results';
import { escapeControls } from '../../traces/input-error';
import { phraseText } from '../phrase';
import { traceGroups } from '../trace-groups';
import { verdict } from '../verdict';
import { BoundsTable } from './bounds-table';
import { htmlDocument } from './document';
import { Name } from './name';
import { TraceSection } from './trace-section';

/** `report.html`. Rendering escapes every text; what users named is shown through `Name`. */
export function htmlReport(results: Results): string {
  return htmlDocument({ title: 'Allocator replay report', children: <Page results={results} /> });
}

function Page({ results }: { results: Results }) {
  const groups = traceGroups(results);
  return (
    <>
      {verdict(results).map((phrase, index) => (
        <p key={index} class="verdict">
          {phraseText(phrase, escapeControls)}
        </p>
      ))}
      {groups.length > 1 && (
        <nav>
          <ul>
            {groups.map(({ trace }, index) => (
              <li key={index}>
                <a href={`#t${index}`}>
                  <Name of={trace.name} />
                </a>
              </li>
            ))}
          </ul>
        </nav>
      )}
      {groups.map((group, index) => (
        <TraceSection key={index} id={`t${index}`} group={group} />
      ))}
      <BoundsTable results={results} />
      <footer>
        <p>
          Cycles are modelled, not measured; percentiles are nearest-rank over every operation. Waste is (held
          − live) / held at the first operation of maximal held; #4 is Johnstone and Wilson’s (maximal held −
          maximal live) / maximal live; holes is 1 − largest hole / free bytes inside the held memory at the
          first operation of maximal held.
        </p>
        <p>{`alloc-replay ${escapeControls(results.tool.version)}`}</p>
      </footer>
    </>
  );
}
