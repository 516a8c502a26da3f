/* The port over one sys_heap that has all memory. */
#include <zephyr/kernel.h>
#include <zephyr/sys/sys_heap.h>
#include "heap.h" /* lib/heap's own, for the walk */

static struct sys_heap heap;
static size_t heap_bytes;

void ar_start(void *start, size_t bytes) {
    heap_bytes = bytes;
    sys_heap_init(&heap, start, bytes);
}

void *ar_allocate(size_t size, size_t align) {
    return sys_heap_aligned_alloc(&heap, align, size);
}

void ar_free(void *p, size_t size, size_t align) {
    (void)size, (void)align;
    if (p != AR_ZERO) sys_heap_free(&heap, p);
}

void *ar_reallocate(void *p, size_t size, size_t align) {
    void *moved = sys_heap_aligned_realloc(&heap, p == AR_ZERO ? NULL : p, align, size);
    return size == 0 ? AR_ZERO : moved;
}

size_t ar_usable_size(void *p) {
    return sys_heap_usable_size(&heap, p);
}

void ar_walk(ar_visitor visit) {
    struct z_heap *h = heap.heap;
    for (chunkid_t chunk = 0; chunk < h->end_chunk; chunk = right_chunk(h, chunk)) {
        if (chunk_size(h, chunk) == 0) ar_panic("a chunk of size 0 before the end");
        int state = chunk == 0 ? AR_METADATA : chunk_used(h, chunk) ? AR_ALLOCATED : AR_FREE;
        visit((char *)h + (size_t)chunk * CHUNK_UNIT, (size_t)chunk_size(h, chunk) * CHUNK_UNIT, state);
    }
    size_t used = (size_t)h->end_chunk * CHUNK_UNIT;
    visit((char *)h + used, heap_bytes - used, AR_METADATA);
}
