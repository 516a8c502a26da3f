/* Lacks half of the port. */
#include "bump.h"

void *ar_allocate(size_t size, size_t align) {
    (void)align;
    return bump_allocate(size);
}
