/*
 * alloc-replay.h: how an allocator in C, or in anything else that compiles to WebAssembly, stands behind alloc-replay.
 *
 * The engine defines some of the functions of the first part, its glue. The harness defines those of the second part;
 * use what you need. Pointers and size_t have 8 bytes under `abi: lp64`, 4 under `abi: ilp32`. The file is also fit for
 * a native compiler, so that the same glue can be built to run under valgrind.
 */
#ifndef ALLOC_REPLAY_H
#define ALLOC_REPLAY_H

#include <stddef.h>
#include <stdint.h>

#ifdef __wasm__
#define AR_ENGINE(name) __attribute__((export_name(#name)))
#define AR_HARNESS(name) __attribute__((import_module("env"), import_name(#name)))
#else
#define AR_ENGINE(name)
#define AR_HARNESS(name)
#endif

#ifdef __cplusplus
extern "C" {
#endif

#define AR_PAGE_BYTES 4096

/*
 * What ar_allocate and ar_reallocate return for size 0 where the allocator has a constant for that which is neither
 * NULL nor a block: shown as ZERO. It comes back as ar_free's and ar_reallocate's p. It is no address: never read it.
 */
#define AR_ZERO ((void *)UINTPTR_MAX)

/* ---- What the engine defines --------------------------------------------------------------------------------- */

/*
 * Called once, before anything else and not charged; the heap is zero. An engine that uses neither ar_page_alloc nor
 * ar_sbrk nor ar_mmap owns all of the heap, and the whole of it counts as held. To any other the heap is the range that
 * those serve, of which it may touch only what it has taken. Placements are offsets from the heap's beginning, which is
 * aligned to every size that one could wish an object aligned to.
 */
AR_ENGINE(ar_start) void ar_start(void *heap, size_t bytes);

/* NULL where there is no memory. align is 0 (the allocator's default) or a power of two. */
AR_ENGINE(ar_allocate) void *ar_allocate(size_t size, size_t align);

/* p is what was returned, AR_ZERO too but never NULL; size and align are those of the request: most ignore them. */
AR_ENGINE(ar_free) void ar_free(void *p, size_t size, size_t align);

/* From here on, define only what the allocator can do. NULL leaves p valid: where size 0 frees it, return AR_ZERO. */
AR_ENGINE(ar_reallocate) void *ar_reallocate(void *p, size_t size, size_t align);

/* An address congruent to offset modulo align whose object crosses no multiple of span; 0 means no such wish. */
AR_ENGINE(ar_aligned_allocate)
void *ar_aligned_allocate(size_t size, size_t align, size_t offset, size_t span);

/* Bytes of the object that the program may use from now on. */
AR_ENGINE(ar_usable_size) size_t ar_usable_size(void *p);
/* Moves blocks together, calls ar_moved for each; returns whether anything was gained. */
AR_ENGINE(ar_compact) int ar_compact(void);

/*
 * A page allocator defines these two instead of ar_allocate and ar_free, and owns all of the heap: requests come as
 * orders (2^order pages), and what it hands out is what counts as held. Any naturally aligned piece may be given back.
 */
AR_ENGINE(ar_page_take) void *ar_page_take(unsigned order);
AR_ENGINE(ar_page_give) void ar_page_give(void *p, unsigned order);

/* Observers, never charged. They make `check`, `explain`, heap maps and `conformance` see into the heap. */

/* Calls ar_panic where the metadata is broken. */
AR_ENGINE(ar_check) void ar_check(void);

/* Visits the blocks of all memory that the engine holds, in any order; together they tile it without a gap. */
enum ar_state { AR_ALLOCATED, AR_FREE, AR_METADATA };
typedef void (*ar_visitor)(void *start, size_t bytes, int state);
AR_ENGINE(ar_walk) void ar_walk(ar_visitor visit);

/* The allocated block of the object at p: false where there is none. bytes counts header and rounding. */
struct ar_block {
    void *start;
    size_t bytes;
    size_t header_bytes; /* from start to p */
};
AR_ENGINE(ar_block_at) int ar_block_at(void *p, struct ar_block *block);

/* ---- What the harness defines -------------------------------------------------------------------------------- */

/*
 * Memory. Each kind is served by the engine that `pages:` names, on the same machine, priced in the same operation.
 * ar_page_alloc: 2^order pages, naturally aligned, contents as their last owner left them, or NULL; any naturally
 *   aligned piece of them may be given back. p may be NULL.
 * ar_page_word: a 32-bit word in the page allocator's record of a page, for whoever holds the page; 0 at first.
 * ar_sbrk: the end of the engine's one growing region, moved by so many bytes: the end before that; (void *)-1 if it
 *   cannot be moved. The region starts empty, at heap, and is zero.
 * ar_mmap: so many bytes, rounded up to pages, page-aligned, zero; (void *)-1 if there are none.
 */
AR_HARNESS(ar_page_alloc) void *ar_page_alloc(unsigned order);
AR_HARNESS(ar_page_free) void ar_page_free(void *p, unsigned order);
AR_HARNESS(ar_page_word) uint32_t *ar_page_word(void *page);
AR_HARNESS(ar_sbrk) void *ar_sbrk(intptr_t bytes);
AR_HARNESS(ar_mmap) void *ar_mmap(size_t bytes);
AR_HARNESS(ar_munmap) void ar_munmap(void *p, size_t bytes);

/*
 * Locks, told apart by the text of their names: the time between the two is the time the lock is held. What a lock's
 * word costs is the engine's own access to it. Never contended: one CPU allocates.
 */
AR_HARNESS(ar_lock) void ar_lock(const char *name);
AR_HARNESS(ar_unlock) void ar_unlock(const char *name);

/* Page tables: what an entry costs beyond the engine's own access to it. ar_tlb_flush: on all CPUs, so many pages. */
AR_HARNESS(ar_map) void ar_map(void *address, size_t pages);
AR_HARNESS(ar_unmap) void ar_unmap(void *address, size_t pages);
AR_HARNESS(ar_tlb_flush) void ar_tlb_flush(size_t pages);

/*
 * The allocator found its heap broken (a failed assertion, a double free): the replay ends there as `corrupt`, with
 * this text and the source line that called. Does not return.
 */
AR_HARNESS(ar_panic) __attribute__((noreturn)) void ar_panic(const char *text);

/*
 * The real system would stop over this request (BUG_ON(align > 128)). Called during ar_allocate, ar_aligned_allocate or
 * ar_reallocate the placement is BUG and the replay goes on behind the request; anywhere else it is ar_panic.
 */
AR_HARNESS(ar_bug) __attribute__((noreturn)) void ar_bug(const char *text);

/* Output of the allocator, kept with the operation. */
AR_HARNESS(ar_print) void ar_print(const char *text);
/*
 * Counts a step in the operation. searchSteps, splits and merges are what every engine counts under these names; any
 * other is the engine's own. Costs nothing in the model, but a call each: not for the inside of hot loops.
 */
AR_HARNESS(ar_step) void ar_step(const char *name);
/* An object has moved, in ar_compact or within any other verb. */
AR_HARNESS(ar_moved) void ar_moved(void *from, void *to);

/*
 * For observers. ar_visit: the visitor that the harness hands to ar_walk. ar_held_from: the first byte at or behind p
 * that the engine holds, NULL where none is. ar_held_until: the first byte at or behind p that it does not hold.
 */
AR_HARNESS(ar_visit) void ar_visit(void *start, size_t bytes, int state);
AR_HARNESS(ar_held_from) void *ar_held_from(void *p);
AR_HARNESS(ar_held_until) void *ar_held_until(void *p);

#ifdef __cplusplus
}
#endif
#endif
