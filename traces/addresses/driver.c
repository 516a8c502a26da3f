/*
 * Replays a canonical trace (CSV on stdin) on the malloc of this process, each operation marked for valgrind's lackey:
 *
 *     gcc -O2 -o driver driver.c my-allocator.c
 *     valgrind --tool=lackey --trace-mem=yes --log-file=run.lackey ./driver < trace.csv
 *     alloc-replay price run.lackey -p zen4-2022,zen4-2022@cold
 *
 * MALLOC, FREE and REALLOC name other functions (-DMALLOC=tlsf_malloc …). The operations of `price` have the numbers of
 * the trace's allocations, frees and resizes. What is read, and the table of objects, lies outside of the marks.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <valgrind/valgrind.h>

#ifndef MALLOC
#define MALLOC malloc
#define FREE free
#define REALLOC realloc
#else
void *MALLOC(size_t bytes);
void FREE(void *object);
#ifdef REALLOC
void *REALLOC(void *object, size_t bytes);
#endif
#endif

#define IDS_MAX (1u << 22)
#define MARKED(kind, call) \
    do { \
        VALGRIND_PRINTF("> " kind "\n"); \
        call; \
        VALGRIND_PRINTF("<\n"); \
    } while (0)

static void *objects[IDS_MAX];

int main(void)
{
    char line[256], op[32];
    unsigned long id, size;

    while (fgets(line, sizeof line, stdin)) {
        if (sscanf(line, "%31[a-z],%lu,%lu", op, &id, &size) != 3) continue;
        if (id >= IDS_MAX) {
            fprintf(stderr, "id %lu: expected less than %u\n", id, IDS_MAX);
            return 2;
        }
        void *object = objects[id], *result = NULL;
        if (!strcmp(op, "alloc")) MARKED("alloc", result = MALLOC(size));
        else if (!strcmp(op, "free")) MARKED("free", FREE(object));
#ifdef REALLOC
        else if (!strcmp(op, "realloc")) MARKED("realloc", result = REALLOC(object, size));
#endif
        else {
            fprintf(stderr, "%s: expected alloc, free or realloc\n", op);
            return 2;
        }
        objects[id] = result;
    }
    return 0;
}
