/* Divides by a number of free blocks that is 0. */
#include "bump.h"

static volatile unsigned free_blocks;

static unsigned blocks_average(unsigned bytes) {
    return bytes / free_blocks;
}

void *ar_allocate(size_t size, size_t align) {
    (void)align;
    return bump_allocate(size + blocks_average((unsigned)size));
}

void ar_free(void *p, size_t size, size_t align) {
    (void)p, (void)size, (void)align;
}
