/* An error, and a warning before it, as the compiler words them. */
#include "bump.h"

void *ar_allocate(size_t size, size_t align) {
    int unused;
    return bump_allocate(size, align)
}
