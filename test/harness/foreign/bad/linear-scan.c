/* Looks at every block there ever was before it makes a new one. */
#include "bump.h"

static size_t blocks_scan(void) {
    size_t blocks = 0;
    for (char *each = heap; each < at; each += ((*(size_t *)each + 15) & ~(size_t)15) + 16) blocks++;
    return blocks;
}

static volatile size_t blocks;

void *ar_allocate(size_t size, size_t align) {
    (void)align;
    blocks = blocks_scan();
    return bump_allocate(size);
}

void ar_free(void *p, size_t size, size_t align) {
    (void)p, (void)size, (void)align;
}
