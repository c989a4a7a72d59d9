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

/* What `left` channels of a place of y give back to the numbers of its window, whose first is at dx. */
INLINE void give_back(const mlj_pooling *p, int64_t tall, int64_t wide, int add, vf slope, vf at, int64_t left,
                      float *dx) {
    vf place = vset(0.0f);
    for (int64_t u = 0; u < tall; u++)
        for (int64_t v = 0; v < wide; v++, place += 1.0f) {
            float *to = dx + (u * p->at.width + v) * p->dx_pixel;
            const vf given = p->kind == MLJ_POOL_MEAN ? slope : either(at == place, slope, vset(0.0f));
            put(to, left, add ? get(to, left) + given : given);
        }
}

INLINE void pool_back_image(const mlj_pooling *p, int64_t tall, int64_t wide, int32_t bend, int add, int64_t image,
                            float *dx) {
    const mlj_windows *at = &p->at;
    const vf count = vset((float)(tall * wide));
    int64_t place = image * at->down * at->across * p->channels;
    for (int64_t row = 0; row < at->down; row++)
        for (int64_t j = 0; j < at->across; j++, place += p->channels) {
            float *to = dx + (row * at->step_down * at->width + j * at->step_across) * p->dx_pixel;
            EACH_VECTOR(p->channels, {
                vf slope = get(p->dy + place + i, left), where = count;
                if (bend != MLJ_LINEAR) slope = through_slope(bend, p->alpha, get(p->y + place + i, left), slope);
                if (p->kind == MLJ_POOL_MEAN)
                    slope /= count;
                else
                    where = get(p->where + place + i, left);
                give_back(p, tall, wide, add, slope, where, left, to + i);
            });
        }
}

/* One image; windows that cover it by twos, without an activation, are a case of their own. */
static void pool_back_one(const mlj_pooling *p, int add, int64_t image, float *dx) {
    const int64_t tall = p->at.tall, wide = p->at.wide;
    if (tall == 2 && wide == 2 && !add && p->activation == MLJ_LINEAR) {
        pool_back_image(p, 2, 2, MLJ_LINEAR, 0, image, dx);
        return;
    }
    FOR_KIND(p->activation, pool_back_image(p, tall, wide, KIND, add, image, dx););
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
