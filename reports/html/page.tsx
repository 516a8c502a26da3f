import type { Results } from '../../harness/results/results';
import type { JudgedExperiment } from '../../harness/studies/claims/claim';
import { escapeControls } from '../../traces/input-error';
import { traceFamilies } from '../trace-groups';
import { MODEL_ERROR_TEXT } from '../model-error';
import { BoundsTable } from './bounds-table';
import { htmlDocument } from './document';
import { FamilySection, shownMember } from './family-section';
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

/** What the blocks of all heaps together may take of a page that is to stay below a mebibyte. */
const WALK_LETTERS = 260_000;

function Page({ results, experiment }: { results: Results; experiment: JudgedExperiment | undefined }) {
  const families = traceFamilies(results);
  const walks = families.flatMap((family) =>
    shownMember(family).replays.filter(({ heapWalk }) => heapWalk !== null),
  );
  const lettersMax = Math.floor(WALK_LETTERS / Math.max(walks.length, 1));
  return (
    <>
      <FrontPage results={results} experiment={experiment} />
      {families.map((family, index) => (
        <FamilySection key={index} id={`t${index}`} family={family} lettersMax={lettersMax} />
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
