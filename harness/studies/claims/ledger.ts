import type { Judgement } from './claim';
import type { Laboratory } from './laboratory';
import { allocatorRubric2021 } from './allocator-rubric-2021';
import { libxlPolicy } from './libxl-policy';
import { libxlRfc2010 } from './libxl-rfc-2010';
import { poolManual } from './pool-manual';
import { rfc2008 } from './rfc-2008';
import type { SourceDocument } from './trial';

/** Every source document, in the order of the ledger. */
export const DOCUMENTS: readonly SourceDocument[] = [
  rfc2008,
  allocatorRubric2021,
  poolManual,
  libxlPolicy,
  libxlRfc2010,
];

/** A document with every claim of it judged. */
export interface JudgedDocument {
  readonly document: SourceDocument;
  readonly judgements: readonly Judgement[];
}

/** Puts all claims of all documents to the test; `told` hears of each as it is judged. */
export async function judgeDocuments(
  documents: readonly SourceDocument[],
  laboratory: Laboratory,
  told: (judgement: Judgement) => void,
): Promise<JudgedDocument[]> {
  const judged: JudgedDocument[] = [];
  for (const document of documents) {
    const judgements: Judgement[] = [];
    for (const part of document.parts) {
      for (const judgement of await part.judgements(laboratory)) {
        told(judgement);
        judgements.push(judgement);
      }
    }
    judged.push({ document, judgements });
  }
  return judged;
}
