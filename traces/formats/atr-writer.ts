import type { Writable } from 'node:stream';
import { EventBlock } from '../event-block';
import { IdentityHash } from '../identity';
import { NO_TEXT, NOTHING, OP_NAMES, TraceEvent, type EventSource } from '../trace';
import { BlockEncoder } from './atr-block';
import { ByteWriter } from './atr-bytes';
import { footerBytes, frameBytes, preludeBytes, type FrameKind } from './atr-frames';
import { headerPayload, indexPayload } from './atr-header';
import { writeWhole, type TraceWriter, type WrittenTrace } from './written-trace';

/** How many bytes of texts go into one frame before the next begins. */
const TEXTS_FRAME_BYTES = 1 << 20;

/** Writes a source as `.atr`, as `writeWhole` does; the same events give the same bytes. */
export const writeAtr = (source: EventSource, target: string | Writable): Promise<WrittenTrace> =>
  writeWhole(source, new AtrWriter(source), target);

class AtrWriter implements TraceWriter {
  private readonly block = new EventBlock();
  private readonly encoder = new BlockEncoder();
  private readonly hash: IdentityHash;
  private readonly texts: FileTexts;
  private readonly blockOffsets: number[] = [];
  private readonly ops: number[] = OP_NAMES.map(() => 0);
  private events = 0;
  /** Where the next frame begins. */
  private offset = 0;

  constructor(private readonly source: EventSource) {
    this.hash = new IdentityHash(source.texts);
    this.texts = new FileTexts((index) => source.texts.text(index));
  }

  written(): WrittenTrace {
    return { events: this.events, identity: this.hash.digest() };
  }

  async *chunks(): AsyncGenerator<Buffer, void, undefined> {
    const { source, block } = this;
    const event = new TraceEvent();
    yield this.advance(preludeBytes());
    yield this.frame('header', headerPayload(source.header));
    do {
      while (source.next(event, NOTHING)) {
        block.append(event);
        if (block.full) {
          yield* this.blockFrames();
        }
      }
    } while (await source.refill());
    if (block.length > 0) {
      yield* this.blockFrames();
    }
    yield* this.end();
  }

  private *blockFrames(): Generator<Buffer, void, undefined> {
    const { block, texts } = this;
    // Before anything else, for it refuses texts that no trace may hold.
    this.hash.addBlock(block);
    const payload = new ByteWriter();
    this.encoder.encode(block, (index) => texts.indexOf(index), payload);
    for (const frame of texts.takeNew()) {
      yield this.frame('texts', frame);
    }
    this.blockOffsets.push(this.offset);
    yield this.frame('events', payload.view());
    for (let i = 0; i < block.length; i++) {
      this.ops[block.op[i]!]! += 1;
    }
    this.events += block.length;
    block.clear();
  }

  private *end(): Generator<Buffer, void, undefined> {
    const { blockOffsets, events, ops, offset } = this;
    const identity = this.hash.digest();
    yield this.frame('index', indexPayload({ blockOffsets, events, texts: this.texts.count, ops, identity }));
    yield footerBytes(offset);
  }

  private frame(kind: FrameKind, payload: Uint8Array): Buffer {
    return this.advance(frameBytes(kind, payload));
  }

  private advance(bytes: Buffer): Buffer {
    this.offset += bytes.length;
    return bytes;
  }
}

/** The file's own numbering of texts, in the order in which the events use them. */
class FileTexts {
  /** How many texts there are, without the empty one. */
  count = 0;
  private readonly fileIndices: (number | undefined)[] = [NO_TEXT];
  private unwritten: Buffer[] = [];

  constructor(private readonly textOf: (index: number) => string) {}

  /** The file's index of a text of the source. */
  indexOf(index: number): number {
    const known = this.fileIndices[index];
    if (known !== undefined) {
      return known;
    }
    this.count += 1;
    this.fileIndices[index] = this.count;
    this.unwritten.push(Buffer.from(this.textOf(index), 'utf8'));
    return this.count;
  }

  /** The payloads of frames with the texts that no frame holds yet. */
  takeNew(): Uint8Array[] {
    const payloads: Uint8Array[] = [];
    let payload = new ByteWriter();
    for (const text of this.unwritten) {
      payload.unsigned(text.length);
      payload.copy(text);
      if (payload.length < TEXTS_FRAME_BYTES) {
        continue;
      }
      payloads.push(payload.view());
      payload = new ByteWriter();
    }
    if (payload.length > 0) {
      payloads.push(payload.view());
    }
    this.unwritten = [];
    return payloads;
  }
}
