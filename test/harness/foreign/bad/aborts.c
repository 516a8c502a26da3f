/* Gives up at the first free. */
#include "bump.h"
#include <stdlib.h>

void *ar_allocate(size_t size, size_t align) {
    (void)align;
    return bump_allocate(size);
}

static void block_release(void *p) {
    if (p) abort();
}

void ar_free(void *p, size_t size, size_t align) {
    (void)size, (void)align;
    block_release(p);
}
