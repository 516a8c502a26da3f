import { Readable } from 'node:stream';
import { audit, type AuditOptions } from '../../../../harness/studies/audit/audit';
import type { AuditReport } from '../../../../harness/studies/audit/finding';
import { openCsv } from '../../../../traces/formats/csv-reader';
import { openBytes } from '../../../../traces/input/bytes';

const HEADER = 'op,id,size,align,offset,call,site,value,cpu';

/** Audits rows of a trace with the columns of `HEADER`. */
export async function auditRows(
  rows: readonly string[],
  options: Partial<AuditOptions> = {},
): Promise<AuditReport> {
  const bytes = await openBytes(
    Readable.from([Buffer.from(`${[HEADER, ...rows].join('\n')}\n`)]),
    'trace.csv',
  );
  return audit(await openCsv(bytes), { generation: 2, nested: 'reuse', findingsMax: 100, ...options });
}

/** `V1@4:11` for each finding: rule, event, object. */
export const inShort = ({ findings }: AuditReport): string[] =>
  findings.map(({ rule, event, object }) => `${rule}@${event}:${object?.id ?? ''}`);

/** A row whose value cell stands last. */
export const row = (op: string, id: number, value = '', size = 0, call = ''): string =>
  `${op},${id},${size},0,,${call},,${value}`;
