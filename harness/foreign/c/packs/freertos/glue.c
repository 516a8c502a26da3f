/* The port over pvPortMalloc and vPortFree of whichever heap_n.c is built. */
#include "FreeRTOS.h"

#pragma weak vPortDefineHeapRegions

uint8_t (*ar_freertos_heap)[(size_t)1 << 30];
size_t ar_freertos_heap_bytes;

void ar_start(void *heap, size_t bytes) {
    ar_freertos_heap = heap;
    ar_freertos_heap_bytes = bytes;
    if (configTOTAL_HEAP_SIZE > bytes) ar_panic("configTOTAL_HEAP_SIZE is more than the heap has");
    if (vPortDefineHeapRegions) vPortDefineHeapRegions((const HeapRegion_t[]){{heap, bytes}, {NULL, 0}});
}

void *ar_allocate(size_t size, size_t align) {
    (void)align;
    return pvPortMalloc(size);
}

void ar_free(void *p, size_t size, size_t align) {
    (void)size, (void)align;
    vPortFree(p);
}
