import type { Quirk } from '../../harness/replay/port';
import { BUG, NULL } from '../../traces/trace';
import { GRANULE_BYTES, REGION_PAYLOAD } from './tlsf-layout';

/** Oddities that several engines on the TLSF pool share. */

/** A region's block holds more, but no class between this and the region's own serves a request. */
const POOL_REQUEST_BYTES_MAX = 4032;

export const NULL_NEAR_PAGE: Quirk = {
  name: 'null-near-page',
  summary:
    'Requests that come to 4033 to 4063 bytes with their alignment return NULL although memory is free: they round to a class above a region.',
  source: 'commit ba0d6cfc6b (October 2009), which added the fall back to whole pages',
  demonstration: {
    operations: ['alloc,1,4032,0', 'alloc,2,4000,64', 'alloc,3,4032,32'],
    shows: ({ placements }) => placements[0] !== NULL && placements[1] === NULL && placements[2] === NULL,
  },
  breaks: {
    guarantee: 'served',
    by: ({ sizeBytes, align }) => {
      const wanted = sizeBytes + Math.max(align, GRANULE_BYTES) - GRANULE_BYTES;
      return wanted > POOL_REQUEST_BYTES_MAX && wanted < REGION_PAYLOAD;
    },
  },
};

export const STOPS_WITHOUT_POOL: Quirk = {
  name: 'stops-without-pool',
  summary: 'The first xmalloc stops the system where the two pages of the pool object cannot be had.',
  source: 'xmalloc_tlsf.c, tlsf_init: BUG_ON(!xenpool); a reading of the code that no reference run reached',
  demonstration: {
    operations: ['alloc,1,16,0'],
    heapPages: 1,
    shows: ({ placements }) => placements[0] === BUG,
  },
};

const FILL_BYTE = 85;

export const REALIGNING_LOSES_CONTENTS: Quirk = {
  name: 'realigning-loses-contents',
  summary: 'xrealloc to another alignment within the same block moves the object but not its contents.',
  source: 'xmalloc_tlsf.c, _xrealloc: add_padding on the block that is kept',
  demonstration: {
    operations: ['alloc,1,100,64', `fill,1,0,0,0,0,,,,${FILL_BYTE}`, 'realloc,1,50,16'],
    shows: ({ machine, placements }) =>
      placements[2] !== placements[0] && machine.peek8(placements[2]!) !== FILL_BYTE,
  },
  breaks: {
    guarantee: 'kept',
    by: ({ op, align, oldAlign }) =>
      op === 'realloc' && Math.max(align, GRANULE_BYTES) !== Math.max(oldAlign, GRANULE_BYTES),
  },
};
