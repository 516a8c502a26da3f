/* Stores beyond the end of all memory. */
#include "bump.h"

static void mark(uintptr_t address) {
    *(volatile int *)address = 1;
}

void *ar_allocate(size_t size, size_t align) {
    (void)align;
    mark((uintptr_t)0xfffffff0u);
    return bump_allocate(size);
}

void ar_free(void *p, size_t size, size_t align) {
    (void)p, (void)size, (void)align;
}
