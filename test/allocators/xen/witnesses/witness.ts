import { Crash, VIRTUAL, type Answer, type Witness } from './answers';
import { FirstFit } from './first-fit';
import { Pages, XenheapPages, type PageSettings } from './pages';
import { Tlsf, Tlsf2008 } from './tlsf';
import { Vmalloc, Xvmalloc } from './vmalloc';

/** The witnesses by the names, options and traces of the engines that they are witnesses of. */

export interface Operation {
  readonly op: 'alloc' | 'free' | 'realloc';
  readonly id: number;
  readonly size: number;
  readonly align: number;
}

/** Options of the engine as on the command line, and its machine. */
export interface Subject {
  readonly engine: string;
  readonly options: Readonly<Record<string, string>>;
  readonly heapPages: number;
  readonly virtualPages: number;
}

/** Plays a trace: a line an operation in the form of the goldens, and whether the real code would have crashed. */
export function testimony(
  subject: Subject,
  operations: Iterable<Operation>,
): { placements: string; crashed: boolean } {
  const witness = witnessOf(subject);
  const objects = new Map<number, Answer>();
  const lines = ['index,op,id,offset'];
  try {
    for (const operation of operations) {
      const answer = perform(witness, objects, operation);
      lines.push(`${lines.length - 1},${operation.op},${operation.id},${cell(answer, subject.engine)}`);
    }
    return { placements: [...lines, ''].join('\n'), crashed: false };
  } catch (error) {
    if (!(error instanceof Crash)) {
      throw error;
    }
    return { placements: [...lines, ''].join('\n'), crashed: true };
  }
}

function witnessOf({ engine, options, heapPages, virtualPages }: Subject): Witness {
  const isPages = engine === 'xenheap-pages';
  const pages = new Pages(heapPages, {
    version: options[isPages ? 'version' : 'page-version'] === 'head' ? 'head' : '2008',
    side: options['side'] === 'domheap' ? 'domheap' : 'xenheap',
    idleScrub: Number(options['idle-scrub'] ?? 0),
  } satisfies PageSettings);
  const virtual = {
    virtualPages,
    build: options['build'] === 'release' ? 'release' : 'debug',
    pageTables: options['page-tables'] === 'charged' ? 'charged' : 'free',
  } as const;
  switch (engine) {
    case 'xenheap-pages':
      return new XenheapPages(pages);
    case 'xmalloc-first-fit':
      return new FirstFit(pages);
    case 'xmalloc-tlsf-2008':
      return new Tlsf2008(pages);
    case 'xmalloc-tlsf':
      return new Tlsf(pages);
    case 'vmalloc':
      return new Vmalloc(pages, virtual);
    case 'xvmalloc':
      return new Xvmalloc(pages, virtual);
    default:
      throw new Error(`no witness of ${engine}`);
  }
}

/** Undefined where nothing is returned. An object whose allocation failed is left alone; a failed realloc keeps it. */
function perform(
  witness: Witness,
  objects: Map<number, Answer>,
  { op, id, size, align }: Operation,
): Answer | undefined {
  const object = objects.get(id);
  if (op === 'alloc') {
    objects.set(id, witness.allocate(size, align));
    return objects.get(id);
  }
  if (op === 'free') {
    objects.delete(id);
  }
  if (object === undefined || object === 'NULL' || object === 'BUG') {
    return undefined;
  }
  if (op === 'free') {
    witness.free(object);
    return undefined;
  }
  const resized = witness.reallocate!(object, size, align);
  if (resized !== 'NULL' && resized !== 'BUG') {
    objects.set(id, resized);
  }
  return resized;
}

function cell(answer: Answer | undefined, engine: string): string {
  if (answer === undefined) {
    return '-';
  }
  if (typeof answer === 'string') {
    return answer;
  }
  const isVirtual = answer >= VIRTUAL;
  const offset = `0x${(isVirtual ? answer - VIRTUAL : answer).toString(16)}`;
  return isVirtual && engine === 'xvmalloc' ? `v:${offset}` : offset;
}
