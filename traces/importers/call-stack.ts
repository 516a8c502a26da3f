import { allocatorFunction } from './allocator-functions';

/** The call site that a recorder's backtrace shows: who asked the allocator, and on whose behalf. */

export interface Frame {
  /** Of the function; of a program without symbols what is known in its place. */
  readonly name: string;
  /** `file:line`, or the module; empty where nothing is known. */
  readonly place: string;
}

/** As many callers as valgrind tells leaks apart by: programs have an allocator of their own around malloc. */
const FRAMES_NAMED = 4;

/** Recorders' own frames and the allocator's stand within so many. */
const ALLOCATOR_FRAMES_MAX = 8;

/** What is above it started the program. */
const PROGRAM = 'main';

/**
 * `parse (json.c:20) < load < main`, from the frames, innermost first; the allocator's own are left out. Empty where
 * there are none.
 */
export function siteOfStack(frames: readonly Frame[]): string {
  const isAllocator = frames
    .slice(0, ALLOCATOR_FRAMES_MAX)
    .map(({ name }) => allocatorFunction(name) !== undefined);
  const own = frames.slice(isAllocator.lastIndexOf(true) + 1);
  const main = own.findIndex(({ name }) => name === PROGRAM) + 1;
  const [first, ...callers] = own.slice(0, Math.min(FRAMES_NAMED, main || FRAMES_NAMED));
  if (first === undefined) {
    return '';
  }
  const place = first.place === '' ? '' : ` (${first.place})`;
  return [`${first.name}${place}`, ...callers.map(({ name }) => name)].join(' < ');
}

/** What a path ends in. */
export const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
