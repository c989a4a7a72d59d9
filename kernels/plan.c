/* A plan run whole: epochs, batches and calls without Python and without an allocation.

   A step is: the order of its epoch when that is new, then for each block of its rows gather, forward, loss and
   backward (gradients add up over blocks), and the update, which is made only if the mean loss is finite. The calls run
   in phases, so that threads meet twice a block and not at every call:

     rows      everything of a row that depends on that row alone   cut by rows
     reduce    dW and db, sums over all rows of the block           cut by rows of W

   In a fused plan the update is the end of the last block's reduce: a tile of dW moves its part of W while it is in
   registers, and the transposed W that dx reads is renewed when a part of W is done. In a plain plan two phases stand
   apart: the update, cut by numbers, and before the first block of a step the transposing of W. How the work is cut
   never shows in the results: each number is computed whole by one part, by the same additions in the same order. Row
   losses are added in double in row order by the caller's thread. */

#include <assert.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "mlj.h"

#define SERIAL_WORK 150000 /* multiply-adds below which waking another thread costs more than it brings */
#define ROWS_WORK 75000    /* multiply-adds of a chunk of rows */
#define CHUNK_ROWS 32      /* chunks of rows are multiples of this: whole vectors, and full tiles */
#define SPAN_ROWS 96       /* rows of W in a chunk of prepare and reduce: whole tiles, whole panels of the transposed */
#define PANEL 16           /* columns of W that lie together in a fused plan */
#define SPAN_NUMBERS 16384 /* numbers in a chunk of the update */
#define UPDATE_WORK 10     /* multiply-adds that take as long as the update of one number */

typedef struct { /* the rows in hand and where they come from */
    const mlj_plan *plan;
    const mlj_ops *ops;
    const int32_t *order;  /* places of the rows in the data; NULL: they follow each other from `x` */
    const void *x;         /* rows as stored: the whole data, or the first row of the block */
    const float *input;    /* rows as the first layer reads them */
    const int32_t *labels; /* targets of the block's rows */
    const float *targets;
    int32_t is_uint8;
    int64_t rows;
    float scale;          /* 1 / rows of the step */
    int accumulate;       /* add to the gradient of the blocks before */
    const mlj_rule *rule; /* with which reduce and update move the parameters, or NULL */
} mlj_block;

typedef void mlj_part(const mlj_block *b, const mlj_call *c, int64_t from, int64_t to);

static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }
static int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }

static float *at(const mlj_block *b, int64_t place) { return place < 0 ? NULL : b->plan->arena + place; }

static const float *rows_at(const mlj_block *b, int64_t place) {
    return place == b->plan->input ? b->input : at(b, place);
}

/* From one panel to the next of a matrix with so many rows; 0 where matrices are not in panels. */
static int64_t panel_of(const mlj_block *b, int64_t rows) { return b->plan->panels ? rows * PANEL : 0; }

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
        .b_col = 1,
        .b_panel = panel_of(b, c->inputs),
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
        .b_col = 1,
        .b_panel = panel_of(b, c->outputs),
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
    const float *w = at(b, c->w);
    float *wt = at(b, c->wt);
    if (!b->plan->panels) {
        b->ops->transpose(to - from, c->outputs, w + from * c->outputs, c->outputs, wt + from, c->inputs);
        return;
    }
    for (int64_t i = from; i < to; i += PANEL) /* a square of sixteen rows and columns lies together on both sides */
        for (int64_t o = 0; o < c->outputs; o += PANEL)
            b->ops->transpose(smaller(PANEL, to - i), smaller(PANEL, c->outputs - o), w + (o * c->inputs + i * PANEL),
                              PANEL, wt + (i * c->outputs + o * PANEL), PANEL);
}

/* n numbers of the parameters from `place` on, moved by their gradient. */
static void move(const mlj_block *b, const mlj_rule *rule, int64_t place, int64_t n, const float *g) {
    const mlj_plan *p = b->plan;
    float *moment = p->arena + p->moments + (place - p->vector);
    b->ops->update(rule, n, p->arena + place, g, moment, moment + p->size);
}

static void dense_gradient(const mlj_block *b, const mlj_call *c, int64_t from, int64_t to) {
    const mlj_plan *p = b->plan;
    const mlj_rule *rule = c->rule ? b->rule : NULL;
    float *moment = p->arena + p->moments + (c->w - p->vector);
    const mlj_matmul m = {
        .m = c->inputs,
        .n = c->outputs,
        .k = b->rows,
        .a = rows_at(b, c->x),
        .a_row = 1,
        .a_col = c->inputs,
        .b = at(b, c->dy),
        .b_row = c->outputs,
        .b_col = 1,
        .c = at(b, c->dw),
        .c_row = c->outputs,
        .c_panel = panel_of(b, c->inputs),
        .accumulate = b->accumulate,
        .rule = rule,
        .w = at(b, c->w),
        .moment1 = moment,
        .moment2 = moment + p->size,
    };
    b->ops->matmul(&m, from, to);
    if (from == 0) {
        b->ops->column_sum(b->rows, c->outputs, m.b, c->outputs, at(b, c->db), b->accumulate);
        if (rule) {
            mlj_rule plain = *rule;
            plain.decay = 0; /* weights decay, biases do not */
            move(b, &plain, c->b, c->outputs, at(b, c->db));
        }
    }
    if (rule) transpose_weights(b, c, from, to);
}

/* ---- update: numbers from … to - 1 of a call's span of the parameters ---- */

static void update(const mlj_block *b, const mlj_call *c, int64_t from, int64_t to) {
    mlj_rule rule = *b->rule;
    rule.decay = (float)c->constants[0];
    move(b, &rule, c->w + from, to - from, at(b, c->dw) + from);
}

/* The rule of a call at the step in hand. */
static mlj_rule rule_of(const mlj_call *c, double rate, int64_t updates) {
    const double *a = c->constants, t = (double)(updates + 1);
    switch (c->rule) {
    case MLJ_SGD: return mlj_rule_sgd(rate, a[1], a[2] != 0, a[0]);
    case MLJ_RMSPROP: return mlj_rule_rmsprop(rate, a[1], a[2], a[0]);
    case MLJ_ADAM: return mlj_rule_adam(rate, a[1], a[2], a[3], 1 - pow(a[1], t), 1 - pow(a[2], t), a[0]);
    default: return (mlj_rule){0};
    }
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
    [MLJ_UPDATE] = {[UPDATE] = update},
};

typedef struct { /* one phase of the calls first … end - 1 */
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
    for (const mlj_call *c = first; c < end; c++) work += work_of(c, phase);
    if ((phase == ROWS || phase == REDUCE ? work * b->rows : work) < SERIAL_WORK || mlj_threads() < 2) {
        for (const mlj_call *c = first; c < end; c++)
            if (parts[c->opcode][phase]) parts[c->opcode][phase](b, c, 0, phase == ROWS ? b->rows : c->inputs);
        return;
    }
    mlj_phase p = {b, first, end, phase, phase == UPDATE ? SPAN_NUMBERS : SPAN_ROWS};
    if (phase == ROWS) {
        p.size = larger(CHUNK_ROWS, ROWS_WORK / (work + 1) / CHUNK_ROWS * CHUNK_ROWS);
        chunks = chunks_of(b->rows, p.size);
    } else {
        for (const mlj_call *c = first; c < end; c++)
            if (parts[c->opcode][phase]) chunks += chunks_of(c->inputs, p.size);
    }
    mlj_parallel_for(chunks, phase == ROWS ? run_rows : run_span, &p);
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

/* One step: forward, backward and, where the mean loss is finite, the update. Returns the loss. */
static double step_of(mlj_plan *p, const mlj_ops *ops, int64_t step, double rate) {
    const int64_t steps = chunks_of(p->rows, p->batch), epoch = step / steps, first = step % steps * p->batch;
    const int64_t count = smaller(p->batch, p->rows - first);
    const mlj_call *update = p->calls + p->update, *end = p->calls + p->count;
    const mlj_rule rule = rule_of(end - 1, rate, p->updates);
    double sum = 0;
    if (p->order && p->epoch != epoch) {
        ops->order(p->seed, (uint32_t)epoch, p->rows, p->order);
        p->epoch = epoch;
    }
    for (int64_t done = 0; done < count; done += p->block) {
        mlj_block b = block_of(p, ops, first + done, smaller(p->block, count - done));
        b.scale = 1.0f / (float)count;
        b.accumulate = done > 0;
        if (done == 0 && update < end) run_phase(&b, p->calls, update, PREPARE);
        run_phase(&b, p->calls, update, ROWS);
        const float *row_loss = p->arena + p->row_loss;
        for (int64_t i = 0; i < b.rows; i++) sum += row_loss[i];
        const int last = done + p->block >= count;
        if (last && !isfinite((float)(sum / (double)count))) break;
        b.rule = last ? &rule : NULL;
        run_phase(&b, p->calls, update, REDUCE);
        if (last && update < end) run_phase(&b, update, end, UPDATE);
    }
    return sum / (double)count;
}

int64_t mlj_train(mlj_plan *p, int64_t first, int64_t steps, const double *rates, float *losses,
                  mlj_progress *progress) {
    const mlj_ops *ops = mlj_ops_now();
    const mlj_block all = {.plan = p, .ops = ops};
    if (p->update == p->count) run_phase(&all, p->calls, p->calls + p->count, PREPARE); /* renewed by each update */
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
    const mlj_rule rule = rule_of(c, rate, p->updates);
    b.scale = 1.0f / (float)rows;
    b.rule = &rule;
    run_phase(&b, c, c + 1, PREPARE);
    run_phase(&b, c, c + 1, ROWS);
    run_phase(&b, c, c + 1, REDUCE);
    run_phase(&b, c, c + 1, UPDATE);
}
