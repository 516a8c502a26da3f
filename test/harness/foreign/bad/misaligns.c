/* Ignores the alignment that is asked for. */
#include "bump.h"

void *ar_allocate(size_t size, size_t align) {
    (void)align;
    char *block = bump_allocate(size + 16);
    return block ? block + 4 : NULL;
}

void ar_free(void *p, size_t size, size_t align) {
    (void)p, (void)size, (void)align;
}
