/*
 * Takes locks in the ways that a harness might get wrong; which way, the size asked for says. The name of a lock is
 * told by its bytes, wherever they stand.
 */
#include <alloc-replay.h>

static int word;

static void use(const char *name) {
    ar_lock(name);
    __atomic_store_n(&word, 1, __ATOMIC_RELAXED);
    ar_unlock(name);
}

static void use_renamed(void) {
    static char name[] = "one";
    use(name);
    __builtin_memcpy(name, "two", 3);
    use(name);
    __builtin_memcpy(name, "one", 3);
}

static void use_everywhere(void) {
    static char names[40][8];
    for (int i = 0; i < 40; i++) {
        __builtin_memcpy(names[i], i % 2 ? "one" : "two", 4);
        use(names[i]);
    }
}

static char *at;

void ar_start(void *heap, size_t bytes) {
    (void)bytes;
    at = heap;
}

void *ar_allocate(size_t size, size_t align) {
    (void)align;
    switch (size) {
    case 1: use("one"); break;
    case 2: ar_lock("one"), use("two"), ar_unlock("one"); break;
    case 3: use_renamed(); break;
    case 4: use_everywhere(); break;
    case 5: use("a name of more bytes than anybody would give a lock, and one"); break;
    case 6: for (int i = 0; i < 5000; i++) use("one");
    }
    *(volatile char *)at = 1;
    return at;
}

void ar_free(void *p, size_t size, size_t align) {
    (void)p, (void)size, (void)align;
}

int ar_block_at(void *p, struct ar_block *found) {
    (void)p, (void)found;
    ar_lock("seen by observers alone");
    return 0;
}

/* Visits more blocks than fit any column. */
void ar_walk(ar_visitor visit) {
    for (int i = 0; i < 20000; i++) visit(at + 16 * i, 16, i % 3);
    if (*at) ar_panic("that was all");
}
