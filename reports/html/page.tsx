import { renderToString } from 'preact-render-to-string';
import type { Results } from '../../harness/results/results';
import { escapeControls } from '../../traces/input-error';
import { phraseText } from '../phrase';
import { traceGroups } from '../trace-groups';
import { verdict } from '../verdict';
import { BoundsTable } from './bounds-table';
import { Name } from './name';
import { CONTENT_POLICY, SCRIPT, STYLE } from './theme';
import { TraceSection } from './trace-section';

/**
 * `report.html`: one file that needs nothing else and loads nothing, legible without scripts, in light and dark.
 * Rendering escapes every text; what users named is shown through `Name`.
 */
export function htmlReport(results: Results): string {
  return `<!doctype html>\n${renderToString(<Page results={results} />)}\n`;
}

function Page({ results }: { results: Results }) {
  const groups = traceGroups(results);
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content={CONTENT_POLICY} />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>Allocator replay report</title>
        <style dangerouslySetInnerHTML={{ __html: STYLE }} />
      </head>
      <body>
        <h1>Allocator replay report</h1>
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
            Cycles are modelled, not measured; percentiles are nearest-rank over every operation. Waste is
            (held − live) / held at the first operation of maximal held; #4 is Johnstone and Wilson’s (maximal
            held − maximal live) / maximal live; holes is 1 − largest hole / free bytes inside the held memory
            at the first operation of maximal held.
          </p>
          <p>{`alloc-replay ${escapeControls(results.tool.version)}`}</p>
        </footer>
        <script dangerouslySetInnerHTML={{ __html: SCRIPT }} />
      </body>
    </html>
  );
}
