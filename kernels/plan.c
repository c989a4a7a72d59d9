/* A plan run whole: epochs, batches and calls without Python and without an allocation.

   A step is: the order of its epoch when that is new, then for each block of its rows gather, forward, loss and
   backward (gradients add up over blocks), and the update, which is made only if the mean loss is finite. The calls run
   in phases, so that threads meet twice a block and not at every call:

     rows      everything of a row that depends on that row alone   cut by rows
     meet      sums over all rows that the rows have to wait for    cut by columns
     reduce    dW and db, sums over all rows of the block           cut by rows of W

   In a fused plan the update is the end of the last block's reduce: a tile of dW moves its part of W while it is in
   registers, and the transposed W that dx reads is renewed when a part of W is done. In a plain plan three phases stand
   apart: before the first block of a step the transposing of W, and after the last the squares of the gradient, where
   its norm is clipped, and the update, both cut by numbers. How the work is cut
   never shows in the results: each number is computed whole by one part, by the same additions in the same order. Row
   losses, and the weights of rows, are added in double in row order by the caller's thread. */

#include <assert.h>
#include <math.h>
#include <string.h>

#include "parts.h"

#define SERIAL_WORK 150000 /* multiply-adds below which waking another thread costs more than it brings */
#define ROWS_WORK 75000    /* multiply-adds of a chunk of rows */
#define SPAN_ROWS 96       /* rows of W in a chunk of prepare and reduce: whole tiles, whole panels of the transposed */
#define UPDATE_WORK 10     /* multiply-adds that take as long as the update of one number */

/* ---- phases ---- */

typedef struct { /* one phase of the calls first … end - 1 */
    const mlj_block *block;
    const mlj_call *first, *end;
    int phase;
    int64_t size; /* rows or numbers in a chunk */
    int32_t threads;
} mlj_phase;

static int64_t chunks_of(int64_t length, int64_t size) { return (length + size - 1) / size; }

/* Rows of W in a chunk of a call: of a recurrent layer, whose sums are long, so many that every thread has a part. */
static int64_t span_of(const mlj_call *c, const mlj_phase *p) {
    if (c->opcode != MLJ_RECURRENT_BACKWARD) return p->size;
    return smaller(p->size, whole(chunks_of(c->inputs, p->threads)));
}

static void run_rows(void *context, int64_t chunk) {
    const mlj_phase *p = context;
    const int64_t from = chunk * p->size, to = smaller(from + p->size, p->block->rows);
    for (const mlj_call *c = p->first; c < p->end; c++)
        if (mlj_parts[c->opcode][ROWS]) mlj_parts[c->opcode][ROWS](p->block, c, from * c->each, to * c->each);
}

/* Chunks of all calls of the phase are numbered through. */
static void run_span(void *context, int64_t chunk) {
    const mlj_phase *p = context;
    for (const mlj_call *c = p->first; c < p->end; c++) {
        mlj_part *part = mlj_parts[c->opcode][p->phase];
        if (!part) continue;
        const int64_t length = mlj_length_of(c), size = span_of(c, p), own = chunks_of(length, size);
        if (chunk < own) {
            part(p->block, c, chunk * size, smaller((chunk + 1) * size, length));
            return;
        }
        chunk -= own;
    }
}

/* Multiply-adds of a call in a phase, about. */
static int64_t work_of(const mlj_call *c, int phase) {
    if (!mlj_parts[c->opcode][phase]) return 0;
    if (c->opcode == MLJ_DENSE_BACKWARD && phase != REDUCE && c->dx < 0) return 0;
    if (phase == UPDATE) return c->inputs * UPDATE_WORK;
    switch (c->opcode) {
    case MLJ_DENSE:
    case MLJ_DENSE_BACKWARD: return c->inputs * c->outputs * c->each;
    case MLJ_RECURRENT:
    case MLJ_RECURRENT_BACKWARD: return mlj_recurrent_work(c, phase);
    case MLJ_CONVOLUTION:
    case MLJ_CONVOLUTION_BACKWARD: {
        const int64_t weights = mlj_length_of(c) * c->filters, places = c->at.down * c->at.across;
        if (phase != ROWS) return phase == REDUCE ? weights / MLJ_IMAGES : weights;
        return places * weights * (1 + (c->opcode == MLJ_CONVOLUTION_BACKWARD && c->dx >= 0));
    }
    case MLJ_PASS:
    case MLJ_PASS_BACKWARD:
    case MLJ_LOOK_UP:
    case MLJ_LOOK_UP_BACKWARD:
    case MLJ_EMBEDDING:
    case MLJ_EMBEDDING_BACKWARD: return c->columns * c->each;
    case MLJ_ATTENTION:
    case MLJ_ATTENTION_BACKWARD: return mlj_attention_work(c);
    default: return c->inputs * c->each;
    }
}

static void run_phase(const mlj_block *b, const mlj_call *first, const mlj_call *end, int phase) {
    int64_t work = 0, chunks = 0;
    for (const mlj_call *c = first; c < end; c++) work += work_of(c, phase);
    const int shared = (phase > PREPARE && phase < NORM ? work * b->rows : work) >= SERIAL_WORK && mlj_threads() > 1;
    const int64_t rows = larger(b->plan->chunk, ROWS_WORK / (work + 1) / b->plan->chunk * b->plan->chunk);
    if (!shared && phase == ROWS && b->plan->images) { /* a chunk through all calls while it is in the caches */
        mlj_phase p = {b, first, end, phase, rows, 1};
        for (int64_t chunk = 0; chunk * rows < b->rows; chunk++) run_rows(&p, chunk);
        return;
    }
    if (!shared) {
        for (const mlj_call *c = first; c < end; c++)
            if (mlj_parts[c->opcode][phase])
                mlj_parts[c->opcode][phase](b, c, 0, phase == ROWS ? rows_of_call(b, c) : mlj_length_of(c));
        return;
    }
    mlj_phase p = {b, first, end, phase, phase >= NORM ? MLJ_SPAN : SPAN_ROWS, mlj_threads()};
    if (phase == ROWS) {
        p.size = rows;
        chunks = chunks_of(b->rows, p.size);
    } else {
        for (const mlj_call *c = first; c < end; c++)
            if (mlj_parts[c->opcode][phase]) chunks += chunks_of(mlj_length_of(c), span_of(c, &p));
    }
    mlj_parallel_for(chunks, phase == ROWS ? run_rows : run_span, &p);
}

/* The rows of the block through all calls; where a call needs every row first, they meet before it. */
static void run_all_rows(const mlj_block *b, const mlj_call *first, const mlj_call *end) {
    for (const mlj_call *c = first, *next; c < end; c = next) {
        for (next = c + 1; next < end && !mlj_parts[next->opcode][MEET];) next++;
        run_phase(b, c, c + 1, MEET);
        run_phase(b, c, next, ROWS);
    }
}

/* ---- steps ---- */

/* Rows first … first + rows - 1 in their own order; x holds the first of them. */
static mlj_block rows_of(const mlj_plan *p, const mlj_ops *ops, const void *x, int is_uint8, int64_t rows) {
    assert(rows <= p->block);
    mlj_block b = {.plan = p, .ops = ops, .x = x, .is_uint8 = is_uint8, .rows = rows, .scale = 1.0f, .share = 1};
    b.input = is_uint8 ? p->arena + p->input : x;
    b.lengths = p->lengths;
    return b;
}

/* Rows place … place + rows - 1 of an epoch. */
static mlj_block block_of(const mlj_plan *p, const mlj_ops *ops, int64_t place, int64_t rows) {
    if (p->order) {
        mlj_block b = rows_of(p, ops, p->x, p->is_uint8, rows);
        b.order = p->order + place;
        b.input = p->arena + p->input;
        b.labels = p->batch_labels;
        b.targets = p->arena + p->batch_targets;
        b.weights = p->weights ? p->arena + p->batch_weights : NULL;
        return b;
    }
    const size_t width = p->is_uint8 ? 1 : sizeof(float);
    mlj_block b = rows_of(p, ops, (const char *)p->x + (size_t)(place * p->features) * width, p->is_uint8, rows);
    b.labels = p->labels ? p->labels + place * p->answers : NULL;
    b.targets = p->targets ? p->targets + place * p->outputs : NULL;
    b.weights = p->weights ? p->weights + place * p->answers : NULL;
    return b;
}

/* How much `rows` rows from `place` of an epoch on count together; 1 where that is nothing. */
static double weight_of(const mlj_plan *p, int64_t place, int64_t rows) {
    if (!p->weights) return (double)(rows * p->answers);
    double sum = 0;
    for (int64_t i = place; i < place + rows; i++) {
        const float *own = p->weights + (p->order ? p->order[i] : i) * p->answers;
        for (int64_t j = 0; j < p->answers; j++) sum += own[j];
    }
    return sum > 0 ? sum : 1;
}

/* The loss of an answer of the block, which has its weight in it. */
static double told(const mlj_block *b, const float *row_loss, int64_t i) {
    const double loss = row_loss[i], weight = b->weights ? b->weights[i] : 1;
    if (!b->plan->bounded) return loss;
    const double least = weight * b->plan->least, most = weight * b->plan->most;
    if (loss < least) return least;
    return loss > most ? most : loss; /* NaN stays */
}

/* One step: forward, backward and, where the mean loss is finite, the update. Returns the loss. */
static double step_of(mlj_plan *p, const mlj_ops *ops, int64_t step, double rate) {
    const int64_t steps = chunks_of(p->rows, p->batch), epoch = step / steps, first = step % steps * p->batch;
    const int64_t count = smaller(p->batch, p->rows - first);
    const mlj_call *update = p->calls + p->update, *end = p->calls + p->count;
    mlj_rule rule = mlj_rule_of(end - 1, rate, p->updates);
    double sum = 0;
    if (p->order && p->epoch != epoch) {
        if (p->given)
            memcpy(p->order, p->given + (epoch - p->given_first) * p->rows, (size_t)p->rows * sizeof *p->order);
        else
            ops->order(p->seed, (uint32_t)epoch, p->rows, p->order);
        p->epoch = epoch;
    }
    const double weight = weight_of(p, first, count);
    double penalty = 0;
    if (p->penalty > 0) {
        penalty = p->penalty / 2 * ops->sum_of_squares(p->weights_end, p->arena + p->vector);
        mlj_penalise(&rule, p->penalty / weight, end[-1].constants[1]);
    }
    for (int64_t done = 0; done < count; done += p->block) {
        mlj_block b = block_of(p, ops, first + done, smaller(p->block, count - done));
        b.scale = 1.0f / (float)weight;
        if (p->penalty > 0) b.share = 1 / weight;
        b.accumulate = done > 0;
        b.training = 1, b.epoch = epoch, b.step = step, b.first = done;
        if (done == 0 && update < end) run_phase(&b, p->calls, update, PREPARE);
        run_all_rows(&b, p->calls, update);
        const float *row_loss = p->arena + p->row_loss;
        for (int64_t i = 0; i < b.rows * p->answers; i++) sum += told(&b, row_loss, i);
        const int last = done + p->block >= count;
        if (last && !isfinite((float)((sum + penalty) / weight))) break;
        b.rule = last ? &rule : NULL;
        run_phase(&b, p->calls, update, REDUCE);
        if (!last || update == end) continue;
        if (update->opcode == MLJ_CLIP) run_phase(&b, update, end, NORM);
        run_phase(&b, update, end, UPDATE);
    }
    return (sum + penalty) / weight;
}

/* Steps first … first + steps - 1; *ended says whether one had no finite loss, or somebody asked to stop after it. */
static int64_t run_steps(mlj_plan *p, int64_t first, int64_t steps, const double *rates, float *losses,
                         mlj_progress *progress, int *ended) {
    const mlj_ops *ops = mlj_ops_now();
    const mlj_block all = {.plan = p, .ops = ops};
    if (p->update == p->count) run_phase(&all, p->calls, p->calls + p->count, PREPARE); /* renewed by each update */
    *ended = 1;
    for (int64_t i = 0; i < steps; i++) {
        losses[i] = (float)step_of(p, ops, first + i, rates[i]);
        if (!isfinite(losses[i])) return i + 1;
        p->updates++;
        __atomic_store_n(&progress->step, p->updates, __ATOMIC_RELAXED);
        if (__atomic_load_n(&progress->stop, __ATOMIC_RELAXED)) {
            __atomic_store_n(&progress->stop, 0, __ATOMIC_RELAXED);
            return i + 1;
        }
    }
    *ended = 0;
    return steps;
}

int64_t mlj_train(mlj_plan *p, int64_t first, int64_t steps, const double *rates, float *losses,
                  mlj_progress *progress) {
    int ended;
    return run_steps(p, first, steps, rates, losses, progress, &ended);
}

int64_t mlj_train_epochs(mlj_plan *p, int64_t first, int64_t steps, const double *rates, float *losses,
                         mlj_progress *progress, const mlj_split *splits, int64_t count, double *found, int64_t numbers,
                         float *states) {
    const int64_t whole = chunks_of(p->rows, p->batch), width = 3 + p->outputs;
    int64_t done = 0;
    for (int ended = 0; done < steps && !ended;) {
        const int64_t left = whole - (first + done) % whole, now = smaller(left, steps - done);
        done += run_steps(p, first + done, now, rates + done, losses + done, progress, &ended);
        if ((first + done) % whole || !isfinite(losses[done - 1])) continue;
        for (int64_t i = 0; i < count; i++, found += width) mlj_measure(p, splits + i, found);
        memcpy(states, p->arena + p->vector, (size_t)numbers * sizeof(float));
        states += numbers;
    }
    return done;
}

/* ---- without training ---- */

/* Adds what the outputs z of `rows` rows from `place` of a split make of its classes or numbers. */
static void judge(const mlj_split *s, int64_t place, int64_t rows, int64_t n, const float *z, double *found) {
    for (int64_t i = 0; i < rows; i++, z += n) {
        if (s->classes) {
            int64_t best = 0;
            int nan = 0;
            for (int64_t j = 0; j < n; j++) {
                nan |= z[j] != z[j];
                if (z[j] > z[best]) best = j;
            }
            if (n == 1) best = z[0] > 0;
            found[1] += !nan && best == s->classes[place + i];
            continue;
        }
        for (int64_t j = 0; j < n; j++) {
            const double e = (double)z[j] - (double)s->numbers[(place + i) * n + j];
            found[2] += fabs(e);
            found[3 + j] += e * e;
        }
    }
}

void mlj_measure(const mlj_plan *p, const mlj_split *s, double *found) {
    const mlj_ops *ops = mlj_ops_now();
    const int64_t loss = s->labels || s->targets;
    const size_t width = p->is_uint8 ? 1 : sizeof(float);
    memset(found, 0, (size_t)(3 + p->outputs) * sizeof(double));
    for (int64_t done = 0; done < s->rows; done += p->block) {
        const void *from = (const char *)s->x + (size_t)(done * p->features) * width;
        mlj_block b = rows_of(p, ops, from, p->is_uint8, smaller(p->block, s->rows - done));
        b.labels = s->labels ? s->labels + done * p->answers : NULL;
        b.targets = s->targets ? s->targets + done * p->outputs : NULL;
        b.weights = s->weights ? s->weights + done * p->answers : NULL;
        run_all_rows(&b, p->calls, p->calls + p->loss + loss);
        judge(s, done, b.rows, p->outputs, p->arena + p->output, found);
        for (int64_t i = 0; loss && i < b.rows * p->answers; i++) found[0] += p->arena[p->row_loss + i];
    }
}

void mlj_predict(const mlj_plan *p, const void *x, int32_t is_uint8, int64_t rows, float *out) {
    const mlj_ops *ops = mlj_ops_now();
    const size_t width = is_uint8 ? 1 : sizeof(float);
    for (int64_t done = 0; done < rows; done += p->block) {
        const void *from = (const char *)x + (size_t)(done * p->features) * width;
        const mlj_block b = rows_of(p, ops, from, is_uint8, smaller(p->block, rows - done));
        run_all_rows(&b, p->calls, p->calls + p->loss);
        memcpy(out + done * p->outputs, p->arena + p->output, (size_t)(b.rows * p->outputs) * sizeof(float));
    }
}

void mlj_run_call(mlj_plan *p, int64_t number, int64_t rows, int64_t step, double rate) {
    mlj_block b = block_of(p, mlj_ops_now(), 0, rows);
    const mlj_call *c = p->calls + number;
    const mlj_rule rule = mlj_rule_of(c, rate, p->updates);
    b.scale = 1.0f / (float)weight_of(p, 0, rows);
    b.rule = &rule;
    b.training = step >= 0, b.epoch = step / chunks_of(p->rows, p->batch), b.step = step;
    run_phase(&b, c, c + 1, PREPARE);
    run_all_rows(&b, c, c + 1);
    run_phase(&b, c, c + 1, REDUCE);
    run_phase(&b, c, c + 1, NORM);
    run_phase(&b, c, c + 1, UPDATE);
}
