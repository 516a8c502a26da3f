import { storm, stormParameters, stormRefusal } from './storm';
import { defineSynthesizer } from './synthesizer';

/**
 * Objects of just under a page: PAGE−300 … PAGE−1 = 3796 … 4095 bytes.
 *
 * The sizes that the RFC of October 2008 to replace Xen's xmalloc names as the worst ("a large number of
 * near-page-sized items"). In Xen's first-fit most of them take whole pages and leave its free list empty, so that
 * this storm does not show the problem: the half-page storm does.
 */
export const nearPageStorm = defineSynthesizer({
  name: 'near-page-storm',
  summary: 'objects of just under a page (3796 to 4095 bytes) that die and are replaced',
  sources: [
    'Magenheimer, "RFC: replace Xen’s xmalloc engine and(?) API", xen-devel, October 2008: near-page-sized items',
    'storm `near` of the measurements on compiled Xen code: 3796 to 4095 bytes, 4000 steady pairs, then a drain',
  ],
  category: 'storm',
  adaptive: false,
  parameters: stormParameters({ smallest: 3796, largest: 4095 }),
  refusal: stormRefusal,
  generate: storm,
});
