import { RandomStream, WeightTable } from '../random';
import { CALL_IDS, PlainForm, ScopedForm, type Category, type LibxlForm } from './libxl-forms';
import { choice, integer, yesOrNo, type ValuesOf } from './parameters';
import { ScriptedGenerator, type Pen, type Script } from './script';
import { defineSynthesizer } from './synthesizer';

/**
 * An application that manages domains through libxl, as its memory policy wants it: temporaries die with the call
 * that made them, results are given to the application and freed by it, what a context keeps is freed with it.
 *
 * From libxl of Xen 4.2: what reading from the store allocates (a message of 40 bytes, then the body), the 98,304
 * bytes of a list of domains whatever their number, the steps of adding a network device, the table of temporaries
 * (plain form). Static counts of its sources give the mixture of sizes: 60 % paths of 16–48 bytes, 25 % values of
 * 2–15, 10 % structures of 64–256, 5 % of 200–3000. Our choices: the mixture of calls, 12 blocks for a query
 * (geometric), 400–1500 for a creation, one to three results a call, two to four devices added within a creation.
 */
const parameters = {
  calls: integer('calls of the application', 'calls', 400, { from: 0, to: 1e9 }),
  domains: integer('domains that a list names', 'domains', 16, { from: 1, to: 1024 }),
  query: integer('mean number of blocks of a query', 'blocks', 12, { from: 1, to: 10_000 }),
  'create-smallest': integer('fewest blocks of a creation', 'blocks', 400, { from: 1, to: 1e6 }),
  'create-largest': integer('most blocks of a creation', 'blocks', 1500, { from: 1, to: 1e6 }),
  results: integer('results that the application keeps at most', 'objects', 64, { from: 1, to: 1e6 }),
  nested: choice('devices of a creation: by internal functions, or by public calls within it', 'private', [
    'private',
    'public',
  ]),
  form: choice('with calls and annotations, or as the heap below sees it', 'scopes', ['scopes', 'plain']),
  drain: yesOrNo('free all results and the context at the end', 'yes'),
};

type Values = ValuesOf<typeof parameters>;

export const libxlCalls = defineSynthesizer({
  name: 'libxl-calls',
  summary: 'an application’s calls of libxl: temporaries that die with the call, results that do not',
  sources: [
    'libxl of Xen 4.2.0: xenstore reads, lists of domains, adding a network device, growth of the pointer table',
    'the libxl memory policy (xen-devel, August 2010): public calls, categories of allocations',
  ],
  category: 'model',
  adaptive: false,
  parameters,
  refusal: ({ 'create-smallest': smallest, 'create-largest': largest }) =>
    smallest > largest
      ? { problem: `create-smallest=${smallest}`, expected: `at most create-largest=${largest}` }
      : undefined,
  generate: (values, seed, texts) => {
    const form = values.form === 'scopes' ? new ScopedForm(texts) : new PlainForm();
    return new ScriptedGenerator((pen) => new Application(values, seed, form).run(pen));
  },
});

const CALLS = new WeightTable([60, 20, 15, 5]);
const QUERY = 0;
const LIST = 1;
const ADD_DEVICE = 2;

const TEMPORARIES = new WeightTable([60, 25, 10, 5]);
const TEMPORARY_BYTES = [
  [16, 48],
  [2, 15],
  [64, 256],
  [200, 3000],
] as const;

const STORE_MESSAGE = 40;
/** 1024 domains of 96 bytes, always. */
const DOMAIN_LIST = 98_304;
const VERSION_STRINGS = 8;

/** What adding a network device allocates, in bytes; paths and values come on top. */
const NIC = { flexArray: 24, flexArraySlots: 128, device: 24, keysAndValues: [144, 80] } as const;

class Application {
  private readonly choices: RandomStream;
  private readonly sizes: RandomStream;
  /** What the application was given and still keeps. */
  private readonly results: number[] = [];
  private readonly keptByContext: number[] = [];

  constructor(
    private readonly values: Values,
    seed: number,
    private readonly form: LibxlForm,
  ) {
    this.choices = new RandomStream(seed, 'calls');
    this.sizes = new RandomStream(seed, 'sizes');
  }

  *run(pen: Pen): Script {
    pen.nextId = CALL_IDS;
    yield* this.askVersion(pen);
    for (let left = this.values.calls; left > 0; left--) {
      yield* this.callOnce(pen);
      while (this.results.length > this.values.results) {
        yield* this.freeResult(pen);
      }
    }
    if (this.values.drain === 'no') {
      return;
    }
    while (this.results.length > 0) {
      yield* this.freeResult(pen);
    }
    for (const id of this.keptByContext) {
      yield* this.form.free(pen, id, 'destructor:libxl_ctx_free');
    }
    yield* this.form.freeContext(pen);
  }

  private *callOnce(pen: Pen): Script {
    const call = this.choices.pick(CALLS);
    if (call === QUERY) {
      yield* this.query(pen);
    } else if (call === LIST) {
      yield* this.listDomains(pen);
    } else if (call === ADD_DEVICE) {
      yield* this.addNic(pen);
    } else {
      yield* this.createDomain(pen);
    }
  }

  /** The answer's eight strings stay with the context for the next time. */
  private *askVersion(pen: Pen): Script {
    const { form } = this;
    yield* form.enter(pen, 'libxl_get_version_info');
    for (let left = VERSION_STRINGS; left > 0; left--) {
      yield* form.heap(pen, this.sizes.between(2, 48), 'c');
      this.keptByContext.push(pen.id);
      yield* form.storeInContext(pen, pen.id);
    }
    yield* form.leave(pen);
  }

  private *query(pen: Pen): Script {
    yield* this.form.enter(pen, 'libxl_domain_info');
    yield* this.blocks(pen, this.choices.geometric(this.values.query));
    for (let left = this.choices.between(1, 3); left > 0; left--) {
      yield* this.result(pen, this.drawBytes());
    }
    yield* this.form.leave(pen);
  }

  /** The list, then a call for each domain's name, then the application frees the list. */
  private *listDomains(pen: Pen): Script {
    const { form } = this;
    yield* form.enter(pen, 'libxl_list_domain');
    yield* form.heap(pen, DOMAIN_LIST, 'b');
    const list = pen.id;
    yield* form.giveToApplication(pen, list);
    yield* form.leave(pen);
    for (let domain = 0; domain < this.values.domains; domain++) {
      yield* form.enter(pen, 'libxl_domid_to_name');
      yield* form.temp(pen, `/local/domain/${domain}/name`.length + 1);
      yield* this.readStore(pen, this.sizes.between(4, 24), 'b');
      const name = pen.id;
      yield* form.giveToApplication(pen, name);
      yield* form.leave(pen);
      yield* form.useByApplication(pen, name);
      yield* form.free(pen, name, 'app');
    }
    yield* form.free(pen, list, 'app');
  }

  /** Two arrays of keys and values, the device, its strings and paths, then a write to the store for each path. */
  private *addNic(pen: Pen): Script {
    yield* this.form.enter(pen, 'libxl_device_nic_add');
    yield* this.nicBlocks(pen);
    yield* this.form.leave(pen);
  }

  private *nicBlocks(pen: Pen): Script {
    const { form, sizes } = this;
    for (let array = 0; array < 2; array++) {
      yield* form.temp(pen, NIC.flexArray);
      yield* form.temp(pen, NIC.flexArraySlots);
    }
    yield* form.temp(pen, NIC.device);
    // Ten strings are known; five to ten more make up the 40 to 45 blocks that were counted.
    for (let left = 10 + sizes.between(5, 10); left > 0; left--) {
      yield* form.temp(pen, sizes.between(2, 28));
    }
    for (const bytes of NIC.keysAndValues) {
      yield* form.temp(pen, bytes);
    }
    for (let left = 2; left > 0; left--) {
      yield* form.temp(pen, 16);
    }
    for (let left = 2; left > 0; left--) {
      yield* form.temp(pen, sizes.between(29, 32));
    }
    for (let left = 14; left > 0; left--) {
      yield* form.temp(pen, sizes.between(34, 48));
      yield* this.writeStore(pen);
    }
  }

  private *createDomain(pen: Pen): Script {
    const { 'create-smallest': smallest, 'create-largest': largest } = this.values;
    yield* this.form.enter(pen, 'libxl_domain_create_new');
    const blocks = this.choices.between(smallest, largest);
    const devices = this.choices.between(2, 4);
    for (let device = 0; device < devices; device++) {
      yield* this.blocks(pen, Math.floor(blocks / devices));
      yield* this.values.nested === 'public' ? this.addNic(pen) : this.nicBlocks(pen);
    }
    yield* this.result(pen, this.drawBytes());
    yield* this.form.leave(pen);
  }

  /** Temporaries of a call; one in three comes out of the store, our choice. */
  private *blocks(pen: Pen, count: number): Script {
    for (let left = count; left > 0; left--) {
      if (this.choices.chance(1, 3)) {
        yield* this.readStore(pen, this.drawBytes(), 'c');
        yield* this.form.adopt(pen, pen.id);
      } else {
        yield* this.form.temp(pen, this.drawBytes());
      }
    }
  }

  private *result(pen: Pen, bytes: number): Script {
    yield* this.form.heap(pen, bytes, 'b');
    this.results.push(pen.id);
    yield* this.form.giveToApplication(pen, pen.id);
  }

  private *freeResult(pen: Pen): Script {
    const place = this.choices.below(this.results.length);
    const id = this.results[place]!;
    this.results[place] = this.results.at(-1)!;
    this.results.pop();
    yield* this.form.useByApplication(pen, id);
    yield* this.form.free(pen, id, 'app');
  }

  /** An answer from the store: its message is freed, its body stays; `pen.id` is the body's. */
  private *readStore(pen: Pen, bytes: number, category: Category): Script {
    const { form } = this;
    yield* form.heap(pen, STORE_MESSAGE, 'c');
    const message = pen.id;
    yield* form.heap(pen, bytes, category);
    const body = pen.id;
    yield* form.free(pen, message, 'libc');
    pen.id = body;
  }

  /** The store answers "OK" to a write, with a message as well. */
  private *writeStore(pen: Pen): Script {
    yield* this.readStore(pen, 4, 'c');
    yield* this.form.free(pen, pen.id, 'libc');
  }

  private drawBytes(): number {
    const [smallest, largest] = TEMPORARY_BYTES[this.sizes.pick(TEMPORARIES)]!;
    return this.sizes.between(smallest, largest);
  }
}
