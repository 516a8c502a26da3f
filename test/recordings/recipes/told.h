/*
 * The log that a program keeps of its own allocations, without allocating for it. It goes to truth.txt, and tells what
 * happened between two marks: allocations of sizes that nothing else has.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FIRST_MARK = 123457, LAST_MARK = 123458 };

static char log_text[1 << 14];
static size_t log_bytes;

static void put(const char *text) {
  size_t bytes = strlen(text);
  memcpy(log_text + log_bytes, text, bytes);
  log_bytes += bytes;
}

static void put_number(size_t number) {
  char digits[24];
  char *at = digits + sizeof digits;
  *--at = 0;
  do *--at = '0' + number % 10; while (number /= 10);
  put(" ");
  put(at);
}

/* FUNCTION RESULT OLD SIZE ALIGN: addresses, 0 where there is none. */
static void *told(const char *function, void *result, const void *old, size_t size, size_t align) {
  put(function);
  put_number((size_t)result);
  put_number((size_t)old);
  put_number(size);
  put_number(align);
  put("\n");
  return result;
}

static int tell(void) {
  void *mark = malloc(LAST_MARK);
  int file = open("truth.txt", O_WRONLY | O_CREAT | O_TRUNC, 0666);
  int failed = file < 0 || write(file, log_text, log_bytes) != (ssize_t)log_bytes;
  free(mark);
  return failed;
}
