import { storm, stormParameters, stormRefusal } from './storm';
import { defineSynthesizer } from './synthesizer';

/**
 * Objects from half a page to what leaves a fragment behind: 1984 … 3712 bytes.
 *
 * The storm that shows the xfree latency problem. In Xen's first-fit of 2008 two such objects never share a page and
 * each leaves one fragment of at least 256 bytes that no later object fits into: the free list grows as long as there
 * are live objects, and every xmalloc and every xfree walks all of it. `smallest=3000&largest=3000` is the storm of
 * one fixed size, whose regular stride hardware prefetchers can follow.
 */
export const halfPageStorm = defineSynthesizer({
  name: 'half-page-storm',
  summary: 'objects of half a page to 3712 bytes that die and are replaced: fills the free list of first-fit',
  sources: [
    'Xen before commit 9736b76d82 (October 2008), xmalloc: 128-byte header and granule, fragments from 256 bytes on',
    'storms `frag` (1984 to 3712 bytes) and `fixed` (3000 bytes) of the measurements on compiled Xen code',
  ],
  category: 'storm',
  adaptive: false,
  parameters: stormParameters({ smallest: 1984, largest: 3712 }),
  refusal: stormRefusal,
  generate: storm,
});
