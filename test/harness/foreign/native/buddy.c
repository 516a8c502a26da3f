/*
 * A binary buddy allocator: blocks of powers of two from 32 bytes on, a list of free blocks for each, and a byte for
 * every smallest block that says what begins there. Not fitted to: it checks what was fitted to others.
 */
#include <alloc-replay.h>

#define SMALLEST_LOG2 5
#define ORDERS 16
#define BLOCKS (1u << 19)

/* What begins at a smallest block: nothing, or a block of that order, free or in use. */
#define IS_FREE 0x40
#define IS_USED 0x80

struct block {
    struct block *next, **link;
};

static struct block *lists[ORDERS];
static uint8_t begins[BLOCKS];
static char *base;
static size_t blocks;

static size_t block_bytes(unsigned order) {
    return (size_t)1 << (order + SMALLEST_LOG2);
}

static size_t block_index(const void *block) {
    return (size_t)((const char *)block - base) >> SMALLEST_LOG2;
}

static void block_push(struct block *block, unsigned order) {
    struct block *next = lists[order];
    block->next = next;
    block->link = &lists[order];
    if (next) next->link = &block->next;
    lists[order] = block;
    begins[block_index(block)] = IS_FREE | order;
}

static void block_remove(struct block *block) {
    struct block *next = block->next;
    *block->link = next;
    if (next) next->link = block->link;
    begins[block_index(block)] = 0;
}

static unsigned order_of(size_t size) {
    if (size <= block_bytes(0)) return 0;
    return 64 - __builtin_clzll(size - 1) - SMALLEST_LOG2;
}

void ar_start(void *heap, size_t bytes) {
    base = heap;
    blocks = bytes >> SMALLEST_LOG2;
    if (blocks > BLOCKS) blocks = BLOCKS;
    for (size_t at = 0; at + ((size_t)1 << (ORDERS - 1)) <= blocks; at += (size_t)1 << (ORDERS - 1))
        block_push((struct block *)(base + (at << SMALLEST_LOG2)), ORDERS - 1);
}

void *ar_allocate(size_t size, size_t align) {
    unsigned order = order_of(size > align ? size : align), found = order;
    while (found < ORDERS && !lists[found]) found++;
    if (found >= ORDERS) return NULL;
    struct block *block = lists[found];
    block_remove(block);
    while (found > order) {
        found--;
        block_push((struct block *)((char *)block + block_bytes(found)), found);
    }
    begins[block_index(block)] = IS_USED | order;
    return block;
}

void ar_free(void *p, size_t size, size_t align) {
    (void)size, (void)align;
    size_t at = block_index(p);
    unsigned order = begins[at] & ~IS_USED;
    if (begins[at] != (IS_USED | order)) ar_panic("a free of what is no block");
    begins[at] = 0;
    while (order < ORDERS - 1) {
        size_t buddy = at ^ ((size_t)1 << order);
        if (buddy >= blocks || begins[buddy] != (IS_FREE | order)) break;
        block_remove((struct block *)(base + (buddy << SMALLEST_LOG2)));
        at &= buddy;
        order++;
    }
    block_push((struct block *)(base + (at << SMALLEST_LOG2)), order);
}
