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

/** The same of many traces: `name` is an index of them, and each family of traces has a page without single engines. */
export function* htmlPages(results: Results, name: string): Generator<{ name: string; content: string }> {
  const families = traceFamilies(results);
  const digits = String(families.length).length;
  const pageOf = (index: number) => `trace-${String(index + 1).padStart(digits, '0')}.html`;
  yield {
    name,
    content: htmlDocument({
      title: 'Allocator replay report',
      children: (
        <>
          <FrontPage results={results} linkTo={pageOf} familiesMax={families.length} />
          <BoundsTable results={results} />
          <Glossary />
          <Footer results={results} />
        </>
      ),
    }),
  };
  for (const [index, family] of families.entries()) {
    yield {
      name: pageOf(index),
      content: htmlDocument({
        title: `Allocator replay report: ${escapeControls(family.name)}`,
        children: (
          <>
            <p>
              <a href={name}>All traces</a>
            </p>
            <FamilySection id="t0" family={family} lettersMax={0} isBrief />
            <Footer results={results} />
          </>
        ),
      }),
    };
  }
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
      <FrontPage
        results={results}
        {...(experiment !== undefined && { experiment })}
        linkTo={(index) => `#t${index}`}
        familiesMax={FAMILIES_MAX}
      />
      {families.map((family, index) => (
        <FamilySection key={index} id={`t${index}`} family={family} lettersMax={lettersMax} />
      ))}
      <BoundsTable results={results} />
      <Glossary />
      <Footer results={results} />
    </>
  );
}

/** More families than these are a wall of bars above the first picture. */
const FAMILIES_MAX = 12;

function Footer({ results }: { results: Results }) {
  return (
    <footer>
      <p>
        {MODEL_ERROR_TEXT} Percentiles are nearest-rank over every operation. Shares of memory are those at
        the first operation of maximal held.
      </p>
      <p>{`alloc-replay ${escapeControls(results.tool.version)}`}</p>
    </footer>
  );
}
