/* Frees onto a list of blocks of one size, and forgets what it finds there too large. */
#include "bump.h"

static struct node {
    struct node *next;
} *list;

static size_t node_bytes(struct node *node) {
    return ((size_t *)node)[-2];
}

static void *list_take(size_t size) {
    while (list) {
        struct node *node = list;
        list = node->next;
        if (node_bytes(node) == size) return node;
    }
    return NULL;
}

void *ar_allocate(size_t size, size_t align) {
    (void)align;
    if (size < sizeof(struct node)) size = sizeof(struct node);
    void *found = list_take(size);
    return found ? found : bump_allocate(size);
}

void ar_free(void *p, size_t size, size_t align) {
    (void)size, (void)align;
    struct node *node = p;
    node->next = list;
    list = node;
}

void ar_walk(ar_visitor visit) {
    for (char *each = heap; each < at;) {
        size_t bytes = ((*(size_t *)each + 15) & ~(size_t)15) + 16;
        int state = AR_ALLOCATED;
        for (struct node *node = list; node; node = node->next)
            if ((char *)node == each + 16) state = AR_FREE;
        visit(each, bytes, state);
        each += bytes;
    }
    visit(at, (size_t)(end - at), AR_FREE);
}
