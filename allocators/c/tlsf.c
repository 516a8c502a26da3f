/*
 * Xen's xmalloc of today (commit c447b7308b, August 2026), written from its description.
 *
 * What fits a page comes from a TLSF pool: lists of free blocks by size class in two levels, with bitmaps that find
 * the smallest class that serves a request in constant time, and boundary tags by which a freed block is joined at
 * once to free neighbours on its page. What the pool refuses, and everything larger, takes whole pages without a
 * header, of which the unused tail goes back at once; their number is kept in the page allocator's record of the first.
 *
 * Masmano, Ripoll, Crespo, Real: "TLSF: a new dynamic memory allocator for real-time systems" (2004).
 * lp64; the pages under it are alloc-replay's. The TypeScript model of the same allocator is xmalloc-tlsf.
 */
#include <alloc-replay.h>

/* ---- Size classes -------------------------------------------------------------------------------------------- */

/* One first level a power of two, each cut into 32 lists; below 128 bytes the first level 0 goes in steps of 4. */
#define FIRST_LEVELS 24
#define SECOND_LEVELS 32
#define SECOND_LEVELS_LOG2 5
#define LINEAR_BYTES 128
#define LINEAR_STEP_BYTES (LINEAR_BYTES / SECOND_LEVELS)
/* The first level behind the linear one begins at 2^7. */
#define FIRST_LEVEL_OFFSET 6

struct class {
    unsigned first, second;
};

static unsigned log2_floor(uint32_t word) {
    return 31 - __builtin_clz(word);
}

/* The class in which a free block of that size is kept. */
static struct class class_of(size_t bytes) {
    if (bytes < LINEAR_BYTES) return (struct class){0, bytes / LINEAR_STEP_BYTES};
    unsigned power = log2_floor(bytes);
    return (struct class){power - FIRST_LEVEL_OFFSET, (bytes >> (power - SECOND_LEVELS_LOG2)) - SECOND_LEVELS};
}

/* The class of which every block serves the request, which is rounded up to the least of them. */
static struct class class_serving(size_t *bytes) {
    if (*bytes < LINEAR_BYTES) return class_of(*bytes);
    size_t below_step = ((size_t)1 << (log2_floor(*bytes) - SECOND_LEVELS_LOG2)) - 1;
    *bytes += below_step;
    struct class serving = class_of(*bytes);
    *bytes &= ~below_step;
    return serving;
}

/* ---- Blocks -------------------------------------------------------------------------------------------------- */

#define GRANULE_BYTES 16

/* In front of every payload. Sizes are whole granules, so that two bits are left to say who is free. */
struct block {
    struct block *before; /* the block before this one in its region, NULL for the first */
    uint32_t word;        /* bytes of the payload, BLOCK_FREE, BEFORE_FREE */
    uint32_t unused;
    struct {
        struct block *previous, *next;
    } link; /* in the payload of a free block */
};

#define BLOCK_FREE 1u
#define BEFORE_FREE 2u
#define FLAGS (BLOCK_FREE | BEFORE_FREE)

#define HEADER_BYTES offsetof(struct block, link)
/* A leftover that holds no links behind its header stays inside the block. */
#define LEFTOVER_BYTES_MIN sizeof(struct block)

/* A region is a page: one block at first, and a header without payload that ends it. */
#define REGION_PAYLOAD_BYTES (AR_PAGE_BYTES - 2 * HEADER_BYTES)

_Static_assert(HEADER_BYTES == GRANULE_BYTES && REGION_PAYLOAD_BYTES == 4064, "blocks lie as Xen's do");

static size_t block_bytes(const struct block *block) {
    return block->word & ~FLAGS;
}

static struct block *block_at(const struct block *block, size_t bytes) {
    return (struct block *)((char *)block + HEADER_BYTES + bytes);
}

static struct block *block_behind(const struct block *block) {
    return block_at(block, block_bytes(block));
}

static void *block_payload(struct block *block) {
    return &block->link;
}

static struct block *payload_block(void *payload) {
    return (struct block *)((char *)payload - HEADER_BYTES);
}

static void block_clear_links(struct block *block) {
    block->link.previous = NULL;
    block->link.next = NULL;
}

/* ---- The pool ------------------------------------------------------------------------------------------------ */

struct pool {
    uint32_t first_map;
    uint32_t second_map[FIRST_LEVELS];
    struct block *head[FIRST_LEVELS][SECOND_LEVELS];
    uint32_t lock;
    size_t unused[2];
    size_t used_bytes; /* of used blocks and region ends, headers included */
    size_t region_count;
    size_t unused_end[4];
};

_Static_assert(offsetof(struct pool, lock) == 6248 && sizeof(struct pool) == 6320, "the pool is Xen's");

static void pool_take_lock(struct pool *pool) {
    ar_lock("xmalloc pool");
    (void)__atomic_exchange_n(&pool->lock, 1, __ATOMIC_ACQUIRE);
}

static void pool_drop_lock(struct pool *pool) {
    __atomic_store_n(&pool->lock, 0, __ATOMIC_RELEASE);
    ar_unlock("xmalloc pool");
}

/* Xen sets and clears bits by locked instructions, here too where nobody else could. */
static void map_set(uint32_t *map, unsigned bit) {
    __atomic_fetch_or(map, 1u << bit, __ATOMIC_RELAXED);
}

static void map_clear(uint32_t *map, unsigned bit) {
    __atomic_fetch_and(map, ~(1u << bit), __ATOMIC_RELAXED);
}

static void pool_mark_empty(struct pool *pool, struct class class) {
    map_clear(&pool->second_map[class.first], class.second);
    if (!pool->second_map[class.first]) map_clear(&pool->first_map, class.first);
}

static void pool_push(struct pool *pool, struct block *block, size_t bytes) {
    struct class class = class_of(bytes);
    struct block **head = &pool->head[class.first][class.second];
    struct block *next = *head;
    block->link.previous = NULL;
    block->link.next = next;
    if (next) next->link.previous = block;
    *head = block;
    map_set(&pool->second_map[class.first], class.second);
    map_set(&pool->first_map, class.first);
}

/* Takes a block out of wherever it stands in its list. */
static void pool_remove(struct pool *pool, struct block *block, size_t bytes) {
    struct block *next = block->link.next, *previous = block->link.previous;
    if (next) next->link.previous = previous;
    if (previous) previous->link.next = next;
    struct class class = class_of(bytes);
    struct block **head = &pool->head[class.first][class.second];
    if (*head == block) {
        *head = next;
        if (!next) pool_mark_empty(pool, class);
    }
    block_clear_links(block);
}

/* Takes the newest block of the lowest class from `class` on; NULL where there is none. */
static struct block *pool_pop(struct pool *pool, struct class class) {
    uint32_t fitting = pool->second_map[class.first] & (~0u << class.second);
    if (!fitting) {
        uint32_t higher = pool->first_map & (~1u << class.first);
        if (!higher) return NULL;
        class.first = __builtin_ctz(higher);
        fitting = pool->second_map[class.first];
    }
    class.second = __builtin_ctz(fitting);
    struct block **head = &pool->head[class.first][class.second];
    struct block *block = *head, *next = block->link.next;
    *head = next;
    if (next) next->link.previous = NULL;
    else pool_mark_empty(pool, class);
    block_clear_links(block);
    return block;
}

/* Makes a page a region of one free block. */
static void pool_add_region(struct pool *pool, struct block *region) {
    region->before = NULL;
    region->word = REGION_PAYLOAD_BYTES | BLOCK_FREE;
    pool_push(pool, region, REGION_PAYLOAD_BYTES);
    struct block *end = block_at(region, REGION_PAYLOAD_BYTES);
    end->before = region;
    end->word = BEFORE_FREE;
    pool->used_bytes += HEADER_BYTES;
    pool->region_count++;
}

/* Puts the front of a block to use; a leftover worth having becomes a free block. */
static void pool_use(struct pool *pool, struct block *block, size_t bytes) {
    uint32_t word = block->word;
    size_t available = word & ~FLAGS, left = available - bytes;
    struct block *behind = block_at(block, available);
    if (left >= LEFTOVER_BYTES_MIN) {
        struct block *rest = block_at(block, bytes);
        rest->word = (left - HEADER_BYTES) | BLOCK_FREE;
        rest->before = block;
        behind->before = rest;
        pool_push(pool, rest, left - HEADER_BYTES);
        block->word = bytes | (word & BEFORE_FREE);
    } else {
        bytes = available;
        behind->word &= ~BEFORE_FREE;
        block->word = word & ~BLOCK_FREE;
    }
    pool->used_bytes += bytes + HEADER_BYTES;
}

static size_t pool_request(size_t bytes) {
    return bytes < GRANULE_BYTES ? GRANULE_BYTES : (bytes + GRANULE_BYTES - 1) & -GRANULE_BYTES;
}

static void *pool_allocate(struct pool *pool, size_t bytes) {
    bytes = pool_request(bytes);
    pool_take_lock(pool);
    struct block *block;
    while (!(block = pool_pop(pool, class_serving(&bytes)))) {
        pool_drop_lock(pool);
        struct block *page = bytes > REGION_PAYLOAD_BYTES ? NULL : ar_page_alloc(0);
        if (!page) return NULL;
        pool_take_lock(pool);
        pool_add_region(pool, page);
    }
    pool_use(pool, block, bytes);
    pool_drop_lock(pool);
    return block_payload(block);
}

/* A page that holds nothing else goes back at once, while the lock is held. */
static void pool_free(struct pool *pool, void *payload) {
    struct block *block = payload_block(payload);
    pool_take_lock(pool);
    uint32_t word = block->word;
    size_t bytes = word & ~FLAGS;
    block->word = word | BLOCK_FREE;
    pool->used_bytes -= bytes + HEADER_BYTES;
    block_clear_links(block);
    struct block *behind = block_at(block, bytes);
    uint32_t word_behind = behind->word;
    if (word_behind & BLOCK_FREE) {
        pool_remove(pool, behind, word_behind & ~FLAGS);
        bytes += HEADER_BYTES + (word_behind & ~FLAGS);
        block->word = bytes | (word & FLAGS) | BLOCK_FREE;
    }
    if (word & BEFORE_FREE) {
        struct block *before = block->before;
        uint32_t word_before = before->word;
        pool_remove(pool, before, word_before & ~FLAGS);
        before->word = word_before + HEADER_BYTES + bytes;
        bytes += HEADER_BYTES + (word_before & ~FLAGS);
        block = before;
    }
    behind = block_at(block, bytes);
    behind->before = block;
    if (!block->before && !block_bytes(behind)) {
        ar_page_free(block, 0);
        pool->region_count--;
        pool->used_bytes -= HEADER_BYTES;
    } else {
        pool_push(pool, block, bytes);
        behind->word |= BEFORE_FREE;
        behind->before = block;
    }
    pool_drop_lock(pool);
}

/* ---- Whole pages --------------------------------------------------------------------------------------------- */

static int is_page_aligned(const void *p) {
    return (uintptr_t)p % AR_PAGE_BYTES == 0;
}

static unsigned order_of_bytes(size_t bytes) {
    unsigned order = 0;
    for (size_t pages = (bytes - 1) / AR_PAGE_BYTES; pages > 0; pages /= 2) order++;
    return order;
}

/* Takes a power of two of pages; the tail that is not needed goes back in ascending pieces. */
static void *whole_pages_allocate(size_t size, size_t align) {
    unsigned order = order_of_bytes(align > size ? align : size);
    char *pages = ar_page_alloc(order);
    if (!pages) return NULL;
    size_t kept = (size + AR_PAGE_BYTES - 1) / AR_PAGE_BYTES;
    char *tail = pages + kept * AR_PAGE_BYTES;
    for (unsigned piece = 0; piece < order; piece++) {
        if (!((uintptr_t)tail & ((uintptr_t)AR_PAGE_BYTES << piece))) continue;
        ar_page_free(tail, piece);
        tail += (size_t)AR_PAGE_BYTES << piece;
    }
    *ar_page_word(pages) = kept;
    return pages;
}

/* Gives them back in naturally aligned pieces, the smallest and highest first. */
static void whole_pages_free(char *pages) {
    uint32_t *word = ar_page_word(pages), left = *word;
    if (left == 0) ar_panic("xfree of pages that xmalloc did not hand out");
    *word = 0;
    for (unsigned piece = 0; left > 0; piece++) {
        if (!(left & (1u << piece))) continue;
        left -= 1u << piece;
        ar_page_free(pages + (size_t)left * AR_PAGE_BYTES, piece);
    }
}

/* ---- Alignment ----------------------------------------------------------------------------------------------- */

/*
 * A request for more than a granule is inflated and its object moved up. Where a header's size word would lie, the word
 * in front of the object then says how far, with bit 0 set as it never is in a used block.
 */
#define PADDED 1u

static uint32_t *object_word(void *object) {
    return &payload_block(object)->word;
}

static void *padding_add(void *payload, size_t align) {
    size_t bytes = -(uintptr_t)payload & (align - 1);
    if (bytes == 0) return payload;
    void *object = (char *)payload + bytes;
    *object_word(object) = bytes | PADDED;
    return object;
}

static void *padding_strip(void *object) {
    uint32_t word = *object_word(object);
    return word & PADDED ? (char *)object - (word & ~PADDED) : object;
}

/* ---- xmalloc ------------------------------------------------------------------------------------------------- */

/* Lies in two pages of its own, which the first request takes and nothing gives back. */
static struct pool *pool;
#define POOL_ORDER 1

static void pool_create(void) {
    pool = ar_page_alloc(POOL_ORDER);
    if (!pool) ar_bug("no pages for the pool of xmalloc");
    __builtin_memset(pool, 0, sizeof *pool);
}

static size_t align_granted(size_t align) {
    return align < GRANULE_BYTES ? GRANULE_BYTES : align;
}

static void *xmalloc(size_t size, size_t align) {
    if (size == 0) return AR_ZERO;
    align = align_granted(align);
    size_t padded = size + align - GRANULE_BYTES;
    if (padded < size) return NULL;
    if (!pool) pool_create();
    if (padded < AR_PAGE_BYTES) {
        void *payload = pool_allocate(pool, padded);
        if (payload) return padding_add(payload, align);
    }
    return whole_pages_allocate(size, align);
}

static void xfree(void *object) {
    if (object == NULL || object == AR_ZERO) return;
    if (is_page_aligned(object)) whole_pages_free(object);
    else pool_free(pool, padding_strip(object));
}

/* Never shrinks a block. Where another alignment moves an object within its block, its contents are not moved along. */
static void *xrealloc(void *object, size_t size, size_t align) {
    if (size == 0) {
        xfree(object);
        return AR_ZERO;
    }
    if (object == NULL || object == AR_ZERO) return xmalloc(size, align);
    align = align_granted(align);
    size_t current;
    if (is_page_aligned(object)) {
        current = (size_t)*ar_page_word(object) * AR_PAGE_BYTES;
        if (size <= current && ((uintptr_t)object & (align - 1)) == 0) return object;
    } else {
        size_t padded = size + align - GRANULE_BYTES;
        if (padded < size) return NULL;
        void *payload = padding_strip(object);
        current = block_bytes(payload_block(payload));
        if ((padded < AR_PAGE_BYTES ? pool_request(padded) : padded) <= current) return padding_add(payload, align);
    }
    void *moved = xmalloc(size, align);
    if (!moved) return NULL;
    __builtin_memcpy(moved, object, current < size ? current : size);
    xfree(object);
    return moved;
}

/* ---- The port ------------------------------------------------------------------------------------------------ */

void ar_start(void *heap, size_t bytes) {
    (void)heap, (void)bytes; /* the first request makes the pool */
}

void *ar_allocate(size_t size, size_t align) {
    return xmalloc(size, align);
}

void ar_free(void *p, size_t size, size_t align) {
    (void)size, (void)align;
    xfree(p);
}

void *ar_reallocate(void *p, size_t size, size_t align) {
    return xrealloc(p, size, align);
}

/* ---- Observers ----------------------------------------------------------------------------------------------- */

/* Held memory is whole pages. */
static int is_held(const void *start, size_t bytes) {
    for (char *p = (char *)start;;) {
        size_t here = AR_PAGE_BYTES - (uintptr_t)p % AR_PAGE_BYTES;
        if (ar_held_from(p) != p) return 0;
        if (bytes <= here) return 1;
        bytes -= here, p += here;
    }
}

static struct block *region_end(const void *in_region) {
    return block_at((void *)((uintptr_t)in_region & -AR_PAGE_BYTES), REGION_PAYLOAD_BYTES);
}

/* Whether a block in held memory has a size with which it ends where its region allows. */
static int block_is_sound(struct block *block) {
    struct block *end = region_end(block);
    size_t bytes = block_bytes(block);
    return block < end && bytes >= GRANULE_BYTES && bytes % GRANULE_BYTES == 0 && block_behind(block) <= end;
}

int ar_block_at(void *p, struct ar_block *found) {
    if (!is_held(p, 1)) return 0;
    if (is_page_aligned(p)) {
        size_t bytes = (size_t)*ar_page_word(p) * AR_PAGE_BYTES;
        *found = (struct ar_block){p, bytes, 0};
        return bytes > 0;
    }
    if (!is_held(payload_block(p), HEADER_BYTES)) return 0;
    struct block *block = payload_block(padding_strip(p));
    if (!is_held(block, HEADER_BYTES) || !block_is_sound(block) || block->word & BLOCK_FREE) return 0;
    *found = (struct ar_block){block, HEADER_BYTES + block_bytes(block), (size_t)((char *)p - (char *)block)};
    return (char *)p < (char *)block_behind(block);
}

static void region_walk(void *page, ar_visitor visit) {
    struct block *end = region_end(page), *before = NULL, *block = page;
    int before_is_free = 0;
    for (;; before = block, block = block_behind(block)) {
        if (block->before != before) ar_panic("a header does not point back to the block before it");
        if (!(block->word & BEFORE_FREE) != !before_is_free) ar_panic("a header is wrong about the block before it");
        if (block == end) break;
        if (!block_is_sound(block)) ar_panic("a block whose size no block can have");
        if (block->word & BLOCK_FREE && before_is_free) ar_panic("two free blocks lie side by side");
        before_is_free = (block->word & BLOCK_FREE) != 0;
        visit(block, HEADER_BYTES + block_bytes(block), before_is_free ? AR_FREE : AR_ALLOCATED);
    }
    if (end->word & ~BEFORE_FREE) ar_panic("the end of a region says that it is a block");
    visit(end, HEADER_BYTES, AR_METADATA);
}

void ar_walk(ar_visitor visit) {
    for (char *run = ar_held_from(NULL); run; run = ar_held_from(run)) {
        for (char *end = ar_held_until(run); run < end;) {
            size_t bytes = (size_t)*ar_page_word(run) * AR_PAGE_BYTES;
            if (run == (char *)pool) {
                bytes = AR_PAGE_BYTES << POOL_ORDER;
                visit(run, bytes, AR_METADATA);
            } else if (bytes > (size_t)(end - run)) {
                ar_panic("more whole pages than are held");
            } else if (bytes > 0) {
                visit(run, bytes, AR_ALLOCATED);
            } else {
                bytes = AR_PAGE_BYTES;
                region_walk(run, visit);
            }
            run += bytes;
        }
    }
}

/* What ar_check counts in a walk and holds the pool against. */
static struct {
    size_t used_bytes, regions, free_blocks;
} seen;

static void seen_add(void *start, size_t bytes, int state) {
    if (state == AR_FREE) seen.free_blocks++;
    else if (!is_page_aligned(start) || bytes < AR_PAGE_BYTES) seen.used_bytes += bytes;
    seen.regions += state == AR_METADATA && start != pool;
}

/* Takes the blocks of a list off those that the walk found free. */
static void list_check(struct class class) {
    struct block *before = NULL, *block = pool->head[class.first][class.second];
    int has_bit = pool->second_map[class.first] >> class.second & 1;
    if (!block != !has_bit) ar_panic("a second-level bitmap is wrong about a list");
    for (; block; before = block, block = block->link.next) {
        if (seen.free_blocks-- == 0) ar_panic("the lists hold more blocks than are free");
        if (!is_held(block, sizeof *block)) ar_panic("a list leads outside the pool");
        struct class kept = class_of(block_bytes(block));
        if (!(block->word & BLOCK_FREE)) ar_panic("a block in use stands on a list");
        if (kept.first != class.first || kept.second != class.second) ar_panic("a block stands on the wrong list");
        if (block->link.previous != before) ar_panic("a list is not linked both ways");
    }
}

void ar_check(void) {
    if (!pool) return;
    if (!is_held(pool, AR_PAGE_BYTES << POOL_ORDER)) ar_panic("the pool does not lie in pages that it holds");
    seen.used_bytes = seen.regions = seen.free_blocks = 0;
    ar_walk(seen_add);
    if (seen.used_bytes != pool->used_bytes) ar_panic("the pool has lost count of its used bytes");
    if (seen.regions != pool->region_count) ar_panic("the pool has lost count of its regions");
    for (unsigned first = 0; first < FIRST_LEVELS; first++) {
        int has_bit = pool->first_map >> first & 1;
        if (!pool->second_map[first] != !has_bit) ar_panic("the first-level bitmap is wrong");
        for (unsigned second = 0; second < SECOND_LEVELS; second++) list_check((struct class){first, second});
    }
    if (seen.free_blocks > 0) ar_panic("a free block stands on no list");
}
