import * as v from 'valibot';
import type { TraceHeader } from '../trace';
import { DamagedBytes, ByteReader, ByteWriter } from './atr-bytes';
import { OP_NAMES } from '../trace';

/** What an `.atr` file says of its trace: before the events where they come from, after them what they came to. */

const HEADER_SCHEMA = v.strictObject({
  name: v.pipe(v.string(), v.maxLength(255)),
  origin: v.variant('kind', [
    v.strictObject({ kind: v.literal('recorded'), format: v.pipe(v.string(), v.maxLength(255)) }),
    v.strictObject({
      kind: v.literal('synthetic'),
      generator: v.pipe(v.string(), v.maxLength(255)),
      parameters: v.record(v.string(), v.union([v.number(), v.string()])),
      seed: v.pipe(v.number(), v.safeInteger()),
      adaptive: v.boolean(),
    }),
  ]),
});

export function headerPayload({ name, origin }: TraceHeader): Buffer {
  return Buffer.from(JSON.stringify({ name, origin }), 'utf8');
}

export function headerOf(payload: Buffer): TraceHeader {
  try {
    return v.parse(HEADER_SCHEMA, JSON.parse(payload.toString('utf8')));
  } catch {
    throw new DamagedBytes('its header is not of the known form');
  }
}

/** What a file's events came to, and where its blocks lie. */
export interface AtrIndex {
  /** Where the frame of each block begins; every block but the last holds 65,536 events. */
  readonly blockOffsets: readonly number[];
  readonly events: number;
  readonly texts: number;
  /** How many events of each op, by its code. */
  readonly ops: readonly number[];
  /** Of the events, in 64 hexadecimal digits. */
  readonly identity: string;
}

const IDENTITY_BYTES = 32;

export function indexPayload({ blockOffsets, events, texts, ops, identity }: AtrIndex): Uint8Array {
  const into = new ByteWriter();
  into.unsigned(blockOffsets.length);
  let previous = 0;
  for (const offset of blockOffsets) {
    into.unsigned(offset - previous);
    previous = offset;
  }
  into.unsigned(events);
  into.unsigned(texts);
  into.byte(ops.length);
  for (const count of ops) {
    into.unsigned(count);
  }
  into.copy(Buffer.from(identity, 'hex'));
  return into.view();
}

export function indexOf(payload: Uint8Array): AtrIndex {
  const from = new ByteReader(payload);
  const blocks = from.unsigned();
  if (blocks > payload.length) {
    throw new DamagedBytes('its index is damaged');
  }
  const blockOffsets: number[] = [];
  let offset = 0;
  for (let block = 0; block < blocks; block++) {
    blockOffsets.push((offset += from.unsigned()));
  }
  const events = from.unsigned();
  const texts = from.unsigned();
  const opCount = from.byte();
  if (opCount !== OP_NAMES.length) {
    throw new DamagedBytes('its index is damaged');
  }
  const ops = Array.from({ length: opCount }, () => from.unsigned());
  const identity = Buffer.from(from.take(IDENTITY_BYTES)).toString('hex');
  if (!from.atEnd) {
    throw new DamagedBytes('its index is damaged');
  }
  return { blockOffsets, events, texts, ops, identity };
}
