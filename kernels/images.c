/* Convolutions, poolings and turns in a plan. Images lie channels last.

   A convolution goes back by groups of MLJ_IMAGES images: dy as its windows saw it is spread from the pooled one, dx is
   made of it, and dw and db are added to the group's own sums while all of it is in the second cache. In `reduce` the
   sums of the groups are added in their order, so that it does not show who made which, and moved by where the call has
   a rule. */
#include <string.h>

#include "parts.h"

static int64_t image_of(const mlj_windows *at) { return at->height * at->width; }
static int64_t places_of(const mlj_windows *at) { return at->down * at->across; }
static int64_t filters_of(const mlj_call *c) { return mlj_length_of(c) * whole(c->filters); }
/* An image of dy spread: a cache line more than it needs, so that images do not share the sets of the first cache. */
static int64_t spread_of(const mlj_call *c) { return places_of(&c->at) * whole(c->filters) + PANEL; }
static size_t bytes_of(int64_t n) { return (size_t)n * sizeof(float); }

/* A call as the kernels read it; rows of dy, dx, dw and db are the caller's. */
static mlj_convolution convolution_of(const mlj_block *b, const mlj_call *c) {
    return (mlj_convolution){
        .at = c->at,
        .pool = c->pool,
        .channels = c->channels,
        .filters = c->filters,
        .x = rows_at(b, c->x),
        .w = at(b, c->w),
        .wt = at(b, c->wt),
        .bias = at(b, c->b),
        .y = at(b, c->y),
        .where = at(b, c->where),
        .activation = c->activation,
        .alpha = c->alpha,
        .mask = c->mask,
        .mask_alpha = c->mask_alpha,
    };
}

void mlj_part_convolution(const mlj_block *b, const mlj_call *c, int64_t from, int64_t to) {
    const mlj_convolution now = convolution_of(b, c);
    b->ops->convolve(&now, from, to);
}

void mlj_part_turn_filters(const mlj_block *b, const mlj_call *c, int64_t from, int64_t to) {
    if (c->dx < 0) return;
    const mlj_convolution now = convolution_of(b, c);
    b->ops->turn_filters(&now, from, to);
}

static mlj_pooling pooling_of(const mlj_block *b, const mlj_call *c) {
    return (mlj_pooling){
        .at = c->pool,
        .kind = c->pooling,
        .activation = c->activation,
        .alpha = c->alpha,
        .y = at(b, c->y),
        .where = at(b, c->where),
        .dy = at(b, c->dy),
    };
}

/* dy of images from ... to - 1 as the windows of the convolution saw it, in whole groups of filters. */
static void spread(const mlj_block *b, const mlj_call *c, int64_t from, int64_t to, float *out) {
    if (c->pool.tall) {
        mlj_pooling p = pooling_of(b, c);
        if (c->activation == MLJ_RELU || c->activation == MLJ_RELU6) p.activation = MLJ_LINEAR; /* `where` knows */
        p.channels = c->filters, p.dx = out, p.dx_pixel = whole(c->filters), p.dx_image = spread_of(c);
        b->ops->pool_backward(&p, from, to);
        return;
    }
    const int64_t pixels = places_of(&c->at);
    const float *dy = at(b, c->dy) + from * pixels * c->filters;
    for (int64_t image = from; image < to; image++, out += spread_of(c))
        for (int64_t i = 0; i < pixels; i++, dy += c->filters)
            memcpy(out + i * whole(c->filters), dy, bytes_of(c->filters));
}

void mlj_part_convolution_back(const mlj_block *b, const mlj_call *c, int64_t from, int64_t to) {
    const int64_t together = c->dx < 0 ? 1 : MLJ_IMAGES, all = places_of(&c->at) * c->filters;
    mlj_convolution now = convolution_of(b, c);
    now.dx = at(b, c->dx), now.dy_pixel = whole(c->filters);
    now.dy_image = c->spread < 0 ? all : spread_of(c);
    for (int64_t first = from; first < to; first += MLJ_IMAGES) {
        const int64_t group = first / MLJ_IMAGES, end = smaller(first + MLJ_IMAGES, to);
        now.dw = at(b, c->sums) + group * (filters_of(c) + whole(c->filters)), now.db = now.dw + filters_of(c);
        memset(now.dw, 0, bytes_of(filters_of(c) + whole(c->filters)));
        for (int64_t i = first; i < end; i += together) {
            const int64_t next = smaller(i + together, end);
            if (c->spread >= 0) {
                float *out = at(b, c->spread) + group * together * spread_of(c);
                spread(b, c, i, next, out);
                now.dy = out;
            } else {
                now.dy = at(b, c->dy) + i * all;
            }
            if (c->dx >= 0) b->ops->convolve_back(&now, i, next);
            b->ops->convolve_gradient(&now, i, next);
        }
    }
}

/* The sums of all groups for n numbers from `place` on, in the order of the groups, and their move where there is a
   rule. */
static void add_up(const mlj_block *b, const mlj_call *c, int64_t place, int64_t n, float *g) {
    const int64_t group = filters_of(c) + whole(c->filters);
    const float *sums = at(b, c->sums) + place;
    if (!b->accumulate) memset(g, 0, bytes_of(n));
    for (int64_t first = 0; first < b->rows; first += MLJ_IMAGES, sums += group)
        for (int64_t i = 0; i < n; i++) g[i] += sums[i];
}

void mlj_part_convolution_gradient(const mlj_block *b, const mlj_call *c, int64_t from, int64_t to) {
    const mlj_rule *rule = c->rule ? b->rule : NULL;
    const int64_t panel = mlj_length_of(c) * PANEL, n = (to - from) * PANEL;
    for (int64_t place = from * PANEL; place < filters_of(c); place += panel) {
        add_up(b, c, place, n, at(b, c->dw) + place);
        if (rule) mlj_move(b, rule, c->w + place, n, at(b, c->dw) + place);
    }
    if (from == 0) {
        add_up(b, c, filters_of(c), c->filters, at(b, c->db));
        if (rule) {
            mlj_rule plain = *rule;
            mlj_penalise(&plain, 0, 0); /* weights decay, biases do not */
            mlj_move(b, &plain, c->b, c->filters, at(b, c->db));
        }
    }
    if (rule) mlj_part_turn_filters(b, c, from, to);
}

void mlj_part_pool(const mlj_block *b, const mlj_call *c, int64_t from, int64_t to) {
    mlj_pooling p = pooling_of(b, c);
    p.channels = c->channels, p.x = rows_at(b, c->x);
    b->ops->pool(&p, from, to);
}

void mlj_part_pool_back(const mlj_block *b, const mlj_call *c, int64_t from, int64_t to) {
    mlj_pooling p = pooling_of(b, c);
    p.channels = p.dx_pixel = c->channels, p.dx_image = image_of(&c->pool) * c->channels;
    p.dx = at(b, c->dx) + from * p.dx_image;
    b->ops->pool_backward(&p, from, to);
}

void mlj_part_turn(const mlj_block *b, const mlj_call *c, int64_t from, int64_t to) {
    const float *x = rows_at(b, c->x) + from * c->inputs;
    float *y = at(b, c->y) + from * c->inputs;
    const int64_t rows = c->inputs / c->channels;
    for (int64_t i = from; i < to; i++, x += c->inputs, y += c->inputs)
        b->ops->transpose(rows, c->channels, x, c->channels, y, rows);
}
