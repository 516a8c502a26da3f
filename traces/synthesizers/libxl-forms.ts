import { NO_TEXT, OP, type TextTable } from '../trace';
import { freeEach, type Pen, type Script } from './script';

/**
 * The two ways to write down what libxl's functions do with memory. `scopes`: with calls, temporaries and the
 * annotations that the policy audit reads; the engine keeps the table of temporaries. `plain`: as the heap below sees
 * it, with that table as an object that grows.
 *
 * Annotations are `key=value` pairs in the `value` column. A call's id is its depth: 1 is the outermost.
 */

/** Who owns what is not freed with its call: the application (b), or libxl itself for longer (c). */
export type Category = 'b' | 'c';

/** Who frees an object before or after its call ends. */
export type FreedVia = 'libc' | 'app' | 'destructor:libxl_ctx_free';

/** Calls may nest this deep; ids below it are calls, all others objects. */
export const CALL_IDS = 16;

export interface LibxlForm {
  enter(pen: Pen, name: string): Script;
  /** Frees the call's temporaries and leaves it. */
  leave(pen: Pen): Script;
  /** Allocates what dies with the call; `pen.id` is its id. */
  temp(pen: Pen, bytes: number): Script;
  /** Allocates what does not; `pen.id` is its id. */
  heap(pen: Pen, bytes: number, category: Category): Script;
  /** Lets an object of the heap die with the call. */
  adopt(pen: Pen, id: number): Script;
  free(pen: Pen, id: number, via: FreedVia): Script;
  /** Hands an object to the application. */
  giveToApplication(pen: Pen, id: number): Script;
  /** Keeps an object in the context beyond the call. */
  storeInContext(pen: Pen, id: number): Script;
  /** The application reads an object that it was given. */
  useByApplication(pen: Pen, id: number): Script;
  freeContext(pen: Pen): Script;
}

export class ScopedForm implements LibxlForm {
  private depth = 0;
  private readonly names: string[] = [];

  constructor(private readonly texts: TextTable) {}

  *enter(pen: Pen, name: string): Script {
    const parent = this.depth > 0 ? ` parentcall=${this.depth}` : '';
    this.depth++;
    this.names.push(name);
    yield* this.write(pen, OP.enter, this.depth, 0, `kind=public ctx=1${parent} gc=own`, name);
  }

  *leave(pen: Pen): Script {
    yield* this.write(pen, OP.freeall, this.depth, 0, '');
    yield* this.write(pen, OP.leave, this.depth, 0, 'rc=0', this.names.pop()!);
    this.depth--;
  }

  *temp(pen: Pen, bytes: number): Script {
    pen.id = pen.nextId++;
    yield* this.write(pen, OP.temp, pen.id, bytes, `call=${this.depth}`);
  }

  *heap(pen: Pen, bytes: number, category: Category): Script {
    pen.id = pen.nextId++;
    yield* this.write(pen, OP.heap, pen.id, bytes, `call=${this.depth} category=${category}`);
  }

  *adopt(pen: Pen, id: number): Script {
    yield* this.write(pen, OP.adopt, id, 0, `call=${this.depth}`);
  }

  *free(pen: Pen, id: number, via: FreedVia): Script {
    const call = this.depth > 0 ? `call=${this.depth} ` : '';
    yield* this.write(pen, OP.free, id, 0, `${call}via=${via}`);
  }

  *giveToApplication(pen: Pen, id: number): Script {
    yield* this.write(pen, OP.return, id, 0, `call=${this.depth} to=app`);
  }

  *storeInContext(pen: Pen, id: number): Script {
    yield* this.write(pen, OP.store, id, 0, `call=${this.depth} in=ctx`);
  }

  *useByApplication(pen: Pen, id: number): Script {
    yield* this.write(pen, OP.use, id, 0, 'by=app');
  }

  *freeContext(pen: Pen): Script {
    yield* this.write(pen, OP.ctxfree, 1, 0, '');
  }

  private *write(
    pen: Pen,
    op: (typeof OP)[keyof typeof OP],
    id: number,
    size: number,
    value: string,
    call?: string,
  ): Script {
    const callText = call === undefined ? NO_TEXT : this.texts.intern(call);
    pen.write(op, id, size, this.texts.intern(value), callText);
    yield;
  }
}

const POINTER = 8;
const NO_TABLE = -1;

/** The pointer table of one call: empty at first, then 25, 75, 175 … slots (libxl since April 2012). */
class Table {
  readonly objects: number[] = [];
  private id = NO_TABLE;
  private slots = 0;

  *add(pen: Pen, object: number): Script {
    this.objects.push(object);
    if (this.objects.length <= this.slots) {
      return;
    }
    this.slots = 2 * this.slots + 25;
    if (this.id === NO_TABLE) {
      pen.allocate(this.slots * POINTER);
      this.id = pen.id;
    } else {
      pen.write(OP.realloc, this.id, this.slots * POINTER);
    }
    yield;
  }

  /** Frees what is in the slots, in their order, and then the table. */
  *freeAll(pen: Pen): Script {
    yield* freeEach(pen, this.objects);
    if (this.id !== NO_TABLE) {
      yield* freeEach(pen, [this.id]);
    }
  }
}

export class PlainForm implements LibxlForm {
  private readonly tables: Table[] = [];

  enter(): Script {
    this.tables.push(new Table());
    return nothing();
  }

  *leave(pen: Pen): Script {
    yield* this.tables.pop()!.freeAll(pen);
  }

  *temp(pen: Pen, bytes: number): Script {
    yield* this.heap(pen, bytes);
    const { id } = pen;
    yield* this.adopt(pen, id);
    pen.id = id;
  }

  *heap(pen: Pen, bytes: number): Script {
    pen.allocate(bytes);
    yield;
  }

  *adopt(pen: Pen, id: number): Script {
    yield* this.tables.at(-1)!.add(pen, id);
  }

  *free(pen: Pen, id: number): Script {
    yield* freeEach(pen, [id]);
  }

  readonly giveToApplication = nothing;
  readonly storeInContext = nothing;
  readonly useByApplication = nothing;
  readonly freeContext = nothing;
}

/** What changes no memory leaves no trace in the plain form. */
function* nothing(): Script {}
