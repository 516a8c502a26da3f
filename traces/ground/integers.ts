/** Numbers that every folder means the same by. */

/** What a number of more than 32 bits is divided by for its upper half. */
export const TWO_TO_32 = 0x1_0000_0000;

/** The smallest page of the processors that are modelled. */
export const PAGE_BYTES = 4096;
