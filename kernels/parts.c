/* The parts of every call but the dense layer's, and the table of all. */
#include "parts.h"

#include <math.h>
#include <string.h>

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
    const int64_t n = p->answers;
    for (int64_t i = from; i < to; i++)
        for (int64_t j = 0; j < n; j++) {
            if (p->labels) p->batch_labels[i * n + j] = p->labels[b->order[i] * n + j];
            if (p->weights) p->arena[p->batch_weights + i * n + j] = p->weights[b->order[i] * n + j];
        }
}

/* Rows that begin with their length: it goes to the lengths of the block, what is behind it to y. What is no length,
   which Python refuses where people hand rows over, counts as 1 or as all steps: nobody writes beside a row for it. */
static void split(const mlj_block *b, const mlj_call *c, int64_t from, int64_t to) {
    const float *x = rows_at(b, c->x) + from * (1 + c->inputs), longest = (float)c->steps;
    float *y = at(b, c->y) + from * c->inputs;
    for (int64_t i = from; i < to; i++, x += 1 + c->inputs, y += c->inputs) {
        b->plan->lengths[i] = x[0] >= longest ? (int32_t)c->steps : x[0] >= 1.0f ? (int32_t)x[0] : 1;
        memcpy(y, x + 1, (size_t)c->inputs * sizeof *y);
    }
}

static void activate(const mlj_block *b, const mlj_call *c, int64_t from, int64_t to) {
    const int64_t start = from * c->inputs;
    const int64_t n = (to - from) * c->inputs;
    b->ops->activate(c->activation, c->alpha, n, rows_at(b, c->x) + start, at(b, c->y) + start);
}

static void activate_backward(const mlj_block *b, const mlj_call *c, int64_t from, int64_t to) {
    const int64_t start = from * c->inputs, n = (to - from) * c->inputs;
    b->ops->activate_backward(c->activation, c->alpha, n, rows_at(b, c->y) + start, at(b, c->dy) + start,
                              at(b, c->dx) + start);
}

static void add(const mlj_block *b, const mlj_call *c, int64_t from, int64_t to) {
    const int64_t start = from * c->inputs, n = (to - from) * c->inputs;
    const float *x = rows_at(b, c->x) + start, *kept = rows_at(b, c->b) + start;
    float *y = at(b, c->y) + start;
    for (int64_t i = 0; i < n; i++) y[i] = x[i] + kept[i];
}

/* ---- losses: row losses and dz, then both times the weights of rows ---- */

static void weigh(const mlj_block *b, const mlj_call *c, int64_t from, int64_t to) {
    if (b->weights)
        b->ops->weigh(to - from, c->inputs, b->weights + from, at(b, c->dx) + from * c->inputs, at(b, c->y) + from);
}

static void softmax_cross_entropy(const mlj_block *b, const mlj_call *c, int64_t from, int64_t to) {
    const int64_t start = from * c->inputs;
    const mlj_soft soft = {(float)c->constants[0], (float)c->constants[1], at(b, c->w), at(b, c->b)};
    if (soft.share)
        b->ops->softened_cross_entropy(to - from, c->inputs, at(b, c->x) + start, b->labels + from, &soft, b->scale,
                                       at(b, c->dx) + start, at(b, c->y) + from);
    else
        b->ops->softmax_cross_entropy(to - from, c->inputs, at(b, c->x) + start, b->labels + from, b->scale,
                                      at(b, c->dx) + start, at(b, c->y) + from);
    weigh(b, c, from, to);
}

static void kl_divergence(const mlj_block *b, const mlj_call *c, int64_t from, int64_t to) {
    const int64_t start = from * c->inputs;
    b->ops->kl_divergence(to - from, c->inputs, at(b, c->x) + start, b->targets + start, b->scale, at(b, c->dx) + start,
                          at(b, c->y) + from);
    weigh(b, c, from, to);
}

static void binary_cross_entropy(const mlj_block *b, const mlj_call *c, int64_t from, int64_t to) {
    b->ops->binary_cross_entropy(to - from, at(b, c->x) + from, b->targets + from, (float)c->constants[0], b->scale,
                                 at(b, c->dx) + from, at(b, c->y) + from);
    weigh(b, c, from, to);
}

/* Every output is a question of its own: the losses of a row are added up in their order, each told as at least
   constants[0] and at most constants[1]. They come by, many rows of a few or parts of a long one. */
static void multilabel_cross_entropy(const mlj_block *b, const mlj_call *c, int64_t from, int64_t to) {
    enum { TOGETHER = 256 };
    const int64_t n = c->inputs, end = to * n;
    const float least = (float)c->constants[0], most = (float)c->constants[1];
    float losses[TOGETHER], *row_loss = at(b, c->y) + from, sum = 0.0f;
    int64_t left = n;
    for (int64_t start = from * n; start < end; start += TOGETHER) {
        const int64_t count = smaller(TOGETHER, end - start);
        b->ops->binary_cross_entropy(count, at(b, c->x) + start, b->targets + start, 0.0f, b->scale,
                                     at(b, c->dx) + start, losses);
        for (int64_t i = 0; i < count; i++) {
            sum += losses[i] < least ? least : losses[i] > most ? most : losses[i]; /* NaN stays */
            if (--left) continue;
            *row_loss++ = sum;
            left = n;
            sum = 0.0f;
        }
    }
    weigh(b, c, from, to);
}

static void squared_error(const mlj_block *b, const mlj_call *c, int64_t from, int64_t to) {
    const int64_t start = from * c->inputs;
    b->ops->squared_error(to - from, c->inputs, at(b, c->x) + start, b->targets + start, b->scale, at(b, c->dx) + start,
                          at(b, c->y) + from);
    weigh(b, c, from, to);
}

/* Half the mean over the outputs, and the slope of half the sum. */
static void half_squared_error(const mlj_block *b, const mlj_call *c, int64_t from, int64_t to) {
    const int64_t start = from * c->inputs;
    float *row_loss = at(b, c->y);
    b->ops->squared_error(to - from, c->inputs, at(b, c->x) + start, b->targets + start,
                          0.5f * (float)c->inputs * b->scale, at(b, c->dx) + start, row_loss + from);
    for (int64_t i = from; i < to; i++) row_loss[i] *= 0.5f;
    weigh(b, c, from, to);
}

static void absolute_error(const mlj_block *b, const mlj_call *c, int64_t from, int64_t to) {
    const int64_t start = from * c->inputs;
    b->ops->absolute_error(to - from, c->inputs, at(b, c->x) + start, b->targets + start, b->scale,
                           at(b, c->dx) + start, at(b, c->y) + from);
    weigh(b, c, from, to);
}

static void huber(const mlj_block *b, const mlj_call *c, int64_t from, int64_t to) {
    const int64_t start = from * c->inputs;
    b->ops->huber(to - from, c->inputs, at(b, c->x) + start, b->targets + start, (float)c->constants[0], b->scale,
                  at(b, c->dx) + start, at(b, c->y) + from);
    weigh(b, c, from, to);
}

static void poisson_deviance(const mlj_block *b, const mlj_call *c, int64_t from, int64_t to) {
    const int64_t start = from * c->inputs;
    b->ops->poisson_deviance(to - from, c->inputs, at(b, c->x) + start, b->targets + start, b->scale,
                             at(b, c->dx) + start, at(b, c->y) + from);
    weigh(b, c, from, to);
}

/* ---- optimizers ---- */

void mlj_move(const mlj_block *b, const mlj_rule *rule, int64_t place, int64_t n, const float *g) {
    const mlj_plan *p = b->plan;
    float *moment = p->arena + p->moments + (place - p->vector);
    b->ops->update(rule, n, p->arena + place, g, moment, moment + p->size);
}

/* Squares of the gradient, span by span. */
static void clip(const mlj_block *b, const mlj_call *c, int64_t from, int64_t to) {
    double *spans = (double *)at(b, c->y);
    for (; from < to; from += MLJ_SPAN)
        spans[from / MLJ_SPAN] = b->ops->sum_of_squares(smaller(MLJ_SPAN, to - from), at(b, c->dw) + from);
}

static void update(const mlj_block *b, const mlj_call *c, int64_t from, int64_t to) {
    mlj_rule rule = *b->rule;
    mlj_penalise(&rule, b->share * c->constants[0], c->constants[1]);
    if (c->y >= 0) {
        const double *spans = (const double *)at(b, c->y);
        double sum = 0;
        for (int64_t i = 0; i * MLJ_SPAN < b->plan->size; i++) sum += spans[i];
        rule.clip = mlj_clip(c->constants[2], sum);
    }
    mlj_move(b, &rule, c->w + from, to - from, at(b, c->dw) + from);
}

int64_t mlj_length_of(const mlj_call *c) {
    switch (c->opcode) {
    case MLJ_CONVOLUTION:
    case MLJ_CONVOLUTION_BACKWARD: return c->at.tall * c->at.wide * c->channels;
    case MLJ_LOOK_UP_BACKWARD: return c->units;
    case MLJ_EMBEDDING_BACKWARD:
    case MLJ_POSITIONS_BACKWARD: return c->features;
    default: return c->inputs;
    }
}

mlj_rule mlj_rule_of(const mlj_call *c, double rate, int64_t updates) {
    const double *own = c->constants + 3, t = (double)(updates + 1);
    mlj_rule rule = {0};
    switch (c->rule) {
    case MLJ_SGD: rule = mlj_rule_sgd(rate, own[0], own[1] != 0); break;
    case MLJ_RMSPROP: rule = mlj_rule_rmsprop(rate, own[0], own[1]); break;
    case MLJ_ADAGRAD: rule = mlj_rule_adagrad(rate, own[0]); break;
    case MLJ_ADAM:
    case MLJ_ADAMW:
        rule = mlj_rule_adam(rate, own[0], own[1], own[2], 1 - pow(own[0], t), 1 - pow(own[1], t));
        rule.kind = c->rule;
        break;
    case MLJ_ADAM_HAT:
        rule = mlj_rule_adam(rate, own[0], own[1], own[2] / sqrt(1 - pow(own[1], t)), 1 - pow(own[0], t),
                             1 - pow(own[1], t));
        break;
    }
    mlj_penalise(&rule, c->constants[0], c->constants[1]);
    return rule;
}

mlj_part *const mlj_parts[MLJ_OPCODES][PHASES] = {
    [MLJ_GATHER] = {[ROWS] = gather},
    [MLJ_SPLIT] = {[ROWS] = split},
    [MLJ_DENSE] = {[ROWS] = mlj_part_dense},
    [MLJ_DENSE_BACKWARD] = {[PREPARE] = mlj_part_transpose_weights,
                            [ROWS] = mlj_part_dense_dx,
                            [REDUCE] = mlj_part_dense_gradient},
    [MLJ_ACTIVATE] = {[ROWS] = activate},
    [MLJ_ACTIVATE_BACKWARD] = {[ROWS] = activate_backward},
    [MLJ_SOFTMAX_CROSS_ENTROPY] = {[ROWS] = softmax_cross_entropy},
    [MLJ_BINARY_CROSS_ENTROPY] = {[ROWS] = binary_cross_entropy},
    [MLJ_MULTILABEL_CROSS_ENTROPY] = {[ROWS] = multilabel_cross_entropy},
    [MLJ_SQUARED_ERROR] = {[ROWS] = squared_error},
    [MLJ_HALF_SQUARED_ERROR] = {[ROWS] = half_squared_error},
    [MLJ_ABSOLUTE_ERROR] = {[ROWS] = absolute_error},
    [MLJ_HUBER] = {[ROWS] = huber},
    [MLJ_POISSON_DEVIANCE] = {[ROWS] = poisson_deviance},
    [MLJ_KL_DIVERGENCE] = {[ROWS] = kl_divergence},
    [MLJ_CLIP] = {[NORM] = clip},
    [MLJ_UPDATE] = {[UPDATE] = update},
    [MLJ_DROPOUT] = {[ROWS] = mlj_part_dropout},
    [MLJ_DROPOUT_BACKWARD] = {[ROWS] = mlj_part_dropout_backward},
    [MLJ_AUGMENT] = {[ROWS] = mlj_part_augment},
    [MLJ_AUGMENT_BACKWARD] = {[ROWS] = mlj_part_augment_backward},
    [MLJ_BATCH_NORM] = {[MEET] = mlj_part_batch_moments,
                        [ROWS] = mlj_part_batch_norm,
                        [REDUCE] = mlj_part_batch_statistics},
    [MLJ_BATCH_NORM_BACKWARD] = {[MEET] = mlj_part_batch_sums,
                                 [ROWS] = mlj_part_batch_norm_dx,
                                 [REDUCE] = mlj_part_norm_update},
    [MLJ_CONVOLUTION] = {[ROWS] = mlj_part_convolution},
    [MLJ_CONVOLUTION_BACKWARD] = {[PREPARE] = mlj_part_turn_filters,
                                  [ROWS] = mlj_part_convolution_back,
                                  [REDUCE] = mlj_part_convolution_gradient},
    [MLJ_POOL] = {[ROWS] = mlj_part_pool},
    [MLJ_POOL_BACKWARD] = {[ROWS] = mlj_part_pool_back},
    [MLJ_TURN] = {[ROWS] = mlj_part_turn},
    [MLJ_EMBEDDING] = {[ROWS] = mlj_part_embedding},
    [MLJ_EMBEDDING_BACKWARD] = {[ROWS] = mlj_part_embedding_dx, [REDUCE] = mlj_part_embedding_gradient},
    [MLJ_PASS] = {[ROWS] = mlj_part_pass},
    [MLJ_PASS_BACKWARD] = {[ROWS] = mlj_part_pass_back},
    [MLJ_LOOK_UP] = {[ROWS] = mlj_part_look_up},
    [MLJ_LOOK_UP_BACKWARD] = {[ROWS] = mlj_part_look_up_dx, [REDUCE] = mlj_part_look_up_gradient},
    [MLJ_POSITIONS] = {[ROWS] = mlj_part_positions},
    [MLJ_POSITIONS_BACKWARD] = {[ROWS] = mlj_part_positions_dx, [REDUCE] = mlj_part_positions_gradient},
    [MLJ_ADD] = {[ROWS] = add},
    [MLJ_SUMMARY] = {[ROWS] = mlj_part_summary},
    [MLJ_SUMMARY_BACKWARD] = {[ROWS] = mlj_part_summary_back},
    [MLJ_CLEAR] = {[ROWS] = mlj_part_clear},
    [MLJ_ATTENTION] = {[ROWS] = mlj_part_attention},
    [MLJ_ATTENTION_BACKWARD] = {[ROWS] = mlj_part_attention_back},
    [MLJ_LAYER_NORM] = {[ROWS] = mlj_part_layer_norm},
    [MLJ_LAYER_NORM_BACKWARD] = {[ROWS] = mlj_part_layer_norm_dx, [REDUCE] = mlj_part_layer_norm_gradient},
    [MLJ_SCALE] = {[ROWS] = mlj_part_scale},
    [MLJ_SCALE_BACKWARD] = {[ROWS] = mlj_part_scale_dx, [REDUCE] = mlj_part_scale_gradient},
    [MLJ_RECURRENT] = {[ROWS] = mlj_part_recurrent},
    [MLJ_RECURRENT_BACKWARD] = {[PREPARE] = mlj_part_recurrent_turn,
                                [ROWS] = mlj_part_recurrent_back,
                                [REDUCE] = mlj_part_recurrent_gradient},
};
