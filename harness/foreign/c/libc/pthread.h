/*
 * <pthread.h>: one thread. A mutex is a word that is never contended, and a lock of the harness by the text that says
 * which: what is taken as &pool->lock is given back as &pool->lock.
 */
#ifndef AR_PTHREAD_H
#define AR_PTHREAD_H
#include <alloc-replay.h>

typedef struct { int word; } pthread_mutex_t;
typedef struct { int kind; } pthread_mutexattr_t;
typedef pthread_mutex_t pthread_spinlock_t;
typedef struct { int is_done; } pthread_once_t;
typedef int pthread_t;

#define PTHREAD_MUTEX_INITIALIZER { 0 }
#define PTHREAD_ONCE_INIT { 0 }
#define PTHREAD_PROCESS_PRIVATE 0

static inline int pthread_mutex_init(pthread_mutex_t *mutex, const pthread_mutexattr_t *attributes) {
    (void)attributes;
    mutex->word = 0;
    return 0;
}
static inline int pthread_mutex_destroy(pthread_mutex_t *mutex) {
    (void)mutex;
    return 0;
}
static inline int pthread_spin_init(pthread_spinlock_t *lock, int shared) {
    (void)shared;
    return pthread_mutex_init(lock, 0);
}

static inline int ar_mutex_lock(pthread_mutex_t *mutex, const char *name) {
    ar_lock(name);
    (void)__atomic_exchange_n(&mutex->word, 1, __ATOMIC_ACQUIRE);
    return 0;
}
static inline int ar_mutex_unlock(pthread_mutex_t *mutex, const char *name) {
    __atomic_store_n(&mutex->word, 0, __ATOMIC_RELEASE);
    ar_unlock(name);
    return 0;
}
#define pthread_mutex_lock(mutex) ar_mutex_lock(mutex, #mutex)
#define pthread_mutex_trylock(mutex) ar_mutex_lock(mutex, #mutex)
#define pthread_mutex_unlock(mutex) ar_mutex_unlock(mutex, #mutex)
#define pthread_spin_lock(lock) ar_mutex_lock(lock, #lock)
#define pthread_spin_unlock(lock) ar_mutex_unlock(lock, #lock)

static inline int pthread_once(pthread_once_t *once, void (*routine)(void)) {
    if (!once->is_done) once->is_done = 1, routine();
    return 0;
}
static inline pthread_t pthread_self(void) { return 1; }
#endif
