/* allocators/c/first-fit.c over pages of its own. */
#include "pages.h"

#define ar_start engine_start
#include "../../../../allocators/c/first-fit.c"
#undef ar_start

void ar_start(void *heap, size_t bytes) {
    pages_start(heap);
    engine_start(heap, bytes);
}
