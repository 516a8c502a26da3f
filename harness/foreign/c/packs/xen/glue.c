/* The port over Xen's xmalloc. Trees without _xrealloc (before 2019): `defines: {XEN_WITHOUT_XREALLOC: 1}`. */
#include <xen/mm.h>

void ar_start(void *heap, size_t bytes) {
    (void)heap, (void)bytes; /* xmalloc takes its first pages itself */
}

static void *shown(void *object) {
    return object == ZERO_BLOCK_PTR ? AR_ZERO : object;
}

static void *meant(void *object) {
    return object == AR_ZERO ? ZERO_BLOCK_PTR : object;
}

void *ar_allocate(size_t size, size_t align) {
    return shown(_xmalloc(size, align));
}

void ar_free(void *p, size_t size, size_t align) {
    (void)size, (void)align;
    xfree(meant(p));
}

#ifndef XEN_WITHOUT_XREALLOC
void *ar_reallocate(void *p, size_t size, size_t align) {
    return shown(_xrealloc(meant(p), size, align));
}
#endif

/* The first byte that is not the one it should be, NULL where all are. */
void *memchr_inv(const void *memory, int value, size_t bytes) {
    for (const unsigned char *at = memory; bytes > 0; at++, bytes--)
        if (*at != (unsigned char)value) return (void *)at;
    return NULL;
}
