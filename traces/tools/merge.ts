import { InputError } from '../input-error';
import { LARGEST_INTEGER, NO_TEXT, NOTHING, OP, TextTable, TraceEvent } from '../trace';
import type { EventSource, Trace } from '../trace';
import { DerivedSource } from './derived-source';

/**
 * Two traces at once, as two call sites of one program: their events in proportion to their lengths, so that both
 * begin and end together. Ids are kept apart (the first trace's become even, the second's odd), and the site of an
 * event is its trace's label, followed by `/` and the site it had, if it had one; of two traces of one name, `#2` marks
 * the second's. An API call is not interleaved, and the ids that annotations name (`traces/policy/README.md`) are kept
 * apart as the others are.
 *
 * Reads both traces once to count their events. Rejects as they do.
 */
export async function mergedTrace(
  first: Trace,
  second: Trace,
  labels: readonly [string, string] = apartLabels(first.header.name, second.header.name),
): Promise<Trace> {
  const counts = [await countEvents(first), await countEvents(second)] as const;
  const header = { name: `${first.header.name}+${second.header.name}`, origin: MERGED };
  return {
    header,
    async open() {
      const texts = new TextTable();
      const sides: [Side, Side] = [
        new Side(await first.open(), texts, labels[0], 0, counts[0]),
        new Side(await second.open(), texts, labels[1], 1, counts[1]),
      ];
      return new MergedSource(header, texts, sides);
    },
  };
}

/** A trace merged with itself is still two sites. */
function apartLabels(first: string, second: string): readonly [string, string] {
  return [first, first === second ? `${second}#2` : second];
}

const MERGED = { kind: 'recorded', format: 'merge' } as const;

/** The pairs of an annotation whose value is an id: of an object, a call or a context. */
const ID_PAIR = /(?<=^| )(call|ctx|parentcall|in|inside)=(\d+)(?= |$)/g;

/** The context of an `enter` that names none. */
const CONTEXT = 1;

async function countEvents(trace: Trace): Promise<number> {
  const source = await trace.open();
  const event = new TraceEvent();
  let count = 0;
  try {
    do {
      while (source.next(event, NOTHING)) {
        count += 1;
      }
    } while (await source.refill());
  } finally {
    await source.close();
  }
  return count;
}

/** One of the two traces. */
class Side {
  /** How many of its events were given. */
  given = 0;
  /** How many API calls are open. */
  openCalls = 0;
  ended = false;
  private readonly sites = new Map<number, number>();
  private readonly calls = new Map<number, number>([[NO_TEXT, NO_TEXT]]);
  private readonly entries = new Map<number, number>();
  private readonly values = new Map<number, number>([[NO_TEXT, NO_TEXT]]);

  constructor(
    readonly source: EventSource,
    private readonly texts: TextTable,
    private readonly label: string,
    private readonly parity: 0 | 1,
    readonly events: number,
  ) {}

  next(event: TraceEvent): boolean {
    if (!this.source.next(event, NOTHING)) {
      return false;
    }
    this.given += 1;
    if (event.op === OP.enter) {
      this.openCalls += 1;
    } else if (event.op === OP.leave && this.openCalls > 0) {
      this.openCalls -= 1;
    }
    event.id = this.apart(event.id);
    event.site = this.translated(this.sites, event.site, (text) =>
      text === '' ? this.label : `${this.label}/${text}`,
    );
    event.call = this.translated(this.calls, event.call, (text) => text);
    event.value =
      event.op === OP.enter
        ? this.translated(this.entries, event.value, (text) => this.entry(text))
        : this.translated(this.values, event.value, (text) => this.annotation(text));
    return true;
  }

  private entry(text: string): string {
    const annotation = this.annotation(text);
    if (/(?:^| )ctx=/.test(annotation)) {
      return annotation;
    }
    return `${annotation}${annotation === '' ? '' : ' '}ctx=${this.apart(CONTEXT)}`;
  }

  private annotation(text: string): string {
    return text.replace(ID_PAIR, (_, key: string, id: string) => `${key}=${this.apart(Number(id))}`);
  }

  private apart(id: number): number {
    const apart = id * 2 + this.parity;
    if (apart <= LARGEST_INTEGER) {
      return apart;
    }
    throw new InputError({
      where: this.source.header.name,
      problem: `id ${id} cannot be kept apart from those of the other trace`,
      expected: `ids of at most ${(LARGEST_INTEGER - 1) / 2}`,
    });
  }

  private translated(known: Map<number, number>, index: number, spell: (text: string) => string): number {
    let translated = known.get(index);
    if (translated === undefined) {
      translated = this.texts.intern(spell(this.source.texts.text(index)));
      known.set(index, translated);
    }
    return translated;
  }
}

class MergedSource extends DerivedSource {
  constructor(
    header: Trace['header'],
    texts: TextTable,
    private readonly sides: readonly [Side, Side],
  ) {
    super(header, texts);
  }

  async refill(): Promise<boolean> {
    const side = this.turn();
    if (side !== undefined) {
      side.ended = !(await side.source.refill());
    }
    return this.turn() !== undefined;
  }

  async close(): Promise<void> {
    for (const side of this.sides) {
      await side.source.close();
    }
  }

  protected produce(event: TraceEvent): boolean {
    return this.turn()?.next(event) ?? false;
  }

  /** Whose event comes next: of the two, the one that is further from its end; nobody's after both. */
  private turn(): Side | undefined {
    const [first, second] = this.sides;
    if (first.ended || second.ended) {
      return first.ended ? (second.ended ? undefined : second) : first;
    }
    if (first.openCalls > 0 || second.openCalls > 0) {
      return first.openCalls > 0 ? first : second;
    }
    return first.given * second.events <= second.given * first.events ? first : second;
  }
}
