/* <unistd.h>: sbrk is ar_sbrk, write is ar_print whatever the file. */
#ifndef AR_UNISTD_H
#define AR_UNISTD_H
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#ifdef __cplusplus
extern "C" {
#endif

#define STDIN_FILENO 0
#define STDOUT_FILENO 1
#define STDERR_FILENO 2

#define _SC_PAGESIZE 30
#define _SC_PAGE_SIZE _SC_PAGESIZE
#define _SC_NPROCESSORS_CONF 83
#define _SC_NPROCESSORS_ONLN 84

void *sbrk(intptr_t);
int getpagesize(void);
long sysconf(int);
ssize_t write(int, const void *, size_t);
__attribute__((noreturn)) void _exit(int);

#ifdef __cplusplus
}
#endif
#endif
