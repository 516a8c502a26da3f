/*
 * What Zephyr's sys_heap uses of Zephyr: every header below zephyr/ is this one. `defines:` takes the CONFIG_…
 * options; a failed __ASSERT is ar_panic.
 */
#ifndef ZEPHYR_PACK_H
#define ZEPHYR_PACK_H

#include <alloc-replay.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Kconfig's default: blocks of the smallest bucket that are tried. */
#ifndef CONFIG_SYS_HEAP_ALLOC_LOOPS
#define CONFIG_SYS_HEAP_ALLOC_LOOPS 3
#endif
#ifndef CONFIG_SYS_HEAP_ARRAY_SIZE
#define CONFIG_SYS_HEAP_ARRAY_SIZE 0
#endif

/* 1 where the option is defined as 1, else 0: the placeholder moves 1 to the second place. */
#define ZEPHYR_PACK_PLACE_1 0,
#define ZEPHYR_PACK_SECOND(first, second, ...) second
#define ZEPHYR_PACK_IS_ENABLED(places) ZEPHYR_PACK_SECOND(places 1, 0)
#define ZEPHYR_PACK_PLACE(value) ZEPHYR_PACK_IS_ENABLED(ZEPHYR_PACK_PLACE_##value)
#define IS_ENABLED(option) ZEPHYR_PACK_PLACE(option)

/* The code in parentheses where the option is 1, else nothing. */
#define ZEPHYR_PACK_CODE_1(...) __VA_ARGS__
#define ZEPHYR_PACK_CODE_0(...)
#define ZEPHYR_PACK_CHOSEN(enabled) ZEPHYR_PACK_CODE_##enabled
#define ZEPHYR_PACK_CHOOSE(enabled) ZEPHYR_PACK_CHOSEN(enabled)
#define IF_ENABLED(option, code) ZEPHYR_PACK_CHOOSE(IS_ENABLED(option)) code

#define ALWAYS_INLINE inline __attribute__((always_inline))
#define ARG_UNUSED(argument) ((void)(argument))
#define __weak __attribute__((weak))
#define __unused __attribute__((unused))
#define __maybe_unused __attribute__((unused))
#define __syscall static inline
#define likely(condition) __builtin_expect(!!(condition), 1)
#define unlikely(condition) __builtin_expect(!!(condition), 0)

#define BIT(n) (1UL << (n))
#define BIT_MASK(n) (BIT(n) - 1UL)
#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#define CONTAINER_OF(pointer, type, field) ((type *)((char *)(pointer) - offsetof(type, field)))
#define ROUND_UP(value, unit) \
    ((((unsigned long)(value)) + ((unsigned long)(unit) - 1)) & ~((unsigned long)(unit) - 1))
#define ROUND_DOWN(value, unit) (((unsigned long)(value) / (unsigned long)(unit)) * (unsigned long)(unit))
#define DIV_ROUND_UP(n, d) (((n) + (d) - 1) / (d))
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))
#define min(a, b) ({ __typeof__(a) a_ = (a); __typeof__(b) b_ = (b); a_ < b_ ? a_ : b_; })
#define max(a, b) ({ __typeof__(a) a_ = (a); __typeof__(b) b_ = (b); a_ > b_ ? a_ : b_; })

#define ZEPHYR_PACK_TEXT_OF(line) #line
#define ZEPHYR_PACK_TEXT(line) ZEPHYR_PACK_TEXT_OF(line)
#define __ASSERT(condition, ...) \
    ((condition) ? (void)0 : ar_panic("__ASSERT(" #condition ") at " __FILE__ ":" ZEPHYR_PACK_TEXT(__LINE__)))
#define __ASSERT_NO_MSG(condition) __ASSERT(condition, "")
#define BUILD_ASSERT(condition, ...) _Static_assert(condition, #condition)
#define k_panic() ar_panic("k_panic() at " __FILE__ ":" ZEPHYR_PACK_TEXT(__LINE__))
#define printk(...) ((void)printf(__VA_ARGS__))

#define LOG_MODULE_REGISTER(...)
#define LOG_MODULE_DECLARE(...)
#define LOG_ERR(...) printk(__VA_ARGS__)
#define LOG_WRN(...) printk(__VA_ARGS__)
#define LOG_INF(...) ((void)0)
#define LOG_DBG(...) ((void)0)

struct sys_memory_stats {
    size_t free_bytes;
    size_t allocated_bytes;
    size_t max_allocated_bytes;
};

#endif
