/* An assertion fails at the first request above 1000 bytes. */
#include "bump.h"
#include <assert.h>

static void size_check(size_t size) {
    assert(size <= 1000);
}

void *ar_allocate(size_t size, size_t align) {
    (void)align;
    size_check(size);
    return bump_allocate(size);
}

void ar_free(void *p, size_t size, size_t align) {
    (void)p, (void)size, (void)align;
}
