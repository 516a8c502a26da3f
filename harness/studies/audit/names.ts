/**
 * The names that the policy demands: public functions `libxl_x` (or `xlu_x`, of libxlutil), private ones `libxl__x` and
 * declared hidden. Other names are of functions that no other file can call.
 */
export function nameProblem(
  name: string,
  kind: 'public' | 'private',
  hidden: 'yes' | 'no' | undefined,
): string | undefined {
  if (name === '') {
    return undefined;
  }
  if (kind === 'public') {
    if (!/^(libxl_(?!_)|xlu_(?!_))/.test(name)) {
      return 'is public but not named libxl_…';
    }
    return hidden === 'yes' ? 'is public but marked hidden' : undefined;
  }
  if (/^_?libxl_/.test(name) && !/^libxl__/.test(name)) {
    return 'is private but not named libxl__…';
  }
  return hidden === 'no' ? 'is private but not marked hidden' : undefined;
}
