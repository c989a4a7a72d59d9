/* Dropout in a plan: what forward multiplied by lies in the call's room, for backward. Outside training y is x. Random
   words go by the places of numbers on the page, where channels come first: of images m is turned. */
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
    if (c->channels) {
        float *m = at(b, c->room) + start;
        const int64_t pixels = c->inputs / c->channels;
        for (int64_t row = from; row < to; row++, x += c->inputs, y += c->inputs, m += c->inputs) {
            b->ops->dropout(&chance, (b->first + row) * c->inputs, c->inputs, x, y, m); /* y holds m for now */
            b->ops->transpose(c->channels, pixels, y, pixels, m, c->channels);
            for (int64_t i = 0; i < c->inputs; i++) y[i] = x[i] * m[i];
        }
        return;
    }
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
