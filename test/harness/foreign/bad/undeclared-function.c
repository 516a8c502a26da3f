/* Calls a function that nobody defines. */
#include "bump.h"

size_t size_round(size_t);

void *ar_allocate(size_t size, size_t align) {
    (void)align;
    return bump_allocate(size_round(size));
}

void ar_free(void *p, size_t size, size_t align) {
    (void)p, (void)size, (void)align;
}
