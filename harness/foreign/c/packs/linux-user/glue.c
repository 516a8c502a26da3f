/* The port over malloc, free, realloc and, where it is defined, memalign or aligned_alloc. */
#include <alloc-replay.h>
#include <malloc.h>

#pragma weak memalign
#pragma weak aligned_alloc

void ar_start(void *heap, size_t bytes) {
    (void)heap, (void)bytes; /* malloc gets its memory from sbrk and mmap */
}

void *ar_allocate(size_t size, size_t align) {
    if (align <= _Alignof(max_align_t)) return malloc(size);
    if (memalign) return memalign(align, size);
    return aligned_alloc ? aligned_alloc(align, (size + align - 1) & -align) : malloc(size);
}

void ar_free(void *p, size_t size, size_t align) {
    (void)size, (void)align;
    if (p != AR_ZERO) free(p);
}

void *ar_reallocate(void *p, size_t size, size_t align) {
    (void)align;
    void *moved = realloc(p == AR_ZERO ? NULL : p, size);
    return moved || size > 0 ? moved : AR_ZERO;
}
