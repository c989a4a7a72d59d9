/* One fixed pool of POSIX threads, and parallel_for.
 *
 * A job is a function and a number of chunks. Its state is one word: the number of the job in the upper half, the next
 * chunk to claim in the lower. Workers and the caller claim chunks by advancing it, so a thread the system has put
 * aside costs at most the chunk it holds, and the caller can finish alone. Between jobs the word is closed: a claim
 * from an older job fails, because the number differs. Workers look out for the next job a moment, then sleep. The pool
 * serves one caller at a time; a second one runs its job by itself, as does a job within a job. A forked child has one
 * thread.
 *
 * Chunks write to places of their own and their number follows from the shape, so results never tell the threads. */
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>

#include "mlj.h"

enum {
    MOST = 64,       /* threads */
    SPIN = 50000,    /* nanoseconds a worker looks out for the next job before it sleeps */
    PAUSES = 64,     /* of the processor between looks at the clock */
    PATIENCE = 1000, /* pauses of a caller that waits for the last chunks before it lets others run */
    YIELDS = 1000,   /* times it does that before it sleeps: waking takes longer than most chunks */
    STACK = 2 << 20  /* bytes of a worker: a product takes 0.4 MiB, and some systems give little more than 0.1 */
};
static const uint64_t CLOSED = 0xffffffffu;

static struct {
    _Atomic uint64_t word; /* job << 32 | next chunk */
    _Atomic int64_t done;  /* chunks of the job that are finished */
    _Atomic int64_t chunks;
    _Atomic(mlj_task *) run;
    _Atomic(void *) context;
    _Atomic int32_t wanted; /* threads, the caller among them */
    _Atomic int32_t sleeping;
    _Atomic int32_t waiting; /* whether the caller sleeps */
    atomic_flag busy;
    int32_t hired; /* workers there are; touched, like the next line, by whoever holds busy */
    pthread_t workers[MOST];
    pthread_mutex_t lock;
    pthread_cond_t wake, finished;
} pool = {.word = CLOSED,
          .wanted = 1,
          .busy = ATOMIC_FLAG_INIT,
          .lock = PTHREAD_MUTEX_INITIALIZER,
          .wake = PTHREAD_COND_INITIALIZER,
          .finished = PTHREAD_COND_INITIALIZER};

static int64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void pause_briefly(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/* Whether some chunk waits to be claimed. What is read beside the word belongs to its job if the word has not changed,
 * and claim() makes sure of that before it acts. */
static int is_open(uint64_t word) {
    return (int64_t)(word & CLOSED) < atomic_load(&pool.chunks) && (word & CLOSED) != CLOSED;
}

static void tell_all(pthread_cond_t *news) {
    pthread_mutex_lock(&pool.lock);
    pthread_cond_broadcast(news);
    pthread_mutex_unlock(&pool.lock);
}

/* Runs chunks of the job at hand until none is left. A caller that sleeps has not closed the job: its number of chunks
 * stands, and whoever does the last one wakes it. */
static void claim(void) {
    uint64_t word = atomic_load(&pool.word);
    while (is_open(word)) {
        mlj_task *run = atomic_load(&pool.run);
        void *context = atomic_load(&pool.context);
        if (!atomic_compare_exchange_weak(&pool.word, &word, word + 1)) continue;
        run(context, (int64_t)(word & CLOSED));
        const int64_t done = atomic_fetch_add(&pool.done, 1) + 1;
        if (atomic_load(&pool.waiting) && done == atomic_load(&pool.chunks)) tell_all(&pool.finished);
        word = atomic_load(&pool.word);
    }
}

static int is_wanted(intptr_t number) { return number < mlj_threads() - 1; }

/* Waits for a job. Returns whether there is one for worker `number`: 0 sends it home. */
static int wait_for_job(intptr_t number) {
    const int64_t until = now() + SPIN;
    while (now() < until)
        for (int i = 0; i < PAUSES; i++) {
            if (!is_wanted(number)) return 0;
            if (is_open(atomic_load(&pool.word))) return 1;
            pause_briefly();
        }
    pthread_mutex_lock(&pool.lock);
    atomic_fetch_add(&pool.sleeping, 1);
    while (is_wanted(number) && !is_open(atomic_load(&pool.word))) pthread_cond_wait(&pool.wake, &pool.lock);
    atomic_fetch_sub(&pool.sleeping, 1);
    pthread_mutex_unlock(&pool.lock);
    return is_wanted(number);
}

static void *work(void *number) {
    while (wait_for_job((intptr_t)number)) claim();
    return NULL;
}

static void in_child(void) {
    pthread_mutex_init(&pool.lock, NULL);
    pthread_cond_init(&pool.wake, NULL);
    pthread_cond_init(&pool.finished, NULL);
    atomic_store(&pool.word, CLOSED);
    atomic_store(&pool.sleeping, 0);
    atomic_store(&pool.waiting, 0);
    atomic_store(&pool.wanted, 1);
    pool.hired = 0;
    atomic_flag_clear(&pool.busy);
}

static void watch_forks(void) { pthread_atfork(NULL, NULL, in_child); }

/* Starts the workers that are missing; signals stay with the threads of the program. Fewer come when the system has no
 * more: the caller works on without them. */
static void hire(void) {
    sigset_t all, before;
    pthread_attr_t roomy;
    pthread_attr_init(&roomy);
    pthread_attr_setstacksize(&roomy, STACK);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (pool.hired < mlj_threads() - 1 &&
           !pthread_create(&pool.workers[pool.hired], &roomy, work, (void *)(intptr_t)pool.hired))
        pool.hired++;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&roomy);
}

static void open_job(int64_t chunks, mlj_task *run, void *context) {
    const uint64_t job = (atomic_load(&pool.word) >> 32) + 1;
    atomic_store(&pool.run, run);
    atomic_store(&pool.context, context);
    atomic_store(&pool.chunks, chunks);
    atomic_store(&pool.done, 0);
    atomic_store(&pool.word, job << 32);
    if (atomic_load(&pool.sleeping)) tell_all(&pool.wake);
}

/* Until the chunks of others are done. */
static void wait_for_the_rest(int64_t chunks) {
    for (int looks = 0; looks < PATIENCE + YIELDS; looks++) {
        if (atomic_load(&pool.done) == chunks) return;
        if (looks < PATIENCE)
            pause_briefly();
        else
            sched_yield();
    }
    pthread_mutex_lock(&pool.lock);
    atomic_store(&pool.waiting, 1);
    while (atomic_load(&pool.done) < chunks) pthread_cond_wait(&pool.finished, &pool.lock);
    atomic_store(&pool.waiting, 0);
    pthread_mutex_unlock(&pool.lock);
}

void mlj_parallel_for(int64_t chunks, mlj_task *run, void *context) {
    if (chunks < 2 || chunks >= (int64_t)CLOSED || mlj_threads() < 2 || atomic_flag_test_and_set(&pool.busy)) {
        for (int64_t chunk = 0; chunk < chunks; chunk++) run(context, chunk);
        return;
    }
    if (pool.hired < mlj_threads() - 1) hire();
    open_job(chunks, run, context);
    claim();
    wait_for_the_rest(chunks);
    atomic_fetch_or(&pool.word, CLOSED);
    atomic_flag_clear(&pool.busy);
}

int32_t mlj_threads(void) { return atomic_load(&pool.wanted); }

void mlj_set_threads(int32_t count) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    const int32_t wanted = count < 1 ? 1 : count > MOST ? MOST : count;
    pthread_once(&once, watch_forks); /* before there is anything a child must not inherit */
    while (atomic_flag_test_and_set(&pool.busy)) sched_yield();
    atomic_store(&pool.wanted, wanted);
    if (pool.hired > wanted - 1) tell_all(&pool.wake);
    while (pool.hired > wanted - 1) pthread_join(pool.workers[--pool.hired], NULL);
    atomic_flag_clear(&pool.busy);
}
