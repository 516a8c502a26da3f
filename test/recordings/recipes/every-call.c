/* Calls every function of C's and glibc's allocator; what a recording of it must say stands in its own log. */
#define _GNU_SOURCE
#include <malloc.h>
#include "told.h"

static void freed(void *block) {
  told("free", NULL, block, 0, 0);
  free(block);
}

static void *aligned(size_t align, size_t size) {
  void *block = NULL;
  if (posix_memalign(&block, align, size) != 0) block = NULL;
  return told("posix_memalign", block, NULL, size, align);
}

int main(void) {
  const size_t huge = (size_t)1 << 62;
  void *blocks[9];
  free(malloc(FIRST_MARK));

  blocks[0] = told("malloc", malloc(100), NULL, 100, 0);
  blocks[1] = told("malloc", malloc(0), NULL, 0, 0);
  blocks[2] = told("calloc", calloc(7, 33), NULL, 7 * 33, 0);
  blocks[3] = told("memalign", memalign(64, 1000), NULL, 1000, 64);
  blocks[4] = told("aligned_alloc", aligned_alloc(256, 512), NULL, 512, 256);
  blocks[5] = aligned(4096, 77);
  blocks[6] = told("valloc", valloc(10), NULL, 10, 4096);
#ifdef WITHOUT_PVALLOC
  blocks[7] = NULL;
#else
  blocks[7] = told("pvalloc", pvalloc(5000), NULL, 8192, 4096);
#endif
  blocks[8] = told("realloc", realloc(NULL, 50), NULL, 50, 0);
  for (int i = 0; i < 20; i++) {
    void *old = blocks[8];
    blocks[8] = told("realloc", realloc(old, 50 + 4000 * (size_t)i), old, 50 + 4000 * (size_t)i, 0);
    if (i % 5 == 0) freed(told("malloc", malloc(24 + (size_t)i), NULL, 24 + (size_t)i, 0));
  }
  void *old = blocks[0];
  blocks[0] = told("realloc", realloc(old, 20), old, 20, 0);
  old = blocks[2];
  blocks[2] = told("reallocarray", reallocarray(old, 30, 40), old, 1200, 0);
  told("malloc", malloc(huge), NULL, huge, 0);
  aligned(64, huge);
  old = blocks[3];
  told("realloc", realloc(old, huge), old, huge, 0);
  freed(NULL);
  freed(blocks[4]);
  freed(told("malloc", malloc(3000), NULL, 3000, 0));
  for (int i = 0; i < 9; i++)
    if (i != 4) freed(blocks[i]);

  return tell();
}
