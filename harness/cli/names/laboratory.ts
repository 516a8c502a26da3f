import { Readable } from 'node:stream';
import { openTrace } from '../../../traces/open';
import { audit } from '../../studies/audit/audit';
import { createLaboratory, type Laboratory } from '../../studies/claims/laboratory';
import { createRegistries } from './registries';

/** The laboratory of the claims, with every registry at hand. */

const COLUMNS = 'op,id,size,align,offset,span,cpu,site,call,value';

export function openLaboratory(): Laboratory {
  return createLaboratory({
    registries: createRegistries(),
    traceOfRows: (rows) =>
      openTrace('-', {
        format: 'csv',
        stdin: Readable.from([Buffer.from([COLUMNS, ...rows, ''].join('\n'))]),
      }),
    auditedRules: async (policyTrace, generation) => {
      const opened = await openTrace(`policy:${policyTrace}`, {
        passes: 'one',
        validate: false,
      });
      const { counts } = await audit(await opened.open(), {
        generation,
        nested: 'reuse',
        findingsMax: FINDINGS_MAX,
      });
      return counts.map(({ rule }) => rule);
    },
  });
}

const FINDINGS_MAX = 1000;
