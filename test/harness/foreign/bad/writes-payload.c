/* Keeps its last free block's link in the block before it, which is alive. */
#include "bump.h"

static char *last;

static void link_store(char *block, void *link) {
    *(void **)block = link;
}

void *ar_allocate(size_t size, size_t align) {
    (void)align;
    if (size < sizeof(void *)) size = sizeof(void *);
    return last = bump_allocate(size);
}

void ar_free(void *p, size_t size, size_t align) {
    (void)size, (void)align;
    if (last == p) last = NULL;
    if (last) link_store(last, p);
}
