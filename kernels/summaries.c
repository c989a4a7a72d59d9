/* Mean and max over all places of an image or all real steps of a sequence, in a plan: a pooling with one window. */
#include <string.h>

#include "parts.h"

static float *place_at(const mlj_block *b, int64_t place, int64_t offset) {
    return place < 0 ? NULL : at(b, place) + offset;
}

/* The pooling of one row; its window ends where the sequence does. */
static mlj_pooling pooling_of(const mlj_block *b, const mlj_call *c, int64_t row) {
    const int64_t size = c->pool.width * c->channels, out = row * c->channels;
    mlj_pooling p = {.at = c->pool, .channels = c->channels, .kind = c->pooling};
    p.at.width = p.at.wide = p.at.step_across = larger(length_at(b, row, c->pool.width), 1);
    p.x = c->x < 0 ? NULL : rows_at(b, c->x) + row * size;
    p.y = place_at(b, c->y, out), p.where = place_at(b, c->where, out);
    p.dy = place_at(b, c->dy, out), p.dx = place_at(b, c->dx, row * size);
    p.dx_pixel = c->channels, p.dx_image = size;
    return p;
}

void mlj_part_summary(const mlj_block *b, const mlj_call *c, int64_t from, int64_t to) {
    for (int64_t row = from; row < to; row++) {
        const mlj_pooling p = pooling_of(b, c, row);
        b->ops->pool(&p, 0, 1);
    }
}

void mlj_part_summary_back(const mlj_block *b, const mlj_call *c, int64_t from, int64_t to) {
    for (int64_t row = from; row < to; row++) {
        const mlj_pooling p = pooling_of(b, c, row);
        const int64_t real = p.at.width * c->channels;
        b->ops->pool_backward(&p, 0, 1);
        memset(p.dx + real, 0, (size_t)(p.dx_image - real) * sizeof *p.dx);
    }
}
