/* Pooling of images that lie channels last, each channel by itself: channels are in the lanes.
 *
 * largest   y[i, j] = max of x[s i + u, s j + v] over u, v; `where` says which of the window's numbers that is
 *           dx[s i + u, s j + v] = sum of dy[i, j] over all i, j whose largest number lies there
 * mean      y[i, j] = (sum of x[s i + u, s j + v] over u, v) / (k l)      dx = sum of dy[i, j] / (k l)
 *
 * Of equal numbers the first counts, row by row; NaN is larger than any number. With an activation dy is first
 * multiplied by its slope, told by y. */

INLINE const float *pixel_of(const mlj_pooling *p, const float *image, int64_t i, int64_t j) {
    return image + (i * p->at.width + j) * p->channels;
}

INLINE void pool_place(const mlj_pooling *p, const float *x, float *y, float *where) {
    const int64_t tall = p->at.tall, wide = p->at.wide;
    EACH_VECTOR(p->channels, {
        vf best = get(x + i, left), at = vset(0.0f);
        for (int64_t place = 1; place < tall * wide; place++) {
            const vf other = get(pixel_of(p, x, place / wide, place % wide) + i, left);
            if (p->kind == MLJ_POOL_MEAN) {
                best += other;
            } else {
                const vi larger = ~(other <= best) & (best == best);
                best = either(larger, other, best);
                at = either(larger, vset((float)place), at);
            }
        }
        if (p->kind == MLJ_POOL_MEAN) best /= vset((float)(tall * wide));
        put(y + i, left, best);
        if (where) put(where + i, left, at);
    });
}

static void pool(const mlj_pooling *p, int64_t from, int64_t to) {
    const mlj_windows *at = &p->at;
    for (int64_t image = from; image < to; image++) {
        const float *x = p->x + image * at->height * at->width * p->channels;
        for (int64_t i = 0; i < at->down; i++)
            for (int64_t j = 0; j < at->across; j++) {
                const int64_t place = ((image * at->down + i) * at->across + j) * p->channels;
                pool_place(p, pixel_of(p, x, i * at->step_down, j * at->step_across), p->y + place,
                           p->where ? p->where + place : NULL);
            }
    }
}

/* What `left` channels of a place of y give back to the numbers of its window, the first at dx, row by row. */
INLINE void give_back(int mean, int64_t tall, int64_t wide, int add, vf slope, vf at, int64_t left, int64_t pixel,
                      int64_t row, float *dx) {
    vf place = vset(0.0f);
    for (int64_t u = 0; u < tall; u++)
        for (int64_t v = 0; v < wide; v++, place += 1.0f) {
            float *to = dx + u * row + v * pixel;
            const vf given = mean ? slope : either(at == place, slope, vset(0.0f));
            put(to, left, add ? get(to, left) + given : given);
        }
}

/* One image. Everything is read from p before the first number is written: a vector may lie anywhere, p too, for all
 * that a compiler knows. */
INLINE void pool_back_image(const mlj_pooling *p, int mean, int64_t tall, int64_t wide, int32_t bend, int add,
                            int64_t image, float *dx) {
    const mlj_windows w = p->at;
    const int64_t channels = p->channels, pixel = p->dx_pixel, row = w.width * pixel;
    const int64_t first = image * w.down * w.across * channels;
    const float *dy = p->dy + first, *y = p->y ? p->y + first : NULL, *where = mean ? NULL : p->where + first;
    const vf count = vset((float)(tall * wide)), alpha = vset(p->alpha);
    for (int64_t down = 0; down < w.down; down++, dx += w.step_down * row) {
        float *to = dx;
        for (int64_t j = 0; j < w.across; j++, to += w.step_across * pixel, dy += channels) {
            EACH_VECTOR(channels, {
                vf slope = get(dy + i, left);
                if (bend != MLJ_LINEAR) slope = through_slope(bend, alpha[0], get(y + i, left), slope);
                if (mean) slope /= count;
                give_back(mean, tall, wide, add, slope, mean ? count : get(where + i, left), left, pixel, row, to + i);
            });
            if (y) y += channels;
            if (where) where += channels;
        }
    }
}

/* Windows that cover an image by twos, without an activation, are a case of their own. */
static void pool_back_one(const mlj_pooling *p, int add, int64_t image, float *dx) {
    const int64_t tall = p->at.tall, wide = p->at.wide;
    if (tall == 2 && wide == 2 && !add && p->activation == MLJ_LINEAR && p->kind == MLJ_POOL_MAX) {
        pool_back_image(p, 0, 2, 2, MLJ_LINEAR, 0, image, dx);
        return;
    }
    FOR_KIND(p->activation, pool_back_image(p, p->kind == MLJ_POOL_MEAN, tall, wide, KIND, add, image, dx););
}

/* dx holds the images from `from` on, dx_pixel numbers from pixel to pixel, of which `channels` are written. */
static void pool_backward(const mlj_pooling *p, int64_t from, int64_t to) {
    const mlj_windows *at = &p->at;
    const int64_t pixels = at->height * at->width;
    const int covers = at->step_down == at->tall && at->step_across == at->wide && at->down * at->tall == at->height &&
                       at->across * at->wide == at->width;
    for (int64_t image = from; image < to; image++) {
        float *dx = p->dx + (image - from) * p->dx_image;
        for (int64_t pixel = 0; !covers && pixel < pixels; pixel++)
            memset(dx + pixel * p->dx_pixel, 0, (size_t)p->channels * sizeof *dx);
        pool_back_one(p, !covers, image, dx);
    }
}
