/*
 * A page allocator for engines that need one, in C, so that an engine over pages is the same code in a native build and
 * through WebAssembly: a list of free pieces for each order, and untouched memory behind them.
 */
#include <alloc-replay.h>

#define ar_page_alloc own_page_alloc
#define ar_page_free own_page_free
#define ar_page_word own_page_word

#define ORDERS 12
#define PAGES_MAX 65536

static struct piece {
    struct piece *next;
} *pieces[ORDERS];
static char *first_page, *untouched;
static uint32_t page_words[PAGES_MAX];

static void pages_start(void *heap) {
    first_page = untouched = heap;
}

__attribute__((noinline)) static void *own_page_alloc(unsigned order) {
    struct piece *piece = pieces[order];
    if (piece) {
        pieces[order] = piece->next;
        return piece;
    }
    size_t bytes = (size_t)AR_PAGE_BYTES << order;
    char *pages = (char *)(((uintptr_t)untouched + bytes - 1) & -bytes);
    untouched = pages + bytes;
    return pages;
}

__attribute__((noinline)) static void own_page_free(void *p, unsigned order) {
    struct piece *piece = p;
    piece->next = pieces[order];
    pieces[order] = piece;
}

__attribute__((unused)) static uint32_t *own_page_word(void *page) {
    return &page_words[((char *)page - first_page) / AR_PAGE_BYTES];
}
