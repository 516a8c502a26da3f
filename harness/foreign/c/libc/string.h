/* <string.h>: memcpy, memmove and memset are single instructions of the module, recorded line by line. */
#ifndef AR_STRING_H
#define AR_STRING_H
#include <stddef.h>
#include <strings.h>
#ifdef __cplusplus
extern "C" {
#define restrict __restrict
#endif

void *memcpy(void *restrict, const void *restrict, size_t);
void *memmove(void *, const void *, size_t);
void *memset(void *, int, size_t);
int memcmp(const void *, const void *, size_t);
void *memchr(const void *, int, size_t);

size_t strlen(const char *);
size_t strnlen(const char *, size_t);
int strcmp(const char *, const char *);
int strncmp(const char *, const char *, size_t);
char *strchr(const char *, int);
char *strcpy(char *restrict, const char *restrict);
char *strncpy(char *restrict, const char *restrict, size_t);
size_t strlcpy(char *restrict, const char *restrict, size_t);
char *strcat(char *restrict, const char *restrict);

#ifdef __cplusplus
#undef restrict
}
#endif
#endif
