import type { Profile } from '../../../harness/pricing/profile';

export interface Figure {
  /** `l2.ways` and the like, below the profile's name. */
  readonly figure: string;
  readonly value: string;
  readonly source: string;
}

/** Every figure of a profile with the source that its group cites. */
export function figuresOf(profile: Profile): Figure[] {
  return figuresIn(profile, profile.name, '');
}

function figuresIn(value: unknown, figure: string, source: string): Figure[] {
  if (typeof value === 'number') {
    return [{ figure, value: String(value), source }];
  }
  if (typeof value !== 'object' || value === null) {
    return [];
  }
  const cited = 'source' in value ? String(value.source) : source;
  return Object.entries(value).flatMap(([key, member]) => figuresIn(member, `${figure}.${key}`, cited));
}
