/* Calls itself without end, deeper than any stack, and not as a tail call. */
#include "bump.h"

__attribute__((noinline)) static size_t descend(size_t size) {
    size_t below = descend(size + 1);
    __asm__ volatile("" : "+r"(below));
    return below + size;
}

void *ar_allocate(size_t size, size_t align) {
    (void)align;
    return bump_allocate(descend(size) ? size : 0);
}

void ar_free(void *p, size_t size, size_t align) {
    (void)p, (void)size, (void)align;
}
