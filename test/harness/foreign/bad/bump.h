/* What the engines of this folder have in common, before each does its one thing wrong: a pointer that is moved up. */
#include <alloc-replay.h>

static char *heap, *at, *end;

void ar_start(void *start, size_t bytes) {
    heap = at = start;
    end = heap + bytes;
}

/* A block behind a header of 16 bytes that holds its size. */
static inline void *bump_allocate(size_t size) {
    size_t bytes = ((size + 15) & ~(size_t)15) + 16;
    if (size > (size_t)(end - heap) || bytes > (size_t)(end - at)) return NULL;
    char *block = at;
    *(size_t *)block = size;
    at += bytes;
    return block + 16;
}
