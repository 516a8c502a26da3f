import * as path from 'node:path';

/**
 * A first glue file for an allocator in C, from the functions that its source and header declare: what they are called
 * and what they take says which of them allocates, frees, resizes and makes the heap. A guess is written out, so that
 * there is something to mend; what could not be guessed does not compile and says what is wanted.
 */

export interface CFunction {
  readonly result: string;
  readonly name: string;
  readonly parameters: readonly string[];
}

const DECLARATION = /^[ \t]*((?:[A-Za-z_]\w*[ \t*]+)+\**)([A-Za-z_]\w*)[ \t]*\(([^();{}]*)\)\s*[{;]/gm;
const NO_TYPES = /\b(return|else|typedef|if|while|for|switch|static|define)\b/;

/** The functions that a C text declares and others may call, in their order. */
export function declaredFunctions(text: string): CFunction[] {
  const plain = text.replace(/\/\*[\s\S]*?\*\//g, ' ').replace(/\/\/.*$/gm, '');
  const found = new Map<string, CFunction>();
  for (const [, before, name, inside] of plain.matchAll(DECLARATION)) {
    const result = before!.replace(/\b(extern|inline)\b/g, '').trim();
    if (!NO_TYPES.test(before!) && result !== '') {
      const parameters = inside!.trim() === 'void' || inside!.trim() === '' ? [] : inside!.split(',');
      found.set(name!, { result, name: name!, parameters: parameters.map((each) => each.trim()) });
    }
  }
  return [...found.values()];
}

/** What a function takes, told by its parameters' types and names. */
type Argument = 'pointer' | 'size' | 'align' | 'handle';

const isPointer = (type: string): boolean => /\bvoid\s*\*/.test(type) || /\bchar\s*\*/.test(type);

function argumentOf(parameter: string): Argument {
  if (isPointer(parameter)) {
    return 'pointer';
  }
  if (/align/i.test(parameter)) {
    return 'align';
  }
  return /\b(size_t|unsigned|int|long|uint\w*|u?intptr_t)\b/.test(parameter) && !parameter.includes('*')
    ? 'size'
    : 'handle';
}

const shapeOf = ({ parameters }: CFunction): string =>
  parameters.map((parameter) => argumentOf(parameter)[0]).join('');

interface Guess {
  readonly start: CFunction | undefined;
  readonly allocate: CFunction | undefined;
  readonly free: CFunction | undefined;
  readonly reallocate: CFunction | undefined;
  readonly usable: CFunction | undefined;
  readonly check: CFunction | undefined;
}

/** Shapes are spelt by the first letters of `Argument`: `h` is a handle of the allocator's own type. */
function guess(functions: readonly CFunction[]): Guess {
  const pick = (name: RegExp, shape: RegExp, not = /^$/) =>
    functions
      .filter((each) => name.test(each.name) && shape.test(shapeOf(each)) && !not.test(each.name))
      .sort((a, b) => a.name.length - b.name.length)[0];
  const starts = /init|create|setup|start/i;
  const ends = /destroy|deinit|is_?init|lock/i;
  return {
    // One that is told how large the heap is makes it; others make only what describes it.
    start: pick(starts, /^h?ps$/, ends) ?? pick(starts, /^h?[ps]?$/, ends),
    allocate: pick(/alloc/i, /^h?s$/, /re?_?alloc$|realloc|calloc|memalign|dealloc|valloc|aligned|size/i),
    free: pick(/free|release|dealloc/i, /^h?p$/, /size|bytes|count|mem_free$/i),
    reallocate: pick(/realloc|resize/i, /^h?ps$/),
    usable: pick(/usable|block_size|alloc_size|msize/i, /^h?p$/),
    check: pick(/check|validate|verify|invariant/i, /^h?$/),
  };
}

/** The glue for a source, and whether everything that it needs could be guessed. */
export function glueFor(source: string, functions: readonly CFunction[], header: string | undefined): string {
  const found = guess(functions);
  const base = path.basename(source);
  const handle = [found.allocate, found.free].find((each) => each && shapeOf(each).startsWith('h'));
  const handleType = handle?.parameters[0]!.replace(/\s*\b\w+$/, '').trim();
  const lines = [
    `/* How alloc-replay drives ${base}. The port is explained in alloc-replay.h: allocate, free, and what else it can do. */`,
    '#include "alloc-replay.h"',
    ...(header === undefined ? ['', ...prototypes(found)] : [`#include "${path.basename(header)}"`]),
    '',
    ...(handleType === undefined ? [] : [`static ${handleType} handle;`, '']),
    'void ar_start(void *heap, size_t bytes) {',
    ...startLines(found.start, handleType),
    '}',
    '',
    'void *ar_allocate(size_t size, size_t align) {',
    '    (void)align; /* 0, or a power of two that the program wishes */',
    `    return ${callOf(found.allocate, handleType, ['size'], 'allocates')};`,
    '}',
    '',
    'void ar_free(void *p, size_t size, size_t align) {',
    '    (void)size, (void)align;',
    `    ${callOf(found.free, handleType, ['p'], 'frees')};`,
    '}',
    ...(found.reallocate === undefined
      ? []
      : [
          '',
          'void *ar_reallocate(void *p, size_t size, size_t align) {',
          '    (void)align;',
          `    return ${callOf(found.reallocate, handleType, ['p', 'size'], 'resizes')};`,
          '}',
        ]),
    ...(found.usable === undefined
      ? []
      : [
          '',
          'size_t ar_usable_size(void *p) {',
          `    return ${callOf(found.usable, handleType, ['p'], 'tells the usable size')};`,
          '}',
        ]),
    '',
    `/* ${base} declares: ${functions.map(({ name }) => name).join(', ') || 'no function that was recognised'}. */`,
  ];
  return `${lines.join('\n')}\n`;
}

/** Without a header the functions are declared as the source has them. */
function prototypes({ start, allocate, free, reallocate, usable }: Guess): string[] {
  return [start, allocate, free, reallocate, usable].flatMap((each) =>
    each === undefined
      ? []
      : [
          `${each.result} ${each.name}(${each.parameters.join(', ') || 'void'});`.replace(
            /\* (\w+\()/,
            '*$1',
          ),
        ],
  );
}

function startLines(start: CFunction | undefined, handleType: string | undefined): string[] {
  if (start === undefined) {
    return [
      '#error "make the heap of the bytes from heap on, or nothing where it takes its memory by sbrk or mmap"',
    ];
  }
  const given = start.parameters.map(
    (parameter) => ({ pointer: 'heap', size: 'bytes', align: '0', handle: 'handle' })[argumentOf(parameter)],
  );
  const unused = ['heap', 'bytes'].filter((name) => !given.includes(name)).map((name) => `(void)${name}`);
  const takesResult = handleType !== undefined && start.result !== 'void' && !given.includes('handle');
  return [
    ...(unused.length === 0 ? [] : [`    ${unused.join(', ')};`]),
    `    ${takesResult ? 'handle = ' : ''}${start.name}(${given.join(', ')});`,
  ];
}

function callOf(
  called: CFunction | undefined,
  handleType: string | undefined,
  values: readonly string[],
  verb: string,
): string {
  if (called === undefined) {
    return `missing_function_that_${verb.replace(/ /g, '_')}(${values.join(', ')})`;
  }
  const all = handleType !== undefined && shapeOf(called).startsWith('h') ? ['handle', ...values] : values;
  return `${called.name}(${all.join(', ')})`;
}

/** The description beside it. */
export function descriptionFor(name: string, source: string, glue: string): string {
  return `# ${path.basename(source)} as an engine: npx alloc-replay run TRACE -a ./${name}.engine.yaml
name: ${name}
abi: lp64 # 8-byte pointers; ilp32 for 4
sources: [${path.basename(source)}, ${path.basename(glue)}]
# What its blocks are like; without it the reports know neither headers nor rounding.
# constants: { headerBytes: 8, granuleBytes: 8, blockBytesMin: 16, alignBytesMax: 8 }
`;
}
