/*
 * Xen's first-fit xmalloc as it was from 2005 until commit 9736b76d82 (October 2008), written from its description.
 *
 * One circular free list, newest block first. An allocation takes the first block that is large enough. A free walks
 * the list to its very end to find neighbours on its own page, so that every sub-page free costs the length of the
 * list: the xfree latency problem. Sizes of about half a page leave one fragment each that nothing can reuse. What
 * does not fit a page together with its header goes to the page allocator.
 *
 * lp64; the pages under it are alloc-replay's. The TypeScript model of the same allocator is xmalloc-first-fit.
 */
#include <alloc-replay.h>

/* Xen/x86 takes a cache line for 2^7 bytes; a header is padded to one, sizes and alignments are whole ones. */
#define LINE_BYTES 128

/* A leftover that holds no object behind its header stays inside the block. */
#define LEFTOVER_BYTES_MIN (2 * LINE_BYTES)

struct link {
    struct link *next, *previous;
};

/* In front of every object. Linked while the block is free; both links are NULL while it is in use. */
struct block {
    size_t bytes; /* this header included */
    struct link link;
} __attribute__((aligned(LINE_BYTES)));

_Static_assert(sizeof(struct block) == LINE_BYTES, "a header is a line");

static struct link freelist __attribute__((aligned(64)));
static uint32_t freelist_lock __attribute__((aligned(64)));

/* What an unlinked entry's links hold, so that following them faults. */
#define POISON_NEXT ((struct link *)0x00100100)
#define POISON_PREVIOUS ((struct link *)0x00200200)

#define EACH_LINK(each) (each) = freelist.next; (each) != &freelist; (each) = (each)->next

static struct block *block_of_link(struct link *link) {
    return (struct block *)((char *)link - offsetof(struct block, link));
}

static void *block_object(struct block *block) {
    return block + 1;
}

static struct block *object_block(void *object) {
    return (struct block *)object - 1;
}

static struct block *block_end(struct block *block) {
    return (struct block *)((char *)block + block->bytes);
}

static int block_shares_page(struct block *block, struct block *other) {
    return ((uintptr_t)block ^ (uintptr_t)other) < AR_PAGE_BYTES;
}

static void freelist_take_lock(void) {
    ar_lock("freelist");
    (void)__atomic_exchange_n(&freelist_lock, 1, __ATOMIC_ACQUIRE);
}

static void freelist_drop_lock(void) {
    __atomic_store_n(&freelist_lock, 0, __ATOMIC_RELEASE);
    ar_unlock("freelist");
}

static void block_push(struct block *block) {
    struct link *link = &block->link;
    struct link *first = freelist.next;
    first->previous = link;
    link->next = first;
    link->previous = &freelist;
    freelist.next = link;
}

static void block_unlink(struct block *block) {
    struct link *link = &block->link;
    link->next->previous = link->previous;
    link->previous->next = link->next;
    link->next = POISON_NEXT;
    link->previous = POISON_PREVIOUS;
}

/* Puts the front of `available` bytes to use; a leftover worth having becomes the newest free block. */
static void block_split(struct block *block, size_t bytes, size_t available) {
    size_t left = available - bytes;
    if (left >= LEFTOVER_BYTES_MIN) {
        struct block *rest = (struct block *)((char *)block + bytes);
        rest->bytes = left;
        block_push(rest);
    } else {
        bytes = available;
    }
    block->bytes = bytes;
    block->link.next = NULL;
    block->link.previous = NULL;
}

static unsigned order_of_bytes(size_t bytes) {
    unsigned order = 0;
    for (size_t pages = (bytes - 1) / AR_PAGE_BYTES; pages > 0; pages /= 2) order++;
    return order;
}

/* A page or more, header included: the free list is not looked at, and the header says how much was taken. */
static void *whole_pages_allocate(size_t bytes) {
    unsigned order = order_of_bytes(bytes);
    struct block *block = ar_page_alloc(order);
    if (!block) return NULL;
    block->bytes = (size_t)AR_PAGE_BYTES << order;
    block->link.next = NULL;
    block->link.previous = NULL;
    return block_object(block);
}

static void *xmalloc(size_t size, size_t align) {
    if (align > LINE_BYTES) ar_bug("xmalloc: aligned beyond a cache line");
    size_t bytes = (size + sizeof(struct block) + LINE_BYTES - 1) & -LINE_BYTES;
    if (bytes >= AR_PAGE_BYTES) return whole_pages_allocate(bytes);

    struct link *each;
    freelist_take_lock();
    for (EACH_LINK(each)) {
        struct block *block = block_of_link(each);
        if (block->bytes < bytes) continue;
        block_unlink(block);
        block_split(block, bytes, block->bytes);
        freelist_drop_lock();
        return block_object(block);
    }
    freelist_drop_lock();

    struct block *page = ar_page_alloc(0);
    if (!page) return NULL;
    freelist_take_lock();
    block_split(page, bytes, AR_PAGE_BYTES);
    freelist_drop_lock();
    return block_object(page);
}

static void xfree(void *object) {
    struct block *block = object_block(object);
    if (block->link.next || block->link.previous) ar_panic("xfree of a block that is on the free list");
    if (block->bytes >= AR_PAGE_BYTES) {
        ar_page_free(block, order_of_bytes(block->bytes));
        return;
    }

    struct link *each, *next;
    freelist_take_lock();
    for (each = freelist.next; each != &freelist; each = next) {
        struct block *other = block_of_link(each);
        next = each->next;
        if (!block_shares_page(other, block)) continue;
        if (block_end(other) == block) {
            block_unlink(other);
            other->bytes += block->bytes;
            block = other;
        } else if (block_end(block) == other) {
            block_unlink(other);
            block->bytes += other->bytes;
        }
    }
    if (block->bytes == AR_PAGE_BYTES) {
        ar_page_free(block, 0);
    } else {
        block_push(block);
    }
    freelist_drop_lock();
}

/* ---- The port ------------------------------------------------------------------------------------------------ */

void ar_start(void *heap, size_t bytes) {
    (void)heap, (void)bytes;
    freelist.next = freelist.previous = &freelist;
}

void *ar_allocate(size_t size, size_t align) {
    return xmalloc(size, align);
}

void ar_free(void *p, size_t size, size_t align) {
    (void)size, (void)align;
    xfree(p);
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

static int block_is_free(struct block *block) {
    return block->link.next != NULL;
}

/* Whether a block lies there by its size: whole pages, or whole lines within one page. */
static int block_has_size(struct block *block) {
    size_t offset = (uintptr_t)block % AR_PAGE_BYTES, bytes = block->bytes;
    if (bytes == 0) return 0;
    return offset == 0 && bytes % AR_PAGE_BYTES == 0
        || offset % LINE_BYTES == 0 && bytes % LINE_BYTES == 0 && offset + bytes <= AR_PAGE_BYTES;
}

static int block_is_sound(struct block *block) {
    return is_held(block, sizeof *block) && block_has_size(block) && is_held(block, block->bytes);
}

int ar_block_at(void *p, struct ar_block *found) {
    struct block *block = object_block(p);
    if (!block_is_sound(block) || block->link.next || block->link.previous) return 0;
    *found = (struct ar_block){block, block->bytes, sizeof *block};
    return 1;
}

void ar_walk(ar_visitor visit) {
    for (char *run = ar_held_from(NULL); run; run = ar_held_from(run)) {
        for (char *end = ar_held_until(run); run < end;) {
            struct block *block = (struct block *)run;
            if (!block_has_size(block) || block->bytes > (size_t)(end - run)) {
                ar_panic("a block whose size no block can have");
            }
            visit(block, block->bytes, block_is_free(block) ? AR_FREE : AR_ALLOCATED);
            run += block->bytes;
        }
    }
}

static size_t free_blocks;

static void count_free(void *start, size_t bytes, int state) {
    struct block *block = start;
    (void)bytes;
    if (!block->link.next != !block->link.previous) ar_panic("a block with one link");
    free_blocks += state == AR_FREE;
}

/* Whether the blocks of a page, one after the other, come to this one. */
static int block_is_on_its_page(struct block *block) {
    struct block *each = (struct block *)((uintptr_t)block & -AR_PAGE_BYTES);
    while (each < block && block_is_sound(each)) each = block_end(each);
    return each == block && block_is_sound(block);
}

/* Every free block stands on the list once, linked both ways, and nothing else does. */
void ar_check(void) {
    free_blocks = 0;
    ar_walk(count_free);
    struct link *before = &freelist, *each;
    for (EACH_LINK(each)) {
        if (free_blocks-- == 0) ar_panic("the free list holds more blocks than are free");
        if (!block_is_on_its_page(block_of_link(each))) ar_panic("the free list leads to what is no block");
        if (each->previous != before) ar_panic("the free list is not linked both ways");
        before = each;
    }
    if (freelist.previous != before || free_blocks > 0) ar_panic("the free list ends too early");
}
