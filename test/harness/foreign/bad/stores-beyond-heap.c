/* Ends its heap with a mark that lies one byte behind it. */
#include "bump.h"

static void end_mark(void) {
    *(volatile char *)end = 1;
}

void *ar_allocate(size_t size, size_t align) {
    (void)align;
    end_mark();
    return bump_allocate(size);
}

void ar_free(void *p, size_t size, size_t align) {
    (void)p, (void)size, (void)align;
}
