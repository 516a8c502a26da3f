import { didYouMean, UsageError } from '../../traces/input-error';
import type { Mapping, Profile } from './profile';
import { isProfilePath, loadProfileFile, loadShippedProfile } from './profile-file';

/**
 * A pricing as users write it: `NAME[@cold|@shared:BYTES][/4k|/2m]`. NAME is a shipped profile or the path of a
 * user's (`./lab.yaml`). Without more, caches stay as operations leave them and memory is mapped in 2 MiB pages, as
 * Xen's direct map is.
 */

/**
 * State of the caches between operations: as they were left, evicted before every operation (a hypervisor call after
 * guests ran), or crossed by `bytes` of foreign lines.
 */
export type CacheState =
  { readonly kind: 'warm' } | { readonly kind: 'cold' } | { readonly kind: 'shared'; readonly bytes: number };

export interface PricingSpecification {
  readonly profile: Profile;
  readonly state: CacheState;
  readonly mapping: Mapping;
}

/** 1 TiB: above any cache, and exact whatever is computed from it. */
const FOREIGN_BYTES_MAX = 0x100_0000_0000;
const FORM = 'NAME[@cold|@shared:BYTES][/4k|/2m]';
/** What is priced by where nothing is said. */
export const PRICING_DEFAULT = 'zen4-2022';
const PRICING_OPTION = '--pricing';

/** Parses one pricing and loads its profile. Throws a `UsageError`, or an `InputError` for a user's profile. */
export function parsePricing(text: string): PricingSpecification {
  const { rest: unmapped, mapping } = splitMapping(text);
  const { name, suffix } = splitState(unmapped);
  const state: CacheState = suffix === undefined ? { kind: 'warm' } : parseState(suffix, text);
  if (name === '') {
    throw new UsageError({ where: PRICING_OPTION, problem: `"${text}" names no profile`, expected: FORM });
  }
  const profile = isProfilePath(name) ? loadProfileFile(name) : loadShippedProfile(name);
  if (profile.model === 'flat' && (state.kind !== 'warm' || mapping !== undefined)) {
    throw new UsageError({
      where: PRICING_OPTION,
      problem: `"${text}": ${profile.name} models no caches and no mapping`,
      expected: profile.name,
    });
  }
  return { profile, state, mapping: mapping ?? '2m' };
}

/** The one way to write a pricing: what results call it. */
export function pricingId({ profile, state, mapping }: PricingSpecification): string {
  const suffixes = {
    warm: '',
    cold: '@cold',
    shared: state.kind === 'shared' ? `@shared:${state.bytes}` : '',
  };
  return `${profile.name}${suffixes[state.kind]}${mapping === '4k' ? '/4k' : ''}`;
}

function splitMapping(text: string): { rest: string; mapping: Mapping | undefined } {
  const slash = text.lastIndexOf('/');
  const last = text.slice(slash + 1);
  if (slash < 0 || /\.ya?ml(@.*)?$/.test(last)) {
    return { rest: text, mapping: undefined };
  }
  if (last !== '4k' && last !== '2m') {
    throw new UsageError({
      where: PRICING_OPTION,
      problem: `"${text}" has no mapping "${last}"${didYouMean(last, ['4k', '2m'])}`,
      expected: `/4k or /2m at the end of ${FORM}, or the path of a profile ending in .yaml`,
    });
  }
  return { rest: text.slice(0, slash), mapping: last };
}

/** An `@` in a folder's or file's name belongs to the path. */
function splitState(text: string): { name: string; suffix: string | undefined } {
  const at = text.lastIndexOf('@');
  const suffix = text.slice(at + 1);
  return at < 0 || isProfilePath(suffix)
    ? { name: text, suffix: undefined }
    : { name: text.slice(0, at), suffix };
}

function parseState(state: string, text: string): CacheState {
  if (state === 'cold' || state === 'warm') {
    return { kind: state };
  }
  const [word = '', amount] = state.split(/:(.*)/s);
  if (word !== 'shared') {
    throw new UsageError({
      where: PRICING_OPTION,
      problem: `"${text}" has no cache state "${state}"${didYouMean(state, ['cold', 'shared', 'warm'])}`,
      expected: '@cold or @shared:BYTES',
    });
  }
  const bytes = /^\d{1,15}$/.test(amount ?? '') ? Number(amount) : 0;
  if (bytes < 1 || bytes > FOREIGN_BYTES_MAX) {
    throw new UsageError({
      where: PRICING_OPTION,
      problem: `"${text}": foreign traffic of "${amount ?? ''}" bytes`,
      expected: `@shared:BYTES with 1 to ${FOREIGN_BYTES_MAX} bytes, as in zen4-2022@shared:65536`,
    });
  }
  return { kind: 'shared', bytes };
}
