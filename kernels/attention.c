/* Attention in a plan, between the product that makes q, k and v of x and the one that makes y of what was heard.

   A row of the batch is a sequence [steps, 3 features] of q, k and v, the heads of each beside each other; every
   sequence goes its way alone, head by head:

     s = q kᵀ scale      a = softmax(s) over the keys      o = a v
     dv = aᵀ do          ds = a (do vᵀ - sum of a do vᵀ) scale      dq = ds k      dk = dsᵀ q

   a [length, length] of each head stays in the call's room for the way back, and behind them is room for one ds. Steps
   behind the end of a sequence are neither read nor heard, and become zeros. */
#include <string.h>

#include "parts.h"

/* c [m, n] = a b; `over` is the length of the sums, and matrices are told as in mlj_matmul. */
static void product(const mlj_block *b, int64_t m, int64_t n, int64_t over, const float *x, int64_t x_row,
                    int64_t x_col, const float *w, int64_t w_row, int64_t w_col, float *y, int64_t y_row) {
    const mlj_matmul call = {
        .m = m,
        .n = n,
        .k = over,
        .a = x,
        .a_row = x_row,
        .a_col = x_col,
        .b = w,
        .b_row = w_row,
        .b_col = w_col,
        .c = y,
        .c_row = y_row,
    };
    b->ops->matmul(&call, 0, m);
}

/* Rows of zeros behind the end of a sequence. */
static void end_at(int64_t length, int64_t steps, int64_t width, float *rows) {
    memset(rows + length * width, 0, (size_t)((steps - length) * width) * sizeof *rows);
}

void mlj_part_clear(const mlj_block *b, const mlj_call *c, int64_t from, int64_t to) {
    const int64_t size = c->each * c->inputs;
    for (int64_t row = from / c->each; row < to / c->each; row++) {
        const int64_t length = length_at(b, row, c->each);
        float *y = at(b, c->y) + row * size;
        if (c->x != c->y) memcpy(y, rows_at(b, c->x) + row * size, (size_t)(length * c->inputs) * sizeof *y);
        end_at(length, c->each, c->inputs, y);
    }
}

static float *room_of(const mlj_block *b, const mlj_call *c, int64_t row, int64_t head) {
    const int64_t heads = c->features / c->units;
    return at(b, c->room) + (row * (heads + 1) + head) * c->steps * c->steps;
}

/* What each step hears of each, from q kᵀ; of what a causal step must not hear no exponential is made. */
static void hear(const mlj_block *b, const mlj_call *c, int64_t length, float *a) {
    for (int64_t i = 0; i < length * length; i++) a[i] *= (float)c->constants[0];
    if (!c->causal) {
        b->ops->softmax(length, length, a, a);
        return;
    }
    for (int64_t i = 0; i < length; i++, a += length) {
        b->ops->softmax(1, i + 1, a, a);
        memset(a + i + 1, 0, (size_t)(length - i - 1) * sizeof *a);
    }
}

void mlj_part_attention(const mlj_block *b, const mlj_call *c, int64_t from, int64_t to) {
    const int64_t d = c->units, all = c->features, row = 3 * all;
    for (int64_t i = from; i < to; i++) {
        const int64_t length = length_at(b, i, c->steps);
        const float *q = at(b, c->x) + i * c->steps * row, *k = q + all, *v = k + all;
        float *o = at(b, c->y) + i * c->steps * all;
        for (int64_t head = 0, first = 0; first < all; head++, first += d) {
            float *a = room_of(b, c, i, head);
            product(b, length, length, d, q + first, row, 1, k + first, 1, row, a, length);
            hear(b, c, length, a);
            product(b, length, d, length, a, length, 1, v + first, row, 1, o + first, all);
        }
        end_at(length, c->steps, all, o);
    }
}

void mlj_part_attention_back(const mlj_block *b, const mlj_call *c, int64_t from, int64_t to) {
    const int64_t d = c->units, all = c->features, row = 3 * all;
    for (int64_t i = from; i < to; i++) {
        const int64_t length = length_at(b, i, c->steps);
        const float *q = at(b, c->x) + i * c->steps * row, *k = q + all, *v = k + all;
        const float *out = at(b, c->dy) + i * c->steps * all; /* the gradient of o */
        float *dq = at(b, c->dx) + i * c->steps * row, *dk = dq + all, *dv = dk + all;
        float *ds = room_of(b, c, i, all / d);
        for (int64_t head = 0, first = 0; first < all; head++, first += d) {
            const float *a = room_of(b, c, i, head);
            product(b, length, d, length, a, 1, length, out + first, all, 1, dv + first, row);
            product(b, length, length, d, out + first, all, 1, v + first, 1, row, ds, length);
            b->ops->softmax_backward(length, length, a, ds, ds);
            for (int64_t j = 0; j < length * length; j++) ds[j] *= (float)c->constants[0];
            product(b, length, d, length, ds, length, 1, k + first, row, 1, dq + first, row);
            product(b, length, d, length, ds, 1, length, q + first, row, 1, dk + first, row);
        }
        end_at(length, c->steps, row, dq);
    }
}

int64_t mlj_attention_work(const mlj_call *c) {
    return 2 * c->steps * c->steps * c->features * (c->opcode == MLJ_ATTENTION ? 1 : 2);
}
