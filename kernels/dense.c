/* A dense layer in a plan: y = x W + b, dx, dW and db; in a fused plan W moves where its gradient is made. The steps of
   a sequence are rows to it. */
#include "parts.h"

void mlj_part_dense(const mlj_block *b, const mlj_call *c, int64_t from, int64_t to) {
    const mlj_matmul m = {
        .m = rows_of_call(b, c),
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
        .alpha = c->alpha,
    };
    b->ops->matmul(&m, from, to);
}

void mlj_part_dense_dx(const mlj_block *b, const mlj_call *c, int64_t from, int64_t to) {
    if (c->dx < 0) return;
    const mlj_matmul m = {
        .m = rows_of_call(b, c),
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
        .mask_alpha = c->mask_alpha,
    };
    b->ops->matmul(&m, from, to);
}

void mlj_part_transpose_weights(const mlj_block *b, const mlj_call *c, int64_t from, int64_t to) {
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

/* Whether the gradient of a call is made with the inputs in lanes, as panels of dW transposed in the place of dW: few
   outputs would leave lanes empty, and rows of x are read as they lie. */
static int is_turned(const mlj_block *b, const mlj_call *c) {
    return b->plan->panels && c->outputs < PANEL && (c->inputs + PANEL - 1) / PANEL * c->outputs <= c->inputs;
}

/* The gradient of rows from ... to - 1 of W, and their move where the rule is given. */
static void gradient(const mlj_block *b, const mlj_call *c, const mlj_rule *rule, int64_t from, int64_t to) {
    const mlj_plan *p = b->plan;
    float *moment = p->arena + p->moments + (c->w - p->vector);
    const mlj_matmul m = {
        .m = c->inputs,
        .n = c->outputs,
        .k = rows_of_call(b, c),
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
}

/* The same with the gradient turned: rows of x as they lie, sixteen inputs in lanes. */
static void turned_gradient(const mlj_block *b, const mlj_call *c, const mlj_rule *rule, int64_t from, int64_t to) {
    float *turned = at(b, c->dw) + from * c->outputs;
    const mlj_matmul m = {
        .m = c->outputs,
        .n = to - from,
        .k = rows_of_call(b, c),
        .a = at(b, c->dy),
        .a_row = 1,
        .a_col = c->outputs,
        .b = rows_at(b, c->x) + from,
        .b_row = c->inputs,
        .b_col = 1,
        .c = turned,
        .c_panel = panel_of(b, c->outputs),
        .accumulate = b->accumulate,
    };
    b->ops->matmul(&m, 0, c->outputs);
    if (!rule) return;
    float g[PANEL * PANEL] = {0};
    for (int64_t i = from; i < to; i += PANEL, turned += PANEL * c->outputs) {
        const int64_t rows = smaller(PANEL, to - i);
        b->ops->transpose(c->outputs, rows, turned, PANEL, g, PANEL);
        mlj_move(b, rule, c->w + i * PANEL, rows * PANEL, g);
    }
}

void mlj_part_dense_gradient(const mlj_block *b, const mlj_call *c, int64_t from, int64_t to) {
    const mlj_rule *rule = c->rule ? b->rule : NULL;
    if (is_turned(b, c)) {
        turned_gradient(b, c, rule, from, to);
    } else {
        gradient(b, c, rule, from, to);
    }
    if (from == 0) {
        b->ops->column_sum(rows_of_call(b, c), c->outputs, at(b, c->dy), c->outputs, at(b, c->db), b->accumulate);
        if (rule) {
            mlj_rule plain = *rule;
            mlj_penalise(&plain, 0, 0); /* weights decay, biases do not */
            mlj_move(b, &plain, c->b, c->outputs, at(b, c->db));
        }
    }
    if (rule) mlj_part_transpose_weights(b, c, from, to);
}
