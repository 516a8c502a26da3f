/*
 * <stdlib.h>: malloc and its like are declared for the allocator to define. abort and exit are ar_panic, the
 * environment is empty.
 */
#ifndef AR_STDLIB_H
#define AR_STDLIB_H
#include <stddef.h>
#ifdef __cplusplus
extern "C" {
#endif

#define EXIT_SUCCESS 0
#define EXIT_FAILURE 1

void *malloc(size_t);
void *calloc(size_t, size_t);
void *realloc(void *, size_t);
void free(void *);
void *aligned_alloc(size_t, size_t);
int posix_memalign(void **, size_t, size_t);

__attribute__((noreturn)) void abort(void);
__attribute__((noreturn)) void exit(int);
char *getenv(const char *);

static inline int abs(int number) { return number < 0 ? -number : number; }
static inline long labs(long number) { return number < 0 ? -number : number; }

#ifdef __cplusplus
}
#endif
#endif
