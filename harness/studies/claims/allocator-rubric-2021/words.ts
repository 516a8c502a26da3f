import { PAGE_BYTES } from '../../../machine/memory-layout';
import { groupedInteger as grouped } from '../../../text/numbers';
import type { CheckerboardNumbers, LeftoverNumbers } from './fragmented';
import type { SingleRequest } from './single-request';

/** The numbers of the rubric's trials in words. */

export const pagesText = ({ sizeBytes, pages }: SingleRequest): string =>
  `${Math.ceil(sizeBytes / PAGE_BYTES)} → ${pages}`;

export const checkerboardText = ({
  freePages,
  largestFreePages,
  succeeds,
  contiguous,
}: CheckerboardNumbers): string =>
  `With ${grouped(freePages)} pages free, the largest block of ${largestFreePages}, the request ` +
  `${succeeds ? `succeeds, ${contiguous ? 'contiguous' : 'not contiguous'}` : 'fails'}.`;

export const unusablePerMille = ({ freePages, unusablePages }: LeftoverNumbers): number =>
  freePages === 0 ? 0 : Math.round((1000 * unusablePages) / freePages);

export const unusableText = ({ freePages, unusablePages }: LeftoverNumbers): string =>
  `${grouped(unusablePages)} of ${grouped(freePages)} free pages lie in blocks too small for 8 pages`;
