/*
 * What a Xen allocator uses of Xen, for one CPU and without debugging: every header of this folder is this one.
 *
 * Pages are alloc-replay's, a page's record is the word that its holder may use, bits and locks are set by locked
 * instructions, BUG() ends a request as BUG, a failed ASSERT is ar_panic (with `defines: {CONFIG_DEBUG: 1}`).
 */
#ifndef XEN_PACK_H
#define XEN_PACK_H

#include <alloc-replay.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>

/* ---- Compiler and configuration ---- */

#define __init
#define __initdata
#define __exit
#define __read_mostly
#define __ro_after_init
#define __hwdom_init
#define cf_check
#define noinline __attribute__((noinline))
#define always_inline inline __attribute__((always_inline))
#define noreturn __attribute__((noreturn))
#define __packed __attribute__((packed))
#define __must_check __attribute__((warn_unused_result))
#define __maybe_unused __attribute__((unused))
#define __used __attribute__((used))
#define likely(condition) __builtin_expect(!!(condition), 1)
#define unlikely(condition) __builtin_expect(!!(condition), 0)
#define barrier() __asm__ volatile("" ::: "memory")
#define EXPORT_SYMBOL(symbol)

/* 1 where the option is defined as 1, else 0: the placeholder moves 1 to the second place. */
#define XEN_PACK_PLACE_1 0,
#define XEN_PACK_SECOND(first, second, ...) second
#define XEN_PACK_IS_ENABLED(places) XEN_PACK_SECOND(places 1, 0)
#define XEN_PACK_PLACE(value) XEN_PACK_IS_ENABLED(XEN_PACK_PLACE_##value)
#define IS_ENABLED(option) XEN_PACK_PLACE(option)

/* ---- Types ---- */

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;
typedef uint64_t paddr_t;
typedef ptrdiff_t ssize_t;

#define BITS_PER_LONG ((int)sizeof(long) * CHAR_BIT)
#define BITS_TO_LONGS(bits) (((bits) + BITS_PER_LONG - 1) / BITS_PER_LONG)
#define DECLARE_BITMAP(name, bits) unsigned long name[BITS_TO_LONGS(bits)]

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#define ROUNDUP(value, unit) (((value) + (unit) - 1) & ~((unit) - 1))
#define container_of(pointer, type, member) ((type *)((char *)(pointer) - offsetof(type, member)))
#define min(a, b) ({ __typeof__(a) a_ = (a); __typeof__(b) b_ = (b); a_ < b_ ? a_ : b_; })
#define max(a, b) ({ __typeof__(a) a_ = (a); __typeof__(b) b_ = (b); a_ > b_ ? a_ : b_; })
#define min_t(type, a, b) min((type)(a), (type)(b))
#define max_t(type, a, b) max((type)(a), (type)(b))

/* ---- Memory and text ---- */

void *memcpy(void *, const void *, size_t);
void *memmove(void *, const void *, size_t);
void *memset(void *, int, size_t);
int memcmp(const void *, const void *, size_t);
void *memchr_inv(const void *, int, size_t);
size_t strlen(const char *);
int strcmp(const char *, const char *);
size_t strlcpy(char *, const char *, size_t);
int snprintf(char *, size_t, const char *, ...);

/* ---- What is printed and what stops ---- */

int printf(const char *, ...);
#define XENLOG_ERR ""
#define XENLOG_WARNING ""
#define XENLOG_INFO ""
#define XENLOG_DEBUG ""
#define printk(...) ((void)printf(__VA_ARGS__))
#define dprintk(level, ...) printk(__VA_ARGS__)
#define gdprintk(level, ...) printk(__VA_ARGS__)

#define XEN_PACK_TEXT_OF(line) #line
#define XEN_PACK_TEXT(line) XEN_PACK_TEXT_OF(line)
#define XEN_PACK_HERE " at " __FILE__ ":" XEN_PACK_TEXT(__LINE__)
#define BUG() ar_bug("BUG" XEN_PACK_HERE)
#define BUG_ON(condition) (unlikely(condition) ? ar_bug("BUG_ON(" #condition ")" XEN_PACK_HERE) : (void)0)
#define WARN_ON(condition) ((void)(condition))
#define panic(...) ar_panic("panic" XEN_PACK_HERE)
#ifdef CONFIG_DEBUG
#define ASSERT(condition) (likely(condition) ? (void)0 : ar_panic("ASSERT(" #condition ")" XEN_PACK_HERE))
#else
#define ASSERT(condition) ((void)(0 && (condition)))
#endif
#define ASSERT_UNREACHABLE() ASSERT(!"reached")
#define BUILD_BUG_ON(condition) _Static_assert(!(condition), #condition)
#define ASSERT_ALLOC_CONTEXT() ((void)0)
#define in_irq() 0
#define smp_processor_id() 0

/* ---- Bits: a bitmap is made of 32-bit words ---- */

#define set_bit(bit, map) ((void)__atomic_fetch_or((uint32_t *)(map) + (bit) / 32, 1u << (bit) % 32, __ATOMIC_RELAXED))
#define clear_bit(bit, map) \
    ((void)__atomic_fetch_and((uint32_t *)(map) + (bit) / 32, ~(1u << (bit) % 32), __ATOMIC_RELAXED))
#define __set_bit(bit, map) ((void)(((uint32_t *)(map))[(bit) / 32] |= 1u << (bit) % 32))
#define __clear_bit(bit, map) ((void)(((uint32_t *)(map))[(bit) / 32] &= ~(1u << (bit) % 32)))
#define test_bit(bit, map) (((const uint32_t *)(map))[(bit) / 32] >> (bit) % 32 & 1)

/* The lowest and the highest bit, counted from 1; 0 where none is set. */
#define ffs(word) __builtin_ffs(word)
#define ffsl(word) __builtin_ffsl(word)
static inline unsigned int fls(unsigned int word) { return word ? 32 - __builtin_clz(word) : 0; }
static inline unsigned int flsl(unsigned long word) { return word ? BITS_PER_LONG - __builtin_clzl(word) : 0; }

/* ---- Locks: named by the expression that says which ---- */

typedef struct {
    uint32_t tickets, debug;
} spinlock_t;

#define SPIN_LOCK_UNLOCKED { 0, 0 }
#define DEFINE_SPINLOCK(name) spinlock_t name = SPIN_LOCK_UNLOCKED
#define spin_lock_init(lock) ((void)((lock)->tickets = (lock)->debug = 0))
#define spin_lock(lock) (ar_lock(#lock), (void)__atomic_exchange_n(&(lock)->tickets, 1, __ATOMIC_ACQUIRE))
#define spin_unlock(lock) (__atomic_store_n(&(lock)->tickets, 0, __ATOMIC_RELEASE), ar_unlock(#lock))
#define spin_lock_irq(lock) spin_lock(lock)
#define spin_unlock_irq(lock) spin_unlock(lock)
#define spin_lock_irqsave(lock, flags) ((flags) = 0, spin_lock(lock))
#define spin_unlock_irqrestore(lock, flags) ((void)(flags), spin_unlock(lock))

/* ---- Caches: Xen/x86 takes a line for 2^7 bytes ---- */

#define L1_CACHE_SHIFT 7
#define L1_CACHE_BYTES (1 << L1_CACHE_SHIFT)
#define SMP_CACHE_BYTES L1_CACHE_BYTES
#define __cacheline_aligned __attribute__((aligned(SMP_CACHE_BYTES)))
#define prefetch(address) __builtin_prefetch(address)
#define prefetchw(address) __builtin_prefetch(address, 1)

/* ---- Pages ---- */

#define PAGE_SHIFT 12
#define PAGE_SIZE (1L << PAGE_SHIFT)
#define PAGE_MASK (~(PAGE_SIZE - 1))
#define PAGE_OFFSET(address) ((unsigned long)(address) & ~PAGE_MASK)
#define PAGE_ALIGN(address) (((address) + PAGE_SIZE - 1) & PAGE_MASK)
#define PFN_DOWN(bytes) ((bytes) >> PAGE_SHIFT)
#define PFN_UP(bytes) (((bytes) + PAGE_SIZE - 1) >> PAGE_SHIFT)

/* Of a page's record only the order is used. */
struct page_info {
    unsigned int order;
};
#define virt_to_page(address) ((struct page_info *)ar_page_word((void *)(address)))
#define PFN_ORDER(page) ((page)->order)

/* Without memflags in 2008, with them today. */
#define alloc_xenheap_pages(order, ...) ar_page_alloc(order)
#define free_xenheap_pages(pages, order) ar_page_free(pages, order)
#define alloc_xenheap_page() ar_page_alloc(0)
#define free_xenheap_page(page) ar_page_free(page, 0)

static inline unsigned int get_order_from_bytes(size_t bytes) { return flsl((bytes - 1) >> PAGE_SHIFT); }
static inline unsigned int get_order_from_pages(size_t pages) { return flsl(pages - 1); }

/* Size 0: no address that anything could have. */
#define ZERO_BLOCK_PTR ((void *)0xbad0bad0bad0bad0UL)

#endif
