/**
 * What the functions of an allocator's interface ask for, by the names under which tracers show them: C's and glibc's
 * own (`__libc_malloc`), C++'s operators mangled (`_ZnwmSt11align_val_t`) and demangled (`operator new[](…)`).
 */
import { NULL_ADDRESS, type AddressKey } from '../input/lines';
import { PAGE_BYTES } from '../ground/integers';

export interface AllocatorCall {
  /** `count` is an allocation whose size is a product; `hidden` one whose address is not the call's result. */
  readonly kind: 'allocate' | 'count' | 'hidden' | 'reallocate' | 'free';
  /** What is freed or reallocated; of a hidden allocation where it lies, or null where even that is not shown. */
  readonly address: AddressKey;
  readonly size: number;
  readonly align: number;
}

/** What the arguments ask for; how many of them matter is the function's length. */
export type AllocatorFunction = (...values: AddressKey[]) => AllocatorCall;

const TWO_TO_64 = 0x1_0000_0000 * 0x1_0000_0000;

const allocates: AllocatorFunction = (size) => allocation(bytes(size));
const allocatesAligned: AllocatorFunction = (size, align) => allocation(bytes(size), bytes(align));
const frees: AllocatorFunction = (address) => ({ kind: 'free', address: address!, size: 0, align: 0 });
const alignsFirst: AllocatorFunction = (align, size) => allocation(bytes(size), bytes(align));

const C_FUNCTIONS: ReadonlyMap<string, AllocatorFunction> = new Map(
  Object.entries<AllocatorFunction>({
    malloc: allocates,
    calloc: (count, size) => ({ ...allocation(bytes(count) * bytes(size)), kind: 'count' }),
    realloc: (address, size) => reallocation(address!, bytes(size)),
    reallocarray: (address, count, size) => reallocation(address!, bytes(count) * bytes(size)),
    free: frees,
    cfree: frees,
    free_sized: frees,
    free_aligned_sized: frees,
    memalign: alignsFirst,
    aligned_alloc: alignsFirst,
    posix_memalign: (place, align, size, ...more) => ({
      ...allocation(bytes(size), bytes(align)),
      kind: 'hidden',
      // A tracer that knows the prototype shows what was stored there, one that does not shows where, and more.
      address: more.length === 0 ? place! : NULL_ADDRESS,
    }),
    valloc: (size) => allocation(bytes(size), PAGE_BYTES),
    pvalloc: (size) => allocation(Math.ceil(bytes(size) / PAGE_BYTES) * PAGE_BYTES, PAGE_BYTES),
  }),
);

const GLIBC_PREFIX = '__libc_';

/** `w` is new and delete, `a` their forms for arrays; the size is a `size_t`, whatever that is on the machine. */
const MANGLED_NEW = /^_Zn[wa][jmy](St11align_val_t)?(?:RKSt9nothrow_t)?$/;
const MANGLED_DELETE = /^_Zd[la]Pv[jmy]?(?:St11align_val_t)?(?:RKSt9nothrow_t)?$/;
const DEMANGLED_NEW = /^operator new(?:\[\])?(?:\(unsigned (?:int|long|long long)((?:, std::[\w :&]+)*)\))?$/;
const DEMANGLED_DELETE = /^operator delete(?:\[\])?(?:\(void\*(?:, [\w :&]+)*\))?$/;

/** The function of that name; undefined for any other, as for a `new` that only constructs. */
export function allocatorFunction(name: string): AllocatorFunction | undefined {
  const known = C_FUNCTIONS.get(name.startsWith(GLIBC_PREFIX) ? name.slice(GLIBC_PREFIX.length) : name);
  if (known !== undefined) {
    return known;
  }
  if (MANGLED_DELETE.test(name) || DEMANGLED_DELETE.test(name)) {
    return frees;
  }
  const found = MANGLED_NEW.exec(name) ?? DEMANGLED_NEW.exec(name);
  if (found === null) {
    return undefined;
  }
  return found[1]?.includes('align_val_t') === true ? allocatesAligned : allocates;
}

function allocation(size: number, align = 0): AllocatorCall {
  return { kind: 'allocate', address: NULL_ADDRESS, size, align };
}

function reallocation(address: AddressKey, size: number): AllocatorCall {
  return { kind: 'reallocate', address, size, align: 0 };
}

/** A size as the function sees it: `size_t` has no sign, whatever the tracer prints. */
function bytes(value: AddressKey | undefined): number {
  const number = Number(value);
  return number < 0 ? number + TWO_TO_64 : number;
}
