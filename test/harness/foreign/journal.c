/* Writes in every width, at odd addresses too, by the engine and by the machine for it. */
#include <alloc-replay.h>
#include <string.h>

static unsigned char *newest;
static uint16_t count;

void ar_start(void *heap, size_t bytes) {
    (void)heap, (void)bytes;
}

void *ar_allocate(size_t size, size_t align) {
    (void)align;
    unsigned char *page = ar_page_alloc(0);
    if (!page) return NULL;
    unsigned char *before = newest;
    newest = page;
    *(unsigned char **)page = before;
    *(uint16_t *)(page + 10) = ++count;
    *(uint64_t *)(page + 17) = size * 0x0102030405060708;
    *(float *)(page + 32) = (float)size;
    *(double *)(page + 40) = (double)size / 3;
    __atomic_fetch_add((uint32_t *)(page + 48), (uint32_t)size, __ATOMIC_RELAXED);
    page[53] = (unsigned char)size;
    memset(page + 101, (int)size, size % 90);
    if (before && ar_held_from(before) == before) memmove(page + 300, before + 90, 203);
    return page + 4032;
}

void ar_free(void *p, size_t size, size_t align) {
    (void)align;
    unsigned char *page = (unsigned char *)p - 4032;
    memset(page, (int)size, 64);
    ar_page_free(page, 0);
}

int ar_block_at(void *p, struct ar_block *found) {
    *found = (struct ar_block){(char *)p - 4032, AR_PAGE_BYTES, 4032};
    return 1;
}

void ar_walk(ar_visitor visit) {
    for (char *run = ar_held_from(NULL); run; run = ar_held_from(run)) {
        visit(run, AR_PAGE_BYTES, AR_ALLOCATED);
        run += AR_PAGE_BYTES;
    }
}
