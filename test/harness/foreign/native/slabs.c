/*
 * Slabs with bitmaps: a run of pages holds objects of one size class, four classes a doubling, and begins with a bitmap
 * of those that are free. Runs with room stand on their class's list, empty ones on a list of all. What is larger than
 * the largest class takes runs from untouched memory and never gives them back. Not fitted to: it checks what was
 * fitted to others.
 */
#include <alloc-replay.h>

#define RUN_BYTES 16384
#define CLASSES 32
#define WORDS 8
#define OBJECTS_MAX (WORDS * 64)
#define HEADER_BYTES 128
#define LARGEST_BYTES 4096

struct run {
    struct run *next, *previous;
    uint32_t class, free, bytes, objects;
    uint64_t map[WORDS];
};

_Static_assert(sizeof(struct run) <= HEADER_BYTES, "a header fits in front of the objects");

static struct run heads[CLASSES];
static struct run *empty;
static char *untouched, *end;

static unsigned class_of(size_t size) {
    size_t granules = size ? (size + 31) / 32 : 1;
    if (granules <= 4) return granules - 1;
    unsigned power = 63 - __builtin_clzll(granules - 1);
    return 4 * (power - 1) + ((granules - 1) >> (power - 2)) - 4;
}

static size_t class_bytes(unsigned class) {
    if (class < 4) return 32 * (class + 1);
    return ((size_t)32 * (class % 4 + 5)) << (class / 4 - 1);
}

static void run_link(struct run *run, struct run *head) {
    struct run *next = head->next;
    run->next = next;
    run->previous = head;
    next->previous = run;
    head->next = run;
}

static void run_unlink(struct run *run) {
    run->previous->next = run->next;
    run->next->previous = run->previous;
}

static struct run *run_take(size_t bytes) {
    if (bytes == RUN_BYTES && empty) {
        struct run *run = empty;
        empty = run->next;
        return run;
    }
    if (bytes > (size_t)(end - untouched)) return NULL;
    struct run *run = (struct run *)untouched;
    untouched += bytes;
    return run;
}

static struct run *run_make(unsigned class) {
    struct run *run = run_take(RUN_BYTES);
    if (!run) return NULL;
    uint32_t bytes = class_bytes(class), objects = (RUN_BYTES - HEADER_BYTES) / bytes;
    if (objects > OBJECTS_MAX) objects = OBJECTS_MAX;
    run->class = class;
    run->bytes = bytes;
    run->free = run->objects = objects;
    for (unsigned word = 0; word < WORDS; word++) {
        uint32_t from = word * 64;
        run->map[word] = objects >= from + 64 ? ~0ull : objects > from ? (1ull << (objects - from)) - 1 : 0;
    }
    run_link(run, &heads[class]);
    return run;
}

void ar_start(void *heap, size_t bytes) {
    untouched = heap;
    end = untouched + bytes;
    for (unsigned class = 0; class < CLASSES; class++) heads[class].next = heads[class].previous = &heads[class];
}

void *ar_allocate(size_t size, size_t align) {
    if (align > 32) return NULL;
    if (size > LARGEST_BYTES) return run_take((size + RUN_BYTES - 1) & -(size_t)RUN_BYTES);
    unsigned class = class_of(size);
    struct run *run = heads[class].next;
    if (run == &heads[class] && !(run = run_make(class))) return NULL;
    unsigned word = 0;
    while (!run->map[word]) word++;
    unsigned object = word * 64 + __builtin_ctzll(run->map[word]);
    run->map[word] &= run->map[word] - 1;
    if (--run->free == 0) run_unlink(run);
    return (char *)run + HEADER_BYTES + (size_t)object * run->bytes;
}

void ar_free(void *p, size_t size, size_t align) {
    (void)align;
    if (size > LARGEST_BYTES) return;
    struct run *run = (struct run *)((uintptr_t)p & -(uintptr_t)RUN_BYTES);
    uint32_t object = (uint32_t)((char *)p - (char *)run - HEADER_BYTES) / run->bytes;
    uint64_t bit = 1ull << (object % 64);
    if (run->map[object / 64] & bit) ar_panic("a free of what is free");
    run->map[object / 64] |= bit;
    if (run->free++ == 0) run_link(run, &heads[run->class]);
    if (run->free == run->objects) {
        run_unlink(run);
        run->next = empty;
        empty = run;
    }
}
