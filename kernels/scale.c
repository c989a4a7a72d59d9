/* A factor for each feature, in a plan: y = x gain, dx = dy gain, dgain = sum of dy x down the rows, in their order.

   Rows are [inputs]; `reduce` is cut by columns, each of which is summed up whole by one part. */
#include <string.h>

#include "parts.h"

static void multiply(int64_t rows, int64_t n, const float *x, const float *gain, float *y) {
    for (int64_t i = 0; i < rows; i++, x += n, y += n)
        for (int64_t j = 0; j < n; j++) y[j] = x[j] * gain[j];
}

void mlj_part_scale(const mlj_block *b, const mlj_call *c, int64_t from, int64_t to) {
    const int64_t start = from * c->inputs;
    multiply(to - from, c->inputs, rows_at(b, c->x) + start, at(b, c->w), at(b, c->y) + start);
}

void mlj_part_scale_dx(const mlj_block *b, const mlj_call *c, int64_t from, int64_t to) {
    const int64_t start = from * c->inputs;
    if (c->dx >= 0) multiply(to - from, c->inputs, at(b, c->dy) + start, at(b, c->w), at(b, c->dx) + start);
}

void mlj_part_scale_gradient(const mlj_block *b, const mlj_call *c, int64_t from, int64_t to) {
    const float *x = rows_at(b, c->x), *dy = at(b, c->dy);
    float *g = at(b, c->dw);
    if (!b->accumulate) memset(g + from, 0, (size_t)(to - from) * sizeof *g);
    for (int64_t i = 0; i < rows_of_call(b, c); i++, x += c->inputs, dy += c->inputs)
        for (int64_t j = from; j < to; j++) g[j] += dy[j] * x[j];
    mlj_part_norm_update(b, c, from, to);
}
