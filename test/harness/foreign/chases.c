/* An allocation of n bytes takes the n-th way through the structures that ar_start has built, then a granule. */
#include <alloc-replay.h>

struct node {
    struct node *next, *other;
    size_t word;
};

#define NODES 10

static struct node *nodes;
static char *at;
static volatile size_t sink;

void ar_start(void *heap, size_t bytes) {
    (void)bytes;
    nodes = heap;
    for (size_t each = 0; each < NODES; each++)
        nodes[each] = (struct node){each + 1 < NODES ? &nodes[each + 1] : NULL, &nodes[each / 3], each};
    at = (char *)(nodes + NODES);
}

/* One wait a node, whose pointer has to be there; the other words are there with the first. */
static size_t walk(void) {
    size_t sum = 0;
    for (struct node *each = nodes; each; each = each->next) sum += each->word + (size_t)each->other;
    return sum;
}

/* Both words are there when the first of the two pointers is. */
static size_t two_at_once(void) {
    struct node *next = nodes->next, *other = nodes->other;
    return next->word ^ other->word;
}

static size_t chain(void) {
    return nodes->next->next->next->word;
}

/* The node is found by a number that lies in another. */
static size_t indexed(void) {
    return nodes[nodes->word & 7].word;
}

/* What a locked instruction has waited for is there. */
static size_t behind_lock(void) {
    struct node *all = nodes;
    (void)__atomic_fetch_add(&sink, 1, __ATOMIC_RELAXED);
    return all->word;
}

/* Either way leads through one node, and the one behind it has to be waited for. */
__attribute__((noinline)) static size_t either(size_t which) {
    struct node *chosen;
    if (which) {
        sink = 1;
        chosen = nodes->next;
    } else {
        sink = 2;
        chosen = nodes->other;
    }
    return chosen->word;
}

/* Four waits for every node of the outer walk: its next node is there long before the inner walk has ended. */
static size_t walk_in_walk(void) {
    size_t sum = 0;
    for (struct node *outer = nodes; outer; outer = outer->next) {
        struct node *inner = outer->other;
        for (int step = 0; step < 4; step++) {
            sum += inner->word;
            inner = inner->next;
        }
    }
    return sum;
}

static size_t take(size_t way) {
    switch (way) {
    case 1: return walk();
    case 2: return two_at_once();
    case 3: return chain();
    case 4: return indexed();
    case 5: return behind_lock();
    case 6: return either(way & 1);
    case 7: return walk_in_walk();
    default: return 0;
    }
}

void *ar_allocate(size_t size, size_t align) {
    (void)align;
    sink = take(size);
    at += 16;
    return at;
}

void ar_free(void *p, size_t size, size_t align) {
    (void)p, (void)size, (void)align;
}
