import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DOCUMENTS, judgeDocuments } from '../../../../harness/studies/claims/ledger';
import { openLaboratory } from '../../../../harness/cli/names/laboratory';
import { ledgerMarkdown } from '../../../../reports/markdown/ledger';

const test = suite('claims: the committed ledger');

test('says what the experiments say today (`npm run claims` writes it anew)', async () => {
  const documents = await judgeDocuments(DOCUMENTS, openLaboratory(), () => undefined);
  const committed = readFileSync(join(__dirname, '../../../../harness/studies/claims/LEDGER.md'), 'utf8');
  assert.is(ledgerMarkdown(documents), committed);
});

test.run();
