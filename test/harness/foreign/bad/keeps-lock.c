/* Forgets to give its lock back where it fails. */
#include "bump.h"

void *ar_allocate(size_t size, size_t align) {
    (void)align;
    ar_lock("heap");
    void *block = bump_allocate(size);
    if (!block) return NULL;
    ar_unlock("heap");
    return block;
}

void ar_free(void *p, size_t size, size_t align) {
    (void)p, (void)size, (void)align;
}
