/* <assert.h>: a failed assertion is ar_panic with its file and line. No guard: NDEBUG may change between inclusions. */
#undef assert
#ifdef NDEBUG
#define assert(condition) ((void)0)
#else
#define assert(condition) ((condition) ? (void)0 : __assert_fail(#condition, __FILE__, __LINE__, __func__))
#endif

#ifndef AR_ASSERT_H
#define AR_ASSERT_H
#ifdef __cplusplus
extern "C" {
#endif
__attribute__((noreturn)) void __assert_fail(const char *, const char *, unsigned, const char *);
#ifdef __cplusplus
}
#else
#define static_assert _Static_assert
#endif
#endif
