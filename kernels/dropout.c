/* Dropout in a plan: what forward multiplied by lies in the call's room, for backward. Outside training y is x. */
#include <string.h>

#include "parts.h"

static size_t bytes_of(int64_t n) { return (size_t)n * sizeof(float); }

void mlj_part_dropout(const mlj_block *b, const mlj_call *c, int64_t from, int64_t to) {
    const int64_t start = from * c->inputs, n = (to - from) * c->inputs;
    const float *x = rows_at(b, c->x) + start;
    float *y = at(b, c->y) + start;
    if (!b->training) {
        memcpy(y, x, bytes_of(n));
        return;
    }
    const mlj_chance chance = {
        .seed = b->plan->seed,
        .layer = (uint32_t)c->layer,
        .epoch = (uint32_t)b->epoch,
        .step = (uint32_t)b->step,
        .keep = (int32_t)c->constants[0],
        .scale = (float)c->constants[1],
    };
    b->ops->dropout(&chance, b->first * c->inputs + start, n, x, at(b, c->room) + start, y);
}

void mlj_part_dropout_backward(const mlj_block *b, const mlj_call *c, int64_t from, int64_t to) {
    const int64_t start = from * c->inputs, n = (to - from) * c->inputs;
    const float *m = at(b, c->room) + start, *dy = at(b, c->dy) + start;
    float *dx = at(b, c->dx) + start;
    if (!b->training)
        memcpy(dx, dy, bytes_of(n));
    else
        for (int64_t i = 0; i < n; i++) dx[i] = dy[i] * m[i];
}
