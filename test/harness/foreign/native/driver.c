/*
 * Runs an engine natively over a trace, for valgrind to look at: rows of three words on standard input, slot, bytes,
 * and whether it is an allocation. Everything is read before the first call, so that between the marks there is nothing
 * but the engine.
 */
#include <alloc-replay.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define ROWS_MAX (1 << 22)
#define HEAP_BYTES ((size_t)1 << 28)

static struct row {
    uint32_t slot, bytes, is_allocation;
} rows[ROWS_MAX];
static void *objects[ROWS_MAX];

/* Lackey's trace shows the stores to these around each call. */
volatile uint32_t allocation_mark, release_mark;

void ar_lock(const char *name) {
    (void)name;
}

void ar_unlock(const char *name) {
    (void)name;
}

void ar_panic(const char *text) {
    fprintf(stderr, "%s\n", text);
    exit(1);
}

void ar_bug(const char *text) {
    ar_panic(text);
}

/* What only observers call. */
void *ar_held_from(void *p) {
    return p;
}

void *ar_held_until(void *p) {
    return p;
}

int main(void) {
    size_t bytes = 0;
    for (ssize_t read_now; (read_now = read(0, (char *)rows + bytes, sizeof rows - bytes)) > 0;) bytes += read_now;
    char *memory = mmap(NULL, 2 * HEAP_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return 1;
    ar_start((void *)(((uintptr_t)memory + HEAP_BYTES - 1) & -HEAP_BYTES), HEAP_BYTES);
    for (struct row *row = rows; row < rows + bytes / sizeof *row; row++) {
        size_t size = row->bytes;
        void *object = objects[row->slot];
        /* Both are in registers before the first mark. */
        __asm__ volatile("" : "+r"(size), "+r"(object) : : "memory");
        if (row->is_allocation) {
            allocation_mark = 1;
            object = ar_allocate(size, 0);
            allocation_mark = 0;
            objects[row->slot] = object;
        } else {
            release_mark = 1;
            ar_free(object, size, 0);
            release_mark = 0;
        }
    }
}
