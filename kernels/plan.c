/* A plan run whole: epochs, batches and calls without Python and without an allocation.

   A step is: the order of its epoch when that is new, then for each block of its rows gather, forward, loss and
   backward (gradients add up over blocks), then the mean loss, and only if that is finite the update. Inside a block
   the calls run in three phases, so that threads meet three times a block and not at every call:

     prepare   weights are transposed for dx                        cut by rows of W, once a step
     rows      everything of a row that depends on that row alone   cut by rows
     reduce    dW and db, sums over all rows of the block           cut by rows of W

   and the update is cut by numbers. How the work is cut never shows in the results: each number is computed whole by
   one part, by the same additions in the same order. Row losses are added in double in row order by the caller's
   thread. */

#include <assert.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "mlj.h"

#define SERIAL_WORK 150000 /* multiply-adds below which waking another thread costs more than it brings */
#define ROWS_WORK 75000    /* multiply-adds of a chunk of rows */
#define CHUNK_ROWS 32      /* chunks of rows are multiples of this: whole vectors, and full tiles */
#define SPAN_ROWS 64       /* rows of W in a chunk of prepare and reduce */
#define SPAN_NUMBERS 16384 /* numbers in a chunk of the update */
#define UPDATE_WORK 10     /* multiply-adds that take as long as the update of one number */

/* The rows in hand and where they come from. */
typedef struct {
    const mlj_plan *plan;
    const mlj_ops *ops;
    const int32_t *order;  /* places of the rows in the data; NULL: they follow each other from `x` */
    const void *x;         /* rows as stored: the whole data, or the first row of the block */
    const float *input;    /* rows as the first layer reads them */
    const int32_t *labels; /* targets of the block's rows */
    const float *targets;
    int32_t is_uint8;
    int64_t rows;
    float scale;    /* 1 / rows of the step */
    int accumulate; /* add to the gradient of the blocks before */
    double rate;
} mlj_block;

typedef void mlj_part(const mlj_block *b, const mlj_call *c, int64_t from, int64_t to);

static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }
static int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }

static float *at(const mlj_block *b, int64_t place) { return place < 0 ? NULL : b->plan->arena + place; }

static const float *rows_at(const mlj_block *b, int64_t place) {
    return place == b->plan->input ? b->input : at(b, place);
}

/* ---- rows: parts of a call that belong to rows from … to - 1 of the block ---- */

static void gather(const mlj_block *b, const mlj_call *c, int64_t from, int64_t to) {
    const mlj_plan *p = b->plan;
    float *y = at(b, c->y);
    if (b->input == y) {
        const int32_t *rows = (b->order ? b->order : p->count_up) + from;
        b->ops->gather(to - from, c->inputs, rows, b->x, b->is_uint8, p->factor, y + from * c->inputs, c->inputs);
    }
    if (!b->order) return;
    if (p->targets) {
        float *targets = at(b, c->dy) + from * c->outputs;
        b->ops->gather(to - from, c->outputs, b->order + from, p->targets, 0, 1.0f, targets, c->outputs);
    }
    if (p->labels)
        for (int64_t i = from; i < to; i++) p->batch_labels[i] = p->labels[b->order[i]];
}

static void dense(const mlj_block *b, const mlj_call *c, int64_t from, int64_t to) {
    const mlj_matmul m = {
        .m = b->rows,
        .n = c->outputs,
        .k = c->inputs,
        .a = rows_at(b, c->x),
        .a_row = c->inputs,
        .a_col = 1,
        .b = at(b, c->w),
        .b_row = c->outputs,
        .c = at(b, c->y),
        .c_row = c->outputs,
        .bias = at(b, c->b),
        .activation = c->activation,
    };
    b->ops->matmul(&m, from, to);
}

static void dense_dx(const mlj_block *b, const mlj_call *c, int64_t from, int64_t to) {
    if (c->dx < 0) return;
    const mlj_matmul m = {
        .m = b->rows,
        .n = c->inputs,
        .k = c->outputs,
        .a = at(b, c->dy),
        .a_row = c->outputs,
        .a_col = 1,
        .b = at(b, c->wt),
        .b_row = c->inputs,
        .c = at(b, c->dx),
        .c_row = c->inputs,
        .mask_y = c->mask == MLJ_LINEAR ? NULL : rows_at(b, c->x),
        .mask_y_row = c->inputs,
        .mask_activation = c->mask,
    };
    b->ops->matmul(&m, from, to);
}

static void activate(const mlj_block *b, const mlj_call *c, int64_t from, int64_t to) {
    const int64_t start = from * c->inputs;
    b->ops->activate(c->activation, (to - from) * c->inputs, rows_at(b, c->x) + start, at(b, c->y) + start);
}

static void activate_backward(const mlj_block *b, const mlj_call *c, int64_t from, int64_t to) {
    const int64_t start = from * c->inputs, n = (to - from) * c->inputs;
    b->ops->activate_backward(c->activation, n, at(b, c->y) + start, at(b, c->dy) + start, at(b, c->dx) + start);
}

static void softmax_cross_entropy(const mlj_block *b, const mlj_call *c, int64_t from, int64_t to) {
    const int64_t start = from * c->inputs;
    b->ops->softmax_cross_entropy(to - from, c->inputs, at(b, c->x) + start, b->labels + from, b->scale,
                                  at(b, c->dx) + start, at(b, c->y) + from);
}

static void binary_cross_entropy(const mlj_block *b, const mlj_call *c, int64_t from, int64_t to) {
    b->ops->binary_cross_entropy(to - from, at(b, c->x) + from, b->targets + from, b->scale, at(b, c->dx) + from,
                                 at(b, c->y) + from);
}

static void squared_error(const mlj_block *b, const mlj_call *c, int64_t from, int64_t to) {
    const int64_t start = from * c->inputs;
    b->ops->squared_error(to - from, c->inputs, at(b, c->x) + start, b->targets + start, b->scale, at(b, c->dx) + start,
                          at(b, c->y) + from);
}

static void absolute_error(const mlj_block *b, const mlj_call *c, int64_t from, int64_t to) {
    const int64_t start = from * c->inputs;
    b->ops->absolute_error(to - from, c->inputs, at(b, c->x) + start, b->targets + start, b->scale,
                           at(b, c->dx) + start, at(b, c->y) + from);
}

/* ---- prepare and reduce: parts that belong to rows from … to - 1 of W ---- */

static void transpose_weights(const mlj_block *b, const mlj_call *c, int64_t from, int64_t to) {
    if (c->dx < 0) return;
    const float *w = at(b, c->w) + from * c->outputs;
    b->ops->transpose(to - from, c->outputs, w, c->outputs, at(b, c->wt) + from, c->inputs);
}

static void dense_gradient(const mlj_block *b, const mlj_call *c, int64_t from, int64_t to) {
    const mlj_matmul m = {
        .m = c->inputs,
        .n = c->outputs,
        .k = b->rows,
        .a = rows_at(b, c->x),
        .a_row = 1,
        .a_col = c->inputs,
        .b = at(b, c->dy),
        .b_row = c->outputs,
        .c = at(b, c->dw),
        .c_row = c->outputs,
        .accumulate = b->accumulate,
    };
    b->ops->matmul(&m, from, to);
    if (from == 0) b->ops->column_sum(b->rows, c->outputs, m.b, c->outputs, at(b, c->db), b->accumulate);
}

/* ---- update: numbers from … to - 1 of a call's span of the flat vector ---- */

static void sgd(const mlj_block *b, const mlj_call *c, int64_t from, int64_t to) {
    const int64_t start = c->first + from;
    b->ops->sgd(to - from, at(b, c->w) + start, at(b, c->dw) + start, at(b, c->m) + start, (float)b->rate,
                (float)c->constants[1], c->constants[2] != 0, (float)c->constants[0]);
}

static void rmsprop(const mlj_block *b, const mlj_call *c, int64_t from, int64_t to) {
    const int64_t start = c->first + from;
    b->ops->rmsprop(to - from, at(b, c->w) + start, at(b, c->dw) + start, at(b, c->m) + start, (float)b->rate,
                    c->constants[1], (float)c->constants[2], (float)c->constants[0]);
}

static void adam(const mlj_block *b, const mlj_call *c, int64_t from, int64_t to) {
    const int64_t start = c->first + from;
    const double beta1 = c->constants[1], beta2 = c->constants[2], t = (double)(b->plan->updates + 1);
    float *m = at(b, c->m) + start;
    b->ops->adam(to - from, at(b, c->w) + start, at(b, c->dw) + start, m, m + b->plan->parameters, (float)b->rate,
                 beta1, beta2, (float)c->constants[3], (float)(1 - pow(beta1, t)), (float)(1 - pow(beta2, t)),
                 (float)c->constants[0]);
}

/* ---- phases ---- */

enum { PREPARE, ROWS, REDUCE, UPDATE, PHASES };

static mlj_part *const parts[MLJ_OPCODES][PHASES] = {
    [MLJ_GATHER] = {[ROWS] = gather},
    [MLJ_DENSE] = {[ROWS] = dense},
    [MLJ_DENSE_BACKWARD] = {[PREPARE] = transpose_weights, [ROWS] = dense_dx, [REDUCE] = dense_gradient},
    [MLJ_ACTIVATE] = {[ROWS] = activate},
    [MLJ_ACTIVATE_BACKWARD] = {[ROWS] = activate_backward},
    [MLJ_SOFTMAX_CROSS_ENTROPY] = {[ROWS] = softmax_cross_entropy},
    [MLJ_BINARY_CROSS_ENTROPY] = {[ROWS] = binary_cross_entropy},
    [MLJ_SQUARED_ERROR] = {[ROWS] = squared_error},
    [MLJ_ABSOLUTE_ERROR] = {[ROWS] = absolute_error},
    [MLJ_SGD] = {[UPDATE] = sgd},
    [MLJ_RMSPROP] = {[UPDATE] = rmsprop},
    [MLJ_ADAM] = {[UPDATE] = adam},
};

/* One phase of the calls first … end - 1. */
typedef struct {
    const mlj_block *block;
    const mlj_call *first, *end;
    int phase;
    int64_t size; /* rows or numbers in a chunk */
} mlj_phase;

static int64_t chunks_of(int64_t length, int64_t size) { return (length + size - 1) / size; }

static void run_rows(void *context, int64_t chunk) {
    const mlj_phase *p = context;
    const int64_t from = chunk * p->size, to = smaller(from + p->size, p->block->rows);
    for (const mlj_call *c = p->first; c < p->end; c++)
        if (parts[c->opcode][ROWS]) parts[c->opcode][ROWS](p->block, c, from, to);
}

/* Chunks of all calls of the phase are numbered through. */
static void run_span(void *context, int64_t chunk) {
    const mlj_phase *p = context;
    for (const mlj_call *c = p->first; c < p->end; c++) {
        mlj_part *part = parts[c->opcode][p->phase];
        if (!part) continue;
        const int64_t own = chunks_of(c->inputs, p->size);
        if (chunk < own) {
            part(p->block, c, chunk * p->size, smaller((chunk + 1) * p->size, c->inputs));
            return;
        }
        chunk -= own;
    }
}

/* Multiply-adds of a call in a phase, about. */
static int64_t work_of(const mlj_call *c, int phase) {
    if (!parts[c->opcode][phase]) return 0;
    if (c->opcode == MLJ_DENSE_BACKWARD && phase != REDUCE && c->dx < 0) return 0;
    if (phase == UPDATE) return c->inputs * UPDATE_WORK;
    return c->opcode == MLJ_DENSE || c->opcode == MLJ_DENSE_BACKWARD ? c->inputs * c->outputs : c->inputs;
}

static void run_phase(const mlj_block *b, const mlj_call *first, const mlj_call *end, int phase) {
    int64_t work = 0, chunks = 0;
    mlj_phase p = {b, first, end, phase, phase == UPDATE ? SPAN_NUMBERS : SPAN_ROWS};
    for (const mlj_call *c = first; c < end; c++) {
        work += work_of(c, phase);
        if (parts[c->opcode][phase]) chunks += chunks_of(c->inputs, p.size);
    }
    if (phase == ROWS) {
        p.size = larger(CHUNK_ROWS, ROWS_WORK / (work + 1) / CHUNK_ROWS * CHUNK_ROWS);
        chunks = chunks_of(b->rows, p.size);
    }
    if (phase == ROWS || phase == REDUCE) work *= b->rows;
    if (work >= SERIAL_WORK && mlj_threads() > 1) {
        mlj_parallel_for(chunks, phase == ROWS ? run_rows : run_span, &p);
        return;
    }
    for (const mlj_call *c = first; c < end; c++)
        if (parts[c->opcode][phase]) parts[c->opcode][phase](b, c, 0, phase == ROWS ? b->rows : c->inputs);
}

/* ---- steps ---- */

/* Rows first … first + rows - 1 in their own order; x holds the first of them. */
static mlj_block rows_of(const mlj_plan *p, const mlj_ops *ops, const void *x, int is_uint8, int64_t rows) {
    assert(rows <= p->block);
    mlj_block b = {.plan = p, .ops = ops, .x = x, .is_uint8 = is_uint8, .rows = rows, .scale = 1.0f};
    b.input = is_uint8 ? p->arena + p->input : x;
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
        return b;
    }
    const size_t width = p->is_uint8 ? 1 : sizeof(float);
    mlj_block b = rows_of(p, ops, (const char *)p->x + (size_t)(place * p->features) * width, p->is_uint8, rows);
    b.labels = p->labels ? p->labels + place : NULL;
    b.targets = p->targets ? p->targets + place * p->outputs : NULL;
    return b;
}

/* Forward and backward of one step: the gradient is left in the arena, the mean loss is returned. */
static double gradient_of(mlj_plan *p, const mlj_ops *ops, int64_t step) {
    const int64_t steps = chunks_of(p->rows, p->batch), epoch = step / steps, first = step % steps * p->batch;
    const int64_t count = smaller(p->batch, p->rows - first);
    const mlj_call *end = p->calls + p->update;
    double sum = 0;
    if (p->order && p->epoch != epoch) {
        ops->order(p->seed, (uint32_t)epoch, p->rows, p->order);
        p->epoch = epoch;
    }
    for (int64_t done = 0; done < count; done += p->block) {
        mlj_block b = block_of(p, ops, first + done, smaller(p->block, count - done));
        b.scale = 1.0f / (float)count;
        b.accumulate = done > 0;
        if (done == 0) run_phase(&b, p->calls, end, PREPARE);
        run_phase(&b, p->calls, end, ROWS);
        run_phase(&b, p->calls, end, REDUCE);
        const float *row_loss = p->arena + p->row_loss;
        for (int64_t i = 0; i < b.rows; i++) sum += row_loss[i];
    }
    return sum / (double)count;
}

int64_t mlj_train(mlj_plan *p, int64_t first, int64_t steps, const double *rates, float *losses,
                  mlj_progress *progress) {
    const mlj_ops *ops = mlj_ops_now();
    for (int64_t i = 0; i < steps; i++) {
        losses[i] = (float)gradient_of(p, ops, first + i);
        if (!isfinite(losses[i])) return i + 1;
        const mlj_block b = {.plan = p, .ops = ops, .rate = rates[i]};
        run_phase(&b, p->calls + p->update, p->calls + p->count, UPDATE);
        p->updates++;
        __atomic_store_n(&progress->step, p->updates, __ATOMIC_RELAXED);
        if (__atomic_load_n(&progress->stop, __ATOMIC_RELAXED)) {
            __atomic_store_n(&progress->stop, 0, __ATOMIC_RELAXED);
            return i + 1;
        }
    }
    return steps;
}

void mlj_predict(const mlj_plan *p, const void *x, int32_t is_uint8, int64_t rows, float *out) {
    const mlj_ops *ops = mlj_ops_now();
    const size_t width = is_uint8 ? 1 : sizeof(float);
    for (int64_t done = 0; done < rows; done += p->block) {
        const void *from = (const char *)x + (size_t)(done * p->features) * width;
        const mlj_block b = rows_of(p, ops, from, is_uint8, smaller(p->block, rows - done));
        run_phase(&b, p->calls, p->calls + p->loss, ROWS);
        memcpy(out + done * p->outputs, p->arena + p->output, (size_t)(b.rows * p->outputs) * sizeof(float));
    }
}

void mlj_run_call(mlj_plan *p, int64_t number, int64_t rows, double rate) {
    mlj_block b = block_of(p, mlj_ops_now(), 0, rows);
    const mlj_call *c = p->calls + number;
    b.scale = 1.0f / (float)rows;
    b.rate = rate;
    run_phase(&b, c, c + 1, PREPARE);
    run_phase(&b, c, c + 1, ROWS);
    run_phase(&b, c, c + 1, REDUCE);
    run_phase(&b, c, c + 1, UPDATE);
}
