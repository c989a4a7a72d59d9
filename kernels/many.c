/* Many networks at once: each is trained whole by one thread of the pool, exactly as mlj_train alone trains it.

   Small networks are where this pays: a step of theirs is too short to be shared, so one after another they keep a
   single thread busy. Nothing is shared between networks but the rows they read; each has its progress and its stop
   flag, because mlj_train clears the flag it has seen, and one flag for all would end only the first to look. */

#include "mlj.h"

typedef struct {
    mlj_plan *const *plans;
    int64_t first, steps;
    const double *rates;
    float *losses;
    int64_t *made;
    mlj_progress *const *progress;
} mlj_many;

static void train_one(void *context, int64_t number) {
    const mlj_many *m = context;
    const int64_t row = number * m->steps;
    m->made[number] =
        mlj_train(m->plans[number], m->first, m->steps, m->rates + row, m->losses + row, m->progress[number]);
}

int64_t mlj_train_many(mlj_plan *const *plans, int64_t count, int64_t first, int64_t steps, const double *rates,
                       float *losses, int64_t *made, mlj_progress *const *progress) {
    mlj_many m = {plans, first, steps, rates, losses, made, progress};
    int64_t all = 0;
    mlj_parallel_for(count, train_one, &m);
    for (int64_t i = 0; i < count; i++) all += made[i];
    return all;
}
