/* Images moved, turned and mirrored in a plan, as mlcore/layers/augment.py has it: y [H, W, C] is x at other places,
   made of the four pixels around each. The way back gives each of the four its part of dy. */
#include <math.h>
#include <string.h>

#include "parts.h"

#define PURPOSE 6 /* Purpose.AUGMENT of mlcore/philox.py */

typedef struct { /* what happens to one image */
    double cos, sin, down, across, mirror;
} move;

/* constants: shift, rotate in radians, 1 to flip. */
static move move_of(const mlj_block *b, const mlj_call *c, int64_t row) {
    uint32_t word[4];
    double drawn[4];
    b->ops->words(b->plan->seed, PURPOSE, (uint32_t)c->layer, (uint32_t)b->epoch, (uint32_t)b->step, b->first + row, 4,
                  word);
    for (int k = 0; k < 4; k++) drawn[k] = (double)(word[k] >> 8) * 0x1p-24;
    const double turn = (2 * drawn[2] - 1) * c->constants[1];
    return (move){cos(turn), sin(turn), c->constants[0] * (2 * drawn[0] - 1), c->constants[0] * (2 * drawn[1] - 1),
                  c->constants[2] != 0 && drawn[3] < 0.5 ? -1 : 1};
}

/* The four pixels that pixel (i, j) of y looks at, -1 outside the image, and how much it takes of each. */
static void look(const mlj_call *c, const move *m, int64_t i, int64_t j, int64_t *place, float *share) {
    const int64_t height = c->at.height, width = c->at.width;
    const double middle = (double)(height - 1) / 2, centre = (double)(width - 1) / 2;
    const double p = (double)i - middle - m->down, q = (double)j - centre - m->across;
    const double u = middle + m->cos * p - m->sin * q, v = centre + m->mirror * (m->sin * p + m->cos * q);
    const double above = floor(u), left = floor(v);
    for (int corner = 0; corner < 4; corner++) {
        const double row = above + corner / 2, column = left + corner % 2;
        const int inside = row >= 0 && row < (double)height && column >= 0 && column < (double)width;
        place[corner] = inside ? (int64_t)row * width + (int64_t)column : -1;
        share[corner] = (float)((1 - fabs(u - row)) * (1 - fabs(v - column)));
    }
}

/* Rows `in` [pixels, n] as `out` sees them or, on the way back, `in` given to where it was seen. */
static void through(const mlj_block *b, const mlj_call *c, int64_t from, int64_t to, const float *in, float *out,
                    int back) {
    const int64_t n = c->channels, pixels = c->at.height * c->at.width;
    const size_t size = (size_t)((to - from) * c->inputs) * sizeof *out;
    in += from * c->inputs, out += from * c->inputs;
    if (!b->training) {
        memcpy(out, in, size);
        return;
    }
    memset(out, 0, size);
    for (int64_t row = from; row < to; row++, in += c->inputs, out += c->inputs) {
        const move m = move_of(b, c, row);
        for (int64_t pixel = 0; pixel < pixels; pixel++) {
            int64_t place[4];
            float share[4];
            look(c, &m, pixel / c->at.width, pixel % c->at.width, place, share);
            for (int corner = 0; corner < 4; corner++) {
                if (place[corner] < 0) continue;
                const float *taken = in + (back ? pixel : place[corner]) * n;
                float *given = out + (back ? place[corner] : pixel) * n;
                for (int64_t k = 0; k < n; k++) given[k] += share[corner] * taken[k];
            }
        }
    }
}

void mlj_part_augment(const mlj_block *b, const mlj_call *c, int64_t from, int64_t to) {
    through(b, c, from, to, rows_at(b, c->x), at(b, c->y), 0);
}

void mlj_part_augment_backward(const mlj_block *b, const mlj_call *c, int64_t from, int64_t to) {
    through(b, c, from, to, at(b, c->dy), at(b, c->dx), 1);
}
