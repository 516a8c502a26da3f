/*
 * What FreeRTOS's heap_1, heap_2, heap_4 and heap_5 use of the kernel. Every config… can be set by `defines:`.
 *
 * The heap is alloc-replay's and as large as it says. The files declare it as an array of configTOTAL_HEAP_SIZE bytes,
 * so ucHeap becomes what a pointer to such an array points to; in that declaration, outside of any function, the size
 * is a constant that nothing else is allocated by, and inside functions it is the real one.
 */
#ifndef FREERTOS_PACK_H
#define FREERTOS_PACK_H

#include <alloc-replay.h>
#include <string.h>

extern size_t ar_freertos_heap_bytes;
#define configAPPLICATION_ALLOCATED_HEAP 1
#define ucHeap (*ar_freertos_heap)
#ifndef configTOTAL_HEAP_SIZE
#ifdef __clang__
#pragma clang diagnostic ignored "-Wpredefined-identifier-outside-function"
#endif
#define configTOTAL_HEAP_SIZE \
    __builtin_choose_expr(sizeof(__func__) == 1, (size_t)1 << 30, ar_freertos_heap_bytes)
#endif

#ifndef portBYTE_ALIGNMENT
#define portBYTE_ALIGNMENT 8
#endif
#define portBYTE_ALIGNMENT_MASK (portBYTE_ALIGNMENT - 1)
#define portPOINTER_SIZE_TYPE uintptr_t
#define PRIVILEGED_DATA
#define PRIVILEGED_FUNCTION

#define configSUPPORT_DYNAMIC_ALLOCATION 1
#define configSUPPORT_STATIC_ALLOCATION 1
#ifndef configUSE_MALLOC_FAILED_HOOK
#define configUSE_MALLOC_FAILED_HOOK 0
#endif
#ifndef configHEAP_CLEAR_MEMORY_ON_FREE
#define configHEAP_CLEAR_MEMORY_ON_FREE 0
#endif
/* The canary has to come from somewhere: the application defines vApplicationGetRandomHeapCanary. */
#ifndef configENABLE_HEAP_PROTECTOR
#define configENABLE_HEAP_PROTECTOR 0
#endif

#define AR_FREERTOS_TEXT_OF(line) #line
#define AR_FREERTOS_TEXT(line) AR_FREERTOS_TEXT_OF(line)
#define configASSERT(condition) \
    ((condition) ? (void)0 : ar_panic("configASSERT(" #condition ") at " __FILE__ ":" AR_FREERTOS_TEXT(__LINE__)))

typedef long BaseType_t;
typedef unsigned long UBaseType_t;
#define pdFALSE ((BaseType_t)0)
#define pdTRUE ((BaseType_t)1)

#define mtCOVERAGE_TEST_MARKER() ((void)0)
#define traceMALLOC(address, bytes) ((void)0)
#define traceFREE(address, bytes) ((void)0)
#define taskENTER_CRITICAL() ar_lock("critical section")
#define taskEXIT_CRITICAL() ar_unlock("critical section")

typedef struct HeapRegion {
    uint8_t *pucStartAddress;
    size_t xSizeInBytes;
} HeapRegion_t;

typedef struct xHeapStats {
    size_t xAvailableHeapSpaceInBytes;
    size_t xSizeOfLargestFreeBlockInBytes;
    size_t xSizeOfSmallestFreeBlockInBytes;
    size_t xNumberOfFreeBlocks;
    size_t xMinimumEverFreeBytesRemaining;
    size_t xNumberOfSuccessfulAllocations;
    size_t xNumberOfSuccessfulFrees;
} HeapStats_t;

void *pvPortMalloc(size_t);
void *pvPortCalloc(size_t, size_t);
void vPortFree(void *);
void vPortInitialiseBlocks(void);
void vPortDefineHeapRegions(const HeapRegion_t *);
void vPortGetHeapStats(HeapStats_t *);
void vPortHeapResetState(void);
size_t xPortGetFreeHeapSize(void);
size_t xPortGetMinimumEverFreeHeapSize(void);
void xPortResetHeapMinimumEverFreeHeapSize(void);
void vApplicationMallocFailedHook(void);

/* The scheduler stands still while the heap is changed. */
static inline void vTaskSuspendAll(void) { ar_lock("scheduler"); }
static inline BaseType_t xTaskResumeAll(void) {
    ar_unlock("scheduler");
    return pdTRUE;
}

#endif
