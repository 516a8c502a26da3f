/* The fourth request never ends, and touches no memory meanwhile. */
#include "bump.h"

static int calls;

static void spin(unsigned seed) {
    for (;;) {
        seed = seed * 1664525u + 1013904223u;
        __asm__ volatile("" : "+r"(seed));
    }
}

void *ar_allocate(size_t size, size_t align) {
    (void)align;
    if (++calls == 4) spin((unsigned)size);
    return bump_allocate(size);
}

void ar_free(void *p, size_t size, size_t align) {
    (void)p, (void)size, (void)align;
}
