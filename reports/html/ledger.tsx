import { VERDICTS, type Judgement } from '../../harness/studies/claims/claim';
import type { JudgedDocument } from '../../harness/studies/claims/ledger';
import { htmlDocument } from './document';
import { Scroll } from './scroll';

/** `LEDGER.html`: the claims ledger, the counts first, then each claim with what was found. */
export function ledgerHtml(documents: readonly JudgedDocument[]): string {
  return htmlDocument({ title: 'The claims ledger', children: <Ledger documents={documents} /> });
}

function Ledger({ documents }: { documents: readonly JudgedDocument[] }) {
  return (
    <>
      <p class="verdict">
        What the source documents claim, put to the test; every verdict follows from the numbers beside it.
      </p>
      <Counts documents={documents} />
      <div class="filtered">
        {documents.map(({ document, judgements }) => (
          <section id={document.name} key={document.name}>
            <h2>{`${document.title} (${document.date})`}</h2>
            {judgements.map((judgement) => (
              <Claim key={judgement.claim.id} judgement={judgement} />
            ))}
          </section>
        ))}
      </div>
    </>
  );
}

function Counts({ documents }: { documents: readonly JudgedDocument[] }) {
  return (
    <Scroll label="Verdicts by document">
      <table>
        <thead>
          <tr>
            <th scope="col">document</th>
            {VERDICTS.map((verdict) => (
              <th key={verdict} scope="col" class="figure">
                {verdict}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {documents.map(({ document: { name }, judgements }) => (
            <tr key={name}>
              <td>
                <a href={`#${name}`}>{name}</a>
              </td>
              {VERDICTS.map((wanted) => (
                <td key={wanted} class="figure">
                  {judgements.filter(({ verdict }) => verdict === wanted).length}
                </td>
              ))}
            </tr>
          ))}
          <tr>
            <th scope="row">together</th>
            {VERDICTS.map((wanted) => (
              <td key={wanted} class="figure">
                {
                  documents
                    .flatMap(({ judgements }) => judgements)
                    .filter(({ verdict }) => verdict === wanted).length
                }
              </td>
            ))}
          </tr>
        </tbody>
      </table>
    </Scroll>
  );
}

function Claim({ judgement: { claim, verdict, because } }: { judgement: Judgement }) {
  const { id, statement, experiment, expected } = claim;
  return (
    <article id={id}>
      <h3>{id}</h3>
      <p>{statement}</p>
      <ul>
        <li>
          <strong class={`badge ${verdict.replace(/ /g, '-')}`}>{verdict}</strong>
          {`: ${because}`}
        </li>
        {verdict !== 'out of scope' && (
          <>
            <li>
              {'Experiment: '}
              <WithCode text={experiment} />
            </li>
            <li>{`Expected: ${expected}`}</li>
          </>
        )}
      </ul>
    </article>
  );
}

/** A text in which what stands between backticks is code. */
function WithCode({ text }: { text: string }) {
  return (
    <>{text.split('`').map((part, index) => (index % 2 === 0 ? part : <code key={index}>{part}</code>))}</>
  );
}
