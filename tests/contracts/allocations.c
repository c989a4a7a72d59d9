/* Loaded before the C library: counts the calls of the allocator, by whatever thread, while `watched` runs. */
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

extern void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void __libc_free(void *);

static atomic_int watching;
static _Atomic int64_t calls;

static void count(void) {
    if (atomic_load(&watching)) atomic_fetch_add(&calls, 1);
}
void *malloc(size_t size) { return count(), __libc_malloc(size); }
void *calloc(size_t number, size_t size) { return count(), __libc_calloc(number, size); }
void *realloc(void *old, size_t size) { return count(), __libc_realloc(old, size); }
void *memalign(size_t to, size_t size) { return count(), __libc_memalign(to, size); }
void *aligned_alloc(size_t to, size_t size) { return memalign(to, size); }
int posix_memalign(void **at, size_t to, size_t size) { return (*at = memalign(to, size)) ? 0 : 12; }
void free(void *old) { count(), __libc_free(old); }

typedef int64_t train(void *plan, int64_t first, int64_t steps, const double *rates, float *losses, void *progress);

/* How often the allocator is called during one call of `run`. */
int64_t watched(train *run, void *plan, int64_t steps, const double *rates, float *losses, void *progress) {
    atomic_store(&calls, 0);
    atomic_store(&watching, 1);
    run(plan, 0, steps, rates, losses, progress);
    atomic_store(&watching, 0);
    return atomic_load(&calls);
}

/* A `run` that allocates in each step, to see that the counter counts. */
int64_t planted(void *plan, int64_t first, int64_t steps, const double *rates, float *losses, void *progress) {
    (void)plan, (void)rates, (void)losses, (void)progress;
    for (int64_t i = first; i < steps; i++) {
        void *volatile room = malloc(8);
        free(room);
    }
    return steps;
}

/* mlj_train_epochs as a `run`: what it is given beside is set before. */
typedef int64_t train_epochs(void *plan, int64_t first, int64_t steps, const double *rates, float *losses,
                             void *progress, const void *splits, int64_t count, double *found, int64_t numbers,
                             float *states);
static struct {
    train_epochs *run;
    const void *splits;
    int64_t count, numbers;
    double *found;
    float *states;
} whole;

void set_epochs(train_epochs *run, const void *splits, int64_t count, double *found, int64_t numbers, float *states) {
    whole.run = run, whole.splits = splits, whole.count = count, whole.found = found;
    whole.numbers = numbers, whole.states = states;
}
int64_t epochs(void *plan, int64_t first, int64_t steps, const double *rates, float *losses, void *progress) {
    return whole.run(plan, first, steps, rates, losses, progress, whole.splits, whole.count, whole.found, whole.numbers,
                     whole.states);
}
