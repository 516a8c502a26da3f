/* <stdio.h>: every stream ends in ar_print. */
#ifndef AR_STDIO_H
#define AR_STDIO_H
#include <stdarg.h>
#include <stddef.h>
#ifdef __cplusplus
extern "C" {
#define restrict __restrict
#endif

typedef struct ar_file FILE;
extern FILE *const stdout;
extern FILE *const stderr;
#define stdout stdout
#define stderr stderr
#define EOF (-1)

#define AR_FORMAT(text, rest) __attribute__((format(printf, text, rest)))
AR_FORMAT(1, 2) int printf(const char *restrict, ...);
AR_FORMAT(2, 3) int fprintf(FILE *restrict, const char *restrict, ...);
AR_FORMAT(2, 3) int sprintf(char *restrict, const char *restrict, ...);
AR_FORMAT(3, 4) int snprintf(char *restrict, size_t, const char *restrict, ...);
int vprintf(const char *restrict, va_list);
int vfprintf(FILE *restrict, const char *restrict, va_list);
int vsprintf(char *restrict, const char *restrict, va_list);
int vsnprintf(char *restrict, size_t, const char *restrict, va_list);
int puts(const char *);
int fputs(const char *restrict, FILE *restrict);
int putchar(int);
int fputc(int, FILE *);
int fflush(FILE *);

#ifdef __cplusplus
#undef restrict
}
#endif
#endif
