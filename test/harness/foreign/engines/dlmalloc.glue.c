/* wasi-libc's malloc, which is Doug Lea's, over the machine's sbrk. */
#include "alloc-replay.h"
#include <malloc.h>
#include <stdlib.h>

void ar_start(void *heap, size_t bytes) { (void)heap, (void)bytes; }
void *ar_allocate(size_t size, size_t align) { return align > 8 ? aligned_alloc(align, size) : malloc(size); }
void ar_free(void *p, size_t size, size_t align) { (void)size, (void)align; free(p); }
size_t ar_usable_size(void *p) { return malloc_usable_size(p); }
void *ar_reallocate(void *p, size_t size, size_t align) { return align > 8 ? NULL : realloc(p, size); }
