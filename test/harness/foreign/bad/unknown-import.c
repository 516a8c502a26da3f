/* Asks the host for the time, which nothing here may know. */
#include "bump.h"

__attribute__((import_module("env"), import_name("clock_time_get"))) unsigned clock_time_get(unsigned);

void *ar_allocate(size_t size, size_t align) {
    (void)align;
    return bump_allocate(size + clock_time_get(0) % 16);
}

void ar_free(void *p, size_t size, size_t align) {
    (void)p, (void)size, (void)align;
}
