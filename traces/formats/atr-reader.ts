import { isUtf8 } from 'node:buffer';
import { BlockSource } from '../block-source';
import { BLOCK_EVENTS_MAX, EventBlock } from '../event-block';
import { IdentityHash } from '../identity';
import { InputError } from '../input-error';
import type { ByteSource } from '../input/bytes';
import { OP_NAMES, type TraceHeader } from '../trace';
import { BlockDecoder } from './atr-block';
import { DamagedBytes, ByteReader } from './atr-bytes';
import { FrameReader, MAGIC, type Frame } from './atr-frames';
import { headerOf, indexOf, indexPayload, type AtrIndex } from './atr-header';
import { BoundedTexts } from './bounded-texts';
import type { PlacedSource } from './placed';

export interface AtrOptions {
  /** The trace's name; the one in the file when left out. */
  readonly name?: string;
  /**
   * Whether the identity is computed from the events and held against the one that the file gives; otherwise the
   * file's is believed, which its checksums protect from damage but not from malice.
   */
  readonly verifyIdentity?: boolean;
}

export const looksLikeAtr = (head: Buffer): boolean => head.subarray(0, 4).equals(MAGIC.subarray(0, 4));

/**
 * Reads `.atr` in constant memory, from a pipe as well as from a disk. Takes over `bytes` and closes it. Rejects with
 * an `InputError` that names block and byte for whatever is damaged or cut off: at once for the head of the file,
 * later from `refill`.
 */
export async function openAtr(bytes: ByteSource, options: AtrOptions = {}): Promise<PlacedSource> {
  const frames = new FrameReader(bytes);
  try {
    await frames.prelude();
    const { kind, payload } = await frames.frame();
    if (kind !== 'header') {
      throw new DamagedBytes('the file does not begin with its header');
    }
    const header = headerOf(payload);
    const { name = header.name, verifyIdentity = false } = options;
    return new AtrSource({ ...header, name }, frames, verifyIdentity);
  } catch (error) {
    await bytes.close();
    throw located(error, bytes.name, `byte ${frames.frameOffset}`);
  }
}

/** One pass over an `.atr` file. */
class AtrSource extends BlockSource implements PlacedSource {
  private readonly block = new EventBlock();
  private readonly boundedTexts: BoundedTexts;
  private readonly decoder: BlockDecoder;
  private readonly computed: IdentityHash | undefined;
  private readonly blockOffsets: number[] = [];
  private readonly ops: number[] = OP_NAMES.map(() => 0);
  private events = 0;
  private recorded: string | undefined;
  private ended = false;

  constructor(
    header: TraceHeader,
    private readonly frames: FrameReader,
    verifyIdentity: boolean,
  ) {
    const texts = new BoundedTexts();
    super(header, texts.table);
    this.boundedTexts = texts;
    this.decoder = new BlockDecoder(texts.table);
    this.computed = verifyIdentity ? new IdentityHash(texts.table) : undefined;
  }

  identity(): string {
    if (this.recorded === undefined) {
      throw new Error('the identity of an .atr file is known at its end');
    }
    return this.recorded;
  }

  /** `file:block N`, with the block that holds the event which `next` gave last. */
  place(): string {
    return `${this.frames.source.name}:block ${Math.max(0, this.blockOffsets.length - 1)}`;
  }

  protected async loadBlock(): Promise<EventBlock | undefined> {
    try {
      while (!this.ended) {
        const frame = await this.frames.frame();
        if (frame.kind === 'events') {
          return this.decode(frame);
        }
        if (frame.kind === 'header') {
          throw new DamagedBytes('a second header');
        }
        if (frame.kind === 'texts') {
          this.addTexts(frame.payload);
        } else {
          await this.finish(frame);
        }
      }
      return undefined;
    } catch (error) {
      const place = `block ${this.blockOffsets.length}:byte ${this.frames.frameOffset}`;
      throw located(error, this.frames.source.name, place);
    }
  }

  protected release(): Promise<void> {
    this.ended = true;
    return this.frames.source.close();
  }

  private decode({ payload, offset }: Frame): EventBlock {
    const { block, ops } = this;
    if (this.events % BLOCK_EVENTS_MAX !== 0) {
      throw new DamagedBytes('a block follows one that is not full');
    }
    this.decoder.decode(payload, block);
    this.blockOffsets.push(offset);
    this.events += block.length;
    for (const [op, events] of this.decoder.opCounts.entries()) {
      ops[op]! += events;
    }
    this.computed?.addBlock(block);
    return block;
  }

  private addTexts(payload: Uint8Array): void {
    const from = new ByteReader(payload);
    while (!from.atEnd) {
      const bytes = from.take(from.unsigned());
      if (!isUtf8(bytes) || bytes.includes(0)) {
        throw new DamagedBytes('a text is no text');
      }
      const expected = this.texts.list().length;
      const index = this.boundedTexts.intern(Buffer.from(bytes).toString('utf8'));
      if (index !== expected) {
        throw new DamagedBytes('it has texts twice, or too many');
      }
    }
  }

  private async finish({ payload, offset }: Frame): Promise<void> {
    const { blockOffsets, events, ops } = this;
    const texts = this.texts.list().length - 1;
    const recorded = indexOf(payload);
    const found: AtrIndex = { blockOffsets, events, texts, ops, identity: recorded.identity };
    if (!Buffer.from(indexPayload(found)).equals(payload)) {
      throw new DamagedBytes('its index says something else than the blocks');
    }
    await this.frames.footer(offset);
    if (this.computed !== undefined && this.computed.digest() !== recorded.identity) {
      throw new DamagedBytes(`the identity it gives is not that of its events, ${this.computed.digest()}`);
    }
    this.recorded = recorded.identity;
    this.ended = true;
  }
}

function located(error: unknown, name: string, place: string): unknown {
  if (!(error instanceof DamagedBytes)) {
    return error;
  }
  return new InputError({
    where: `${name}:${place}`,
    problem: error.message,
    expected: 'an undamaged .atr file',
  });
}
