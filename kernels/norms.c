/* Batch norm and layer norm in a plan.

   Batch norm needs every row of the batch before it can go on with any: its calls have a part in the phase `meet`, cut
   by columns, and its plan holds the batch as one block. What the parts hand on lies in the call's room: the mean of
   each column, 1 / sqrt(variance + eps), and the variance. The running statistics move in `reduce`, once the loss is
   known to be finite. */
#include <math.h>
#include <string.h>

#include "parts.h"

/* Whether the rows in hand have statistics of their own. */
static int of_the_batch(const mlj_block *b, const mlj_call *c) { return b->training && rows_of_call(b, c) > 1; }

static void invert(int64_t n, const float *variance, double eps, float *inverse) {
    for (int64_t i = 0; i < n; i++) inverse[i] = 1.0f / sqrtf(variance[i] + (float)eps);
}

void mlj_part_batch_moments(const mlj_block *b, const mlj_call *c, int64_t from, int64_t to) {
    float *mean = at(b, c->room) + from, *inverse = mean + c->inputs, *variance = inverse + c->inputs;
    const size_t size = (size_t)(to - from) * sizeof *mean;
    if (of_the_batch(b, c)) {
        b->ops->column_moments(rows_of_call(b, c), to - from, rows_at(b, c->x) + from, c->inputs, mean, variance);
    } else {
        memcpy(mean, at(b, c->mean) + from, size);
        memcpy(variance, at(b, c->variance) + from, size);
    }
    invert(to - from, variance, c->constants[0], inverse);
}

void mlj_part_batch_norm(const mlj_block *b, const mlj_call *c, int64_t from, int64_t to) {
    const int64_t start = from * c->inputs;
    const float *mean = at(b, c->room);
    b->ops->normalize(to - from, c->inputs, rows_at(b, c->x) + start, mean, mean + c->inputs, 0, at(b, c->w),
                      at(b, c->b), at(b, c->y) + start);
}

static void move_towards(int64_t n, float share, float factor, const float *batch, float *running) {
    for (int64_t i = 0; i < n; i++) running[i] = (1.0f - share) * running[i] + share * (batch[i] * factor);
}

void mlj_part_batch_statistics(const mlj_block *b, const mlj_call *c, int64_t from, int64_t to) {
    if (!of_the_batch(b, c)) return;
    const float *mean = at(b, c->room) + from, *variance = mean + 2 * c->inputs, share = (float)c->constants[1];
    const float unbiased = (float)((double)rows_of_call(b, c) / (double)(rows_of_call(b, c) - 1));
    move_towards(to - from, share, 1.0f, mean, at(b, c->mean) + from);
    move_towards(to - from, share, unbiased, variance, at(b, c->variance) + from);
}

void mlj_part_batch_sums(const mlj_block *b, const mlj_call *c, int64_t from, int64_t to) {
    const float *mean = at(b, c->room) + from;
    b->ops->normalize_sums(rows_of_call(b, c), to - from, rows_at(b, c->x) + from, at(b, c->dy) + from, c->inputs, mean,
                           mean + c->inputs, 0, 0, at(b, c->dw) + from, at(b, c->db) + from);
}

void mlj_part_batch_norm_dx(const mlj_block *b, const mlj_call *c, int64_t from, int64_t to) {
    if (c->dx < 0) return;
    const int64_t start = from * c->inputs;
    const float *mean = at(b, c->room), share = of_the_batch(b, c) ? 1.0f / (float)rows_of_call(b, c) : 0.0f;
    b->ops->batch_norm_backward(to - from, c->inputs, rows_at(b, c->x) + start, at(b, c->dy) + start, mean,
                                mean + c->inputs, at(b, c->w), at(b, c->dw), at(b, c->db), share, at(b, c->dx) + start);
}

/* Gain and, where there is one, bias moved by their gradients, where the call has a rule; they do not decay. */
void mlj_part_norm_update(const mlj_block *b, const mlj_call *c, int64_t from, int64_t to) {
    if (!c->rule || !b->rule) return;
    mlj_rule plain = *b->rule;
    mlj_penalise(&plain, 0, 0);
    mlj_move(b, &plain, c->w + from, to - from, at(b, c->dw) + from);
    if (c->b >= 0) mlj_move(b, &plain, c->b + from, to - from, at(b, c->db) + from);
}

/* ---- layer norm: mean and 1 / sqrt(variance + eps) of each row in the call's room ---- */

void mlj_part_layer_norm(const mlj_block *b, const mlj_call *c, int64_t from, int64_t to) {
    const int64_t start = from * c->inputs;
    const float *x = rows_at(b, c->x) + start;
    float *mean = at(b, c->room) + from, *inverse = mean + b->plan->block * c->each;
    b->ops->row_moments(to - from, c->inputs, x, mean, inverse);
    invert(to - from, inverse, c->constants[0], inverse);
    b->ops->normalize(to - from, c->inputs, x, mean, inverse, 1, at(b, c->w), at(b, c->b), at(b, c->y) + start);
}

void mlj_part_layer_norm_dx(const mlj_block *b, const mlj_call *c, int64_t from, int64_t to) {
    if (c->dx < 0) return;
    const int64_t start = from * c->inputs;
    const float *mean = at(b, c->room) + from;
    b->ops->layer_norm_backward(to - from, c->inputs, rows_at(b, c->x) + start, at(b, c->dy) + start, mean,
                                mean + b->plan->block * c->each, at(b, c->w), at(b, c->dx) + start);
}

void mlj_part_layer_norm_gradient(const mlj_block *b, const mlj_call *c, int64_t from, int64_t to) {
    const float *mean = at(b, c->room);
    b->ops->normalize_sums(rows_of_call(b, c), to - from, rows_at(b, c->x) + from, at(b, c->dy) + from, c->inputs, mean,
                           mean + b->plan->block * c->each, 1, b->accumulate, at(b, c->dw) + from, at(b, c->db) + from);
    mlj_part_norm_update(b, c, from, to);
}
