import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DOCUMENTS, judgeDocuments } from '../../../../harness/studies/claims/ledger';
import { libxlRfc2010 } from '../../../../harness/studies/claims/libxl-rfc-2010';
import { outOfScope } from '../../../../harness/studies/claims/trial';
import { openLaboratory } from '../../../../harness/cli/names/laboratory';
import { ledgerHtml } from '../../../../reports/html/ledger';
import { ledgerMarkdown } from '../../../../reports/markdown/ledger';

const test = suite('claims: the ledger');

const COMMITTED = readFileSync(join(__dirname, '../../../../harness/studies/claims/LEDGER.md'), 'utf8');

test('every claim has a name of its own under its document, and all its words', () => {
  const claims = DOCUMENTS.flatMap(({ name, parts }) =>
    parts.flatMap((part) => part.claims.map((claim) => ({ document: name, claim }))),
  );
  assert.is(new Set(claims.map(({ claim }) => claim.id)).size, claims.length);
  for (const { document, claim } of claims) {
    assert.ok(claim.id.startsWith(`${document}/`), claim.id);
    for (const words of [claim.statement, claim.source, claim.date, claim.experiment, claim.expected]) {
      assert.ok(words.length > 0, claim.id);
    }
  }
});

test('the committed ledger names every claim, in order', () => {
  const ids = DOCUMENTS.flatMap(({ parts }) => parts.flatMap(({ claims }) => claims.map(({ id }) => id)));
  const headings = [...COMMITTED.matchAll(/^### (.*)$/gm)].map(([, id]) => id);
  assert.equal(headings, ids);
});

test('a document judged anew reads as it was committed', async () => {
  const told: string[] = [];
  const documents = await judgeDocuments([libxlRfc2010], openLaboratory(), ({ claim }) =>
    told.push(claim.id),
  );
  const [, section = ''] = ledgerMarkdown(documents).split('\n## ');
  assert.ok(section.length > 1000);
  assert.ok(COMMITTED.includes(section.trimEnd()));
  const page = ledgerHtml(documents);
  for (const { claim, verdict, because } of documents.flatMap(({ judgements }) => judgements)) {
    const [article = ''] = new RegExp(`<article id="${claim.id}">.*?</article>`).exec(page) ?? [];
    assert.ok(
      article.includes(`<strong class="badge ${verdict.replace(/ /g, '-')}">${verdict}</strong>: ${because}`),
      claim.id,
    );
    assert.is(article.includes('Experiment: '), verdict !== 'out of scope');
  }
  assert.equal(
    told,
    libxlRfc2010.parts.flatMap(({ claims }) => claims.map(({ id }) => id)),
  );
});

test('a generator that answers to placements is asked with an engine at hand', async () => {
  const sizes = (await openLaboratory().callsOf('synth:tmem?ops=400&capacity=50')).map(
    ({ sizeBytes }) => sizeBytes,
  );
  const structures = [16, 72, 80, 232, 528, 2272];
  assert.ok(sizes.filter((size) => !structures.includes(size)).length > 100, 'compressed pages are stored');
});

test('what is out of scope stands with its reason', async () => {
  const [part] = libxlRfc2010.parts;
  const judged = await outOfScope(part!.claims[0]!, 'Nobody can tell.').judgements(openLaboratory());
  assert.is(judged[0]?.verdict, 'out of scope');
  assert.is(judged[0]?.because, 'Nobody can tell.');
});

test.run();
