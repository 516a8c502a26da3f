import { RandomStream } from '../random';
import { integer } from './parameters';
import type { Pen, Script } from './script';
import { drawSize, type SizeValues } from './sizes';

/** What the shapes of memory use share: their source, and the short-lived objects that come and go meanwhile. */
export const SHAPES_SOURCE =
  'Wilson, Johnstone, Neely and Boles, "Dynamic Storage Allocation: A Survey and Critical Review", IWMM 1995: ' +
  'ramps, peaks and plateaus';

export const temporariesParameter = (byDefault: number) =>
  integer('short-lived objects among a hundred that stay', 'objects', byDefault, { from: 0, to: 10_000 });

const WINDOW = 16;
const EMPTY = -1;

/** A window of short-lived objects: a newcomer takes any place, and whatever held it dies. */
export class Temporaries {
  private readonly sizes: RandomStream;
  private readonly places: RandomStream;
  private readonly ids = new Float64Array(WINDOW).fill(EMPTY);

  constructor(
    private readonly pen: Pen,
    private readonly values: SizeValues,
    seed: number,
  ) {
    this.sizes = new RandomStream(seed, 'sizes of temporaries');
    this.places = new RandomStream(seed, 'places of temporaries');
  }

  *come(): Script {
    const place = this.places.below(WINDOW);
    yield* this.vacate(place);
    this.pen.allocate(drawSize(this.sizes, this.values));
    this.ids[place] = this.pen.id;
    yield;
  }

  *allGo(): Script {
    for (let place = 0; place < WINDOW; place++) {
      yield* this.vacate(place);
    }
  }

  private *vacate(place: number): Script {
    if (this.ids[place] === EMPTY) {
      return;
    }
    this.pen.free(this.ids[place]!);
    this.ids[place] = EMPTY;
    yield;
  }
}
