import type { Results } from '../../harness/results/results';
import type { JudgedExperiment } from '../../harness/studies/claims/claim';
import { escapeControls } from '../../traces/input-error';
import { traceFamilies } from '../trace-groups';
import { MODEL_ERROR_TEXT } from '../model-error';
import { BoundsTable } from './bounds-table';
import { htmlDocument } from './document';
import { FamilySection } from './family-section';
import { FrontPage } from './front-page';
import { Glossary } from './glossary';

/**
 * `report.html`, with the verdicts of the experiment that the results are of, where there is one. Rendering escapes
 * every text; what users named is shown through `Name`.
 */
export function htmlReport(results: Results, experiment?: JudgedExperiment): string {
  return htmlDocument({
    title: 'Allocator replay report',
    children: <Page results={results} experiment={experiment} />,
  });
}

function Page({ results, experiment }: { results: Results; experiment: JudgedExperiment | undefined }) {
  return (
    <>
      <FrontPage results={results} experiment={experiment} />
      {traceFamilies(results).map((family, index) => (
        <FamilySection key={index} id={`t${index}`} family={family} />
      ))}
      <BoundsTable results={results} />
      <Glossary />
      <footer>
        <p>
          {MODEL_ERROR_TEXT} Percentiles are nearest-rank over every operation. Shares of memory are those at
          the first operation of maximal held.
        </p>
        <p>{`alloc-replay ${escapeControls(results.tool.version)}`}</p>
      </footer>
    </>
  );
}
