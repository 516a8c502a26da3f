/**
 * What is checked, in the order of reports. V1 to V15 are libxl's memory policy (Tedesco and Jackson, "document xl
 * memory management policy", xen-devel, 13 August 2010) as checks on an annotated trace; the rules without a number
 * hold for every trace. Each says how to mend what it finds.
 */

export interface Rule {
  readonly id: string;
  readonly name: string;
  readonly statement: string;
  readonly mend: string;
}

export const RULES = [
  {
    id: 'V1',
    name: 'pool-returned',
    statement: 'What a public function returns comes from malloc, never from the temporary pool.',
    mend: 'Allocate it with malloc and document that the application frees it; an internal wrapper may adopt it into its gc (category b).',
  },
  {
    id: 'V1i',
    name: 'pool-returned-inside',
    statement: 'What can be reached from a returned object comes from malloc too.',
    mend: 'Duplicate the embedded object with malloc and provide a public function that frees the whole (category b).',
  },
  {
    id: 'V2',
    name: 'temporary-freed',
    statement: 'No object of the temporary pool is freed explicitly.',
    mend: 'Drop the explicit release: free_all at the end of the public function does it.',
  },
  {
    id: 'V3',
    name: 'not-freed-all',
    statement: 'A function that makes a gc frees all of it on every path that leaves it.',
    mend: 'Call free_all before every return, early ones included.',
  },
  {
    id: 'V4',
    name: 'heap-leak',
    statement: 'An internal object that is not in the pool is freed, stored or handed on before it is lost.',
    mend: 'Free it on every path, or allocate it from the pool if it dies with the call (category a).',
  },
  {
    id: 'V4b',
    name: 'application-leak',
    statement: 'The application frees what it was given.',
    mend: 'Free it in the application, with the public freeing function where there is one.',
  },
  {
    id: 'V5',
    name: 'double-free',
    statement: 'Every object is released once.',
    mend: 'Let one owner release it: do not adopt what the application frees, do not free what the pool frees.',
  },
  {
    id: 'V6',
    name: 'foreign-free',
    statement: 'Only what an allocation returned is released, and by the allocator that returned it.',
    mend: 'Keep the pointer that was returned and release that one; what was advanced is only a cursor.',
  },
  {
    id: 'V7',
    name: 'use-after-free-all',
    statement: 'Nobody uses an object after it was freed.',
    mend: 'Let it outlive the call: malloc for the application (b) or for libxl (c), or the gc of the outer call.',
  },
  {
    id: 'V8',
    name: 'nested-context',
    statement: 'A public function that libxl itself calls reuses its caller’s gc, and leaves it alone.',
    mend: 'Split it: a private function that takes the gc, and a public one around it (or audit with --nested fresh).',
  },
  {
    id: 'V9',
    name: 'private-makes-gc',
    statement: 'A private function never makes a gc; it takes its caller’s.',
    mend: 'Give it a gc as its first argument.',
  },
  {
    id: 'V10',
    name: 'no-gc',
    statement: 'Temporaries need a gc, of the function’s own or of its caller.',
    mend: 'Initialise a gc on entry, and free all of it before every return.',
  },
  {
    id: 'V11',
    name: 'nogc-temporary',
    statement: 'What is allocated without a gc is returned, stored or freed before the call ends.',
    mend: 'Allocate it from the call’s gc, or free it.',
  },
  {
    id: 'V12',
    name: 'long-life-in-pool',
    statement: 'What outlives the call is not kept in the pool.',
    mend: 'Allocate it with malloc and free it with what holds it (category c).',
  },
  {
    id: 'V13',
    name: 'realloc-unregistered',
    statement: 'Only an object of a gc is resized through that gc.',
    mend: 'Pass the gc that the object was allocated from, or none for an object of malloc.',
  },
  {
    id: 'V14',
    name: 'missing-destructor',
    statement: 'Where free alone does not release all of a returned object, a public freeing function does.',
    mend: 'Provide a public function that frees the embedded objects too, and let the application call it.',
  },
  {
    id: 'V15',
    name: 'name-and-visibility',
    statement:
      'Public functions are named libxl_x, private ones libxl__x, hidden, gc first if they return from it.',
    mend: 'Rename it, mark it hidden, or put the gc first, as its kind demands.',
  },
  {
    id: 'leak',
    name: 'leak',
    statement: 'Every object is freed before the trace ends.',
    mend: 'Free it, or end the recording after the program has cleaned up.',
  },
  {
    id: 'double-free',
    name: 'double-free',
    statement: 'Every object is freed once.',
    mend: 'Drop one of the two frees.',
  },
  {
    id: 'unknown-free',
    name: 'unknown-free',
    statement: 'Only what was allocated is freed.',
    mend: 'Free the pointer that the allocation returned; a recording may have begun too late.',
  },
  {
    id: 'mismatched-free',
    name: 'mismatched-free',
    statement: 'An object is freed by the routine that belongs to the one it came from.',
    mend: 'Remember which routine allocated it and call its counterpart.',
  },
  {
    id: 'use-after-free',
    name: 'use-after-free',
    statement: 'An object is not touched after it was freed.',
    mend: 'Free it after its last use.',
  },
] as const satisfies readonly Rule[];

export type RuleId = (typeof RULES)[number]['id'];

const byId = new Map<RuleId, Rule>(RULES.map((rule) => [rule.id, rule]));

export const ruleOf = (id: RuleId): Rule => byId.get(id)!;
