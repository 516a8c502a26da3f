/*
 * The runtime, linked into every engine: what a compiler takes for granted (memcpy and its like), what allocators use
 * of libc, and the two calls by which the harness reaches the observers.
 *
 * Every definition is weak, so that an engine that brings its own is not in conflict with it; what nobody calls is left
 * out of the module. Compiled with -fno-builtin: a loop that is memset must not be turned into a call of itself.
 */
#include "alloc-replay.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <unistd.h>

#define WEAK __attribute__((weak))

/* ---- Observers: the harness calls these, whether or not the engine has what they ask for --------------------- */

#pragma weak ar_walk
#pragma weak ar_block_at

__attribute__((export_name("__ar_walk"))) void __ar_walk(void) {
    if (ar_walk) ar_walk(ar_visit);
}

/* Where the block of an object is described, or NULL where it has none. */
__attribute__((export_name("__ar_block_at"))) const struct ar_block *__ar_block_at(void *p) {
    static struct ar_block block;
    return ar_block_at && ar_block_at(p, &block) ? &block : NULL;
}

/* ---- Memory: the built-in forms are single instructions, which the harness records line by line -------------- */

WEAK void *memcpy(void *restrict target, const void *restrict source, size_t bytes) {
    return __builtin_memcpy(target, source, bytes);
}

WEAK void *memmove(void *target, const void *source, size_t bytes) {
    return __builtin_memmove(target, source, bytes);
}

WEAK void *memset(void *target, int value, size_t bytes) {
    return __builtin_memset(target, value, bytes);
}

WEAK int memcmp(const void *one, const void *other, size_t bytes) {
    const unsigned char *a = one, *b = other;
    for (; bytes > 0; a++, b++, bytes--)
        if (*a != *b) return *a - *b;
    return 0;
}

WEAK void *memchr(const void *memory, int value, size_t bytes) {
    for (const unsigned char *at = memory; bytes > 0; at++, bytes--)
        if (*at == (unsigned char)value) return (void *)at;
    return NULL;
}

WEAK void bzero(void *target, size_t bytes) {
    __builtin_memset(target, 0, bytes);
}

/* ---- Strings ------------------------------------------------------------------------------------------------- */

WEAK size_t strlen(const char *text) {
    const char *end = text;
    while (*end) end++;
    return (size_t)(end - text);
}

WEAK size_t strnlen(const char *text, size_t most) {
    size_t length = 0;
    while (length < most && text[length]) length++;
    return length;
}

WEAK int strncmp(const char *one, const char *other, size_t most) {
    for (; most > 0; one++, other++, most--)
        if (*one != *other || !*one) return (unsigned char)*one - (unsigned char)*other;
    return 0;
}

WEAK int strcmp(const char *one, const char *other) {
    return strncmp(one, other, SIZE_MAX);
}

WEAK char *strchr(const char *text, int wanted) {
    for (;; text++) {
        if (*text == (char)wanted) return (char *)text;
        if (!*text) return NULL;
    }
}

WEAK char *strcpy(char *restrict target, const char *restrict source) {
    return memcpy(target, source, strlen(source) + 1);
}

WEAK char *strncpy(char *restrict target, const char *restrict source, size_t bytes) {
    size_t length = strnlen(source, bytes);
    memcpy(target, source, length);
    memset(target + length, 0, bytes - length);
    return target;
}

WEAK size_t strlcpy(char *restrict target, const char *restrict source, size_t bytes) {
    size_t length = strlen(source);
    if (bytes > 0) {
        size_t kept = length < bytes ? length : bytes - 1;
        memcpy(target, source, kept);
        target[kept] = 0;
    }
    return length;
}

WEAK char *strcat(char *restrict target, const char *restrict source) {
    strcpy(target + strlen(target), source);
    return target;
}

WEAK int ffs(int word) {
    return __builtin_ffs(word);
}

WEAK int ffsl(long word) {
    return __builtin_ffsl(word);
}

WEAK int ffsll(long long word) {
    return __builtin_ffsll(word);
}

/* ---- Output: integers, text, pointers and characters; of a floating-point number its integer part ------------ */

/* Where formatted text goes: what does not fit is counted and dropped. */
struct output {
    char *at;
    size_t room;
    size_t length;
};

/* What stands between % and the letter of a conversion. */
struct conversion {
    int left, zeroes, prefix;
    char plus; /* before what is not negative, 0 for nothing */
    int width, precision;
    int is_wide; /* 64 bits */
};

static void output_char(struct output *output, char each) {
    if (output->length++ < output->room) *output->at++ = each;
}

static void output_repeated(struct output *output, char each, int times) {
    for (; times > 0; times--) output_char(output, each);
}

static void output_text(struct output *output, const struct conversion *how, const char *text) {
    int length = (int)strnlen(text, how->precision < 0 ? SIZE_MAX : (size_t)how->precision);
    if (!how->left) output_repeated(output, ' ', how->width - length);
    for (int at = 0; at < length; at++) output_char(output, text[at]);
    if (how->left) output_repeated(output, ' ', how->width - length);
}

static void output_number(struct output *output, const struct conversion *how, const char *prefix, unsigned base,
                          int is_upper, unsigned long long value) {
    char digits[22];
    int count = 0;
    for (; value > 0; value /= base) digits[count++] = "0123456789abcdef0123456789ABCDEF"[value % base + 16 * is_upper];
    int wanted = how->precision < 0 ? 1 : how->precision;
    int length = (int)strlen(prefix) + (count > wanted ? count : wanted);
    if (how->zeroes && !how->left && how->precision < 0 && length < how->width) {
        wanted += how->width - length + (count > wanted ? count - wanted : 0);
        length = how->width;
    }
    if (!how->left) output_repeated(output, ' ', how->width - length);
    while (*prefix) output_char(output, *prefix++);
    output_repeated(output, '0', wanted - count);
    while (count > 0) output_char(output, digits[--count]);
    if (how->left) output_repeated(output, ' ', how->width - length);
}

static int format_number(const char **format, va_list *arguments) {
    int number = 0;
    if (**format == '*') return (*format)++, va_arg(*arguments, int);
    while (**format >= '0' && **format <= '9') number = 10 * number + *(*format)++ - '0';
    return number;
}

static struct conversion format_conversion(const char **format, va_list *arguments) {
    struct conversion how = {.precision = -1};
    for (;; (*format)++) {
        if (**format == '-') how.left = 1;
        else if (**format == '0') how.zeroes = 1;
        else if (**format == '#') how.prefix = 1;
        else if (**format == '+' || (**format == ' ' && !how.plus)) how.plus = **format;
        else break;
    }
    how.width = format_number(format, arguments);
    if (how.width < 0) how.left = 1, how.width = -how.width;
    if (**format == '.') (*format)++, how.precision = format_number(format, arguments);
    for (;; (*format)++) {
        if (**format == 'j' || (**format == 'l' && (*format)[1] == 'l')) how.is_wide = 1;
        else if (**format == 'z' || **format == 't' || **format == 'l') how.is_wide |= sizeof(long) == 8;
        else if (**format != 'h') return how;
    }
}

static const char *prefix_of(char conversion) {
    return conversion == 'X' ? "0X" : conversion == 'x' ? "0x" : conversion == 'o' ? "0" : "";
}

static void output_formatted(struct output *output, const char *format, va_list *arguments) {
    for (; *format; format++) {
        if (*format != '%') {
            output_char(output, *format);
            continue;
        }
        format++;
        struct conversion how = format_conversion(&format, arguments);
        unsigned long long bits = 0;
        long long number;
        char one[2] = {*format, 0};
        if (*format && strchr("diuoxX", *format))
            bits = how.is_wide ? va_arg(*arguments, unsigned long long) : (unsigned long long)va_arg(*arguments, int);
        switch (*format) {
        case 0: return;
        case 'e':
        case 'f':
        case 'g':
            bits = (unsigned long long)(long long)va_arg(*arguments, double);
            how.precision = -1; /* fall through */
        case 'd':
        case 'i':
            number = (long long)bits;
            output_number(output, &how, number < 0 ? "-" : (char[]){how.plus, 0}, 10, 0,
                          number < 0 ? -bits : bits);
            break;
        case 'u':
        case 'o':
        case 'x':
        case 'X':
            output_number(output, &how, how.prefix && bits > 0 ? prefix_of(*format) : "",
                          *format == 'u' ? 10 : *format == 'o' ? 8 : 16, *format == 'X',
                          how.is_wide ? bits : (unsigned)bits);
            break;
        case 'p': output_number(output, &how, "0x", 16, 0, (uintptr_t)va_arg(*arguments, void *)); break;
        case 's': {
            const char *text = va_arg(*arguments, const char *);
            output_text(output, &how, text ? text : "(null)");
            break;
        }
        case 'c': one[0] = (char)va_arg(*arguments, int); /* fall through */
        default: output_text(output, &how, one);
        }
    }
}

WEAK int vsnprintf(char *restrict target, size_t bytes, const char *restrict format, va_list arguments) {
    struct output output = {.at = target, .room = bytes > 0 ? bytes - 1 : 0};
    va_list each;
    va_copy(each, arguments);
    output_formatted(&output, format, &each);
    va_end(each);
    if (bytes > 0) *output.at = 0;
    return (int)output.length;
}

WEAK int snprintf(char *restrict target, size_t bytes, const char *restrict format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(target, bytes, format, arguments);
    va_end(arguments);
    return length;
}

WEAK int vsprintf(char *restrict target, const char *restrict format, va_list arguments) {
    return vsnprintf(target, SIZE_MAX / 2, format, arguments);
}

WEAK int sprintf(char *restrict target, const char *restrict format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int length = vsprintf(target, format, arguments);
    va_end(arguments);
    return length;
}

WEAK FILE *const stdout = NULL;
WEAK FILE *const stderr = NULL;

WEAK int vfprintf(FILE *restrict stream, const char *restrict format, va_list arguments) {
    char text[512];
    int length = vsnprintf(text, sizeof text, format, arguments);
    (void)stream;
    ar_print(text);
    return length;
}

WEAK int vprintf(const char *restrict format, va_list arguments) {
    return vfprintf(stdout, format, arguments);
}

WEAK int fprintf(FILE *restrict stream, const char *restrict format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int length = vfprintf(stream, format, arguments);
    va_end(arguments);
    return length;
}

WEAK int printf(const char *restrict format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int length = vprintf(format, arguments);
    va_end(arguments);
    return length;
}

WEAK int fputs(const char *restrict text, FILE *restrict stream) {
    (void)stream;
    ar_print(text);
    return 0;
}

WEAK int puts(const char *text) {
    return printf("%s\n", text);
}

WEAK int fputc(int each, FILE *stream) {
    return fputs((char[]){(char)each, 0}, stream), each;
}

WEAK int putchar(int each) {
    return fputc(each, stdout);
}

WEAK int fflush(FILE *stream) {
    (void)stream;
    return 0;
}

WEAK ssize_t write(int file, const void *text, size_t bytes) {
    (void)file;
    printf("%.*s", (int)bytes, (const char *)text);
    return (ssize_t)bytes;
}

/* ---- The end ------------------------------------------------------------------------------------------------- */

WEAK void abort(void) {
    ar_panic("abort()");
}

WEAK void exit(int status) {
    char text[32];
    snprintf(text, sizeof text, "exit(%d)", status);
    ar_panic(text);
}

WEAK void _exit(int status) {
    exit(status);
}

WEAK void __assert_fail(const char *condition, const char *file, unsigned line, const char *function) {
    char text[256];
    snprintf(text, sizeof text, "%s:%u: %s: assertion failed: %s", file, line, function, condition);
    ar_panic(text);
}

/* ---- The system underneath ----------------------------------------------------------------------------------- */

#ifdef AR_OVER_WASI
/* wasi-libc has its own errno, one a thread; and a malloc whose heap begins between these two: none of it is ours. */
static int errno_of_runtime;
#define errno errno_of_runtime
char __heap_base, __heap_end;
#else
WEAK int errno;
#endif

WEAK void *sbrk(intptr_t bytes) {
    void *end = ar_sbrk(bytes);
    if (end == (void *)-1) errno = ENOMEM;
    return end;
}

/* Anonymous memory wherever it comes to lie; files there are none. */
WEAK void *mmap(void *wish, size_t bytes, int protection, int flags, int file, off_t offset) {
    (void)wish, (void)protection, (void)file, (void)offset;
    void *memory = flags & (MAP_FIXED | MAP_FIXED_NOREPLACE) || !(flags & MAP_ANONYMOUS) ? MAP_FAILED : ar_mmap(bytes);
    if (memory == MAP_FAILED) errno = ENOMEM;
    return memory;
}

WEAK int munmap(void *memory, size_t bytes) {
    ar_munmap(memory, bytes);
    return 0;
}

WEAK int mprotect(void *memory, size_t bytes, int protection) {
    (void)memory, (void)bytes, (void)protection;
    return 0;
}

/* Pages that are not needed read as zero afterwards; the system would take them away, here they stay. */
WEAK int madvise(void *memory, size_t bytes, int advice) {
    if (advice == MADV_DONTNEED) memset(memory, 0, bytes);
    return 0;
}

WEAK int getpagesize(void) {
    return AR_PAGE_BYTES;
}

WEAK long sysconf(int name) {
    switch (name) {
    case _SC_PAGESIZE: return AR_PAGE_BYTES;
    case _SC_NPROCESSORS_CONF:
    case _SC_NPROCESSORS_ONLN: return 1;
    default: return -1;
    }
}

/* Nothing outside the trace decides where a block lies. */
WEAK char *getenv(const char *name) {
    (void)name;
    return NULL;
}
