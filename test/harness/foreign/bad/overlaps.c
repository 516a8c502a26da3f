/* Hands the newest block out a second time. */
#include "bump.h"

static char *newest;
static int calls;

void *ar_allocate(size_t size, size_t align) {
    (void)align;
    if (++calls % 8 == 0) return newest;
    return newest = bump_allocate(size);
}

void ar_free(void *p, size_t size, size_t align) {
    (void)p, (void)size, (void)align;
}
