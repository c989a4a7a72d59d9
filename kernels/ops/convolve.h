/* Convolutions of images that lie channels last, as products of matrices that are nowhere built.
 *
 * y[i, j, o] = b[o] + sum of w[u, v, c, o] x[s i + u - p, s j + v - p, c] over u, v, c
 * dx[i, j, c] = sum of w[u, v, c, o] dy[i', j', o] over o and all u, v, i', j' with s i' + u - p = i, s j' + v - p = j
 *
 * The numbers of a window lie together row by row, as do their weights, so a sum runs over as many stretches as the
 * window has rows. Rows of a product are the pixels of a row whose windows lie inside the image, and where there are
 * too few of them, or at a border, the same pixel of several images, so that tiles stay full. What of a window lies
 * outside the image is left out of the sum: no border is ever copied or multiplied. For dx the window goes over dy, and
 * w lies turned: by the remainders of u and v divided by s, since a pixel meets every s-th weight only, then from the
 * last row and column to the first, with o along the rows (turn_filters). Every y is one chain of fused multiply-adds
 * from its bias on over rising u, v, c.
 *
 * Dumoulin and Visin 2016, "A guide to convolution arithmetic"; Georganas et al. 2018, "Anatomy of high-performance
 * deep learning convolutions" */

enum {
    FEW_PLACES = 4, /* of a row, for which tiles go over images instead */
    BAND = 512      /* places in the room of a convolution with pooling: 32 KiB with AVX2 */
};

/* One axis of a sum over windows: how many inputs it has, and the window that goes over them, or back over outputs. */
typedef struct {
    int64_t inputs, size, step, pad;
    int back;
} axis;

/* The part of a window that lies on inputs: its first input, the row of the (turned) window that meets it, how many;
 * rows of the window in all, and rows of all turned windows before it. */
typedef struct {
    int64_t first, at, count, length, before;
} reach;

/* Rows of a window that leave the remainder r when divided by the step. */
INLINE int64_t rows_of_class(int64_t size, int64_t step, int64_t r) {
    return r < size ? (size - r + step - 1) / step : 0;
}
INLINE int64_t rows_before(int64_t size, int64_t step, int64_t r) {
    int64_t sum = 0;
    for (int64_t q = 0; q < r; q++) sum += rows_of_class(size, step, q);
    return sum;
}

INLINE reach reach_of(const axis *a, int64_t place) {
    reach to = {.first = place * a->step - a->pad, .length = a->size};
    if (a->back) {
        const int64_t t = place + a->pad, last = a->step == 1 ? t : t / a->step, r = t - last * a->step;
        to.length = a->step == 1 ? a->size : rows_of_class(a->size, a->step, r);
        to.before = rows_before(a->size, a->step, r);
        to.first = last - to.length + 1;
    }
    to.at = to.first < 0 ? -to.first : 0;
    to.first += to.at;
    to.count = smaller(to.length - to.at, a->inputs - to.first);
    if (to.count < 0) to.count = 0;
    return to;
}

/* Sums over windows of images [images][down.inputs][across.inputs][channels], `image` numbers apart, at `rows` x
 * `columns` places: `cols` numbers for each, from panels of weights. Places inner … inner_end - 1 of a row have windows
 * that lie wholly inside the image and one behind the other. */
typedef struct {
    axis down, across;
    int64_t images, channels, image, rows, columns, cols, inner, inner_end;
    const float *x, *b;
    int64_t b_panel;
    const float *bias, *mask;
    float floor, ceiling, y_ceiling;
} correlation;

/* Columns col … of the places, where they go to, and what is prepared for each row of them. */
typedef struct {
    int64_t col, cols;
    float *y; /* of the first image and row in hand */
    int64_t y_image, y_pixel;
    const float *mask; /* as y, or NULL */
    int narrow, edge;
    share across, over; /* tiles of the inner places, and of images */
    strip w;
    ending e;
    _Alignas(64) float bias[PANEL];
} target;

/* What lies between two columns of places in the images. */
INLINE int64_t stride_of(const axis *a) { return a->back ? 1 : a->step; }

static void find_inner(correlation *p) {
    const axis *a = &p->across;
    if (a->back) {
        p->inner = a->size - 1 - a->pad, p->inner_end = a->step == 1 ? a->inputs - a->pad : 0;
    } else {
        p->inner = (a->pad + a->step - 1) / a->step;
        const int64_t last = a->inputs + a->pad - a->size;
        p->inner_end = last < 0 ? 0 : last / a->step + 1;
    }
    if (p->inner < 0) p->inner = 0;
    p->inner_end = smaller(p->inner_end, p->columns);
    if (p->inner_end - p->inner < FEW_PLACES && p->images > 1) p->inner_end = 0;
}

static void aim(const correlation *p, int64_t col, target *t) {
    t->col = col, t->cols = smaller(PANEL, p->cols - col);
    t->narrow = t->cols <= LANES, t->edge = !t->narrow && t->cols < PANEL;
    t->over = shared(p->images, t->narrow);
    if (p->inner_end > p->inner) t->across = shared(p->inner_end - p->inner, t->narrow);
    memset(t->bias, 0, sizeof t->bias);
    if (p->bias) memcpy(t->bias, p->bias + col, (size_t)t->cols * sizeof *t->bias);
    t->e = (ending){.floor = p->floor, .ceiling = p->ceiling, .y_ceiling = p->y_ceiling};
    t->w = (strip){.a_col = 1, .b_row = GROUP, .b_next = next_vector(p->b_panel), .c_next = LANES, .cols = t->cols};
    if (p->bias) t->w.begin = t->bias;
    if (p->mask || p->floor > -__builtin_inff()) t->w.e = &t->e;
}

/* The part of the images that a window at a place adds up, and its weights. */
INLINE const float *over_window(const correlation *p, const reach *v, const reach *h, int64_t col, strip *w) {
    const int64_t row = v->before * p->across.size + v->length * h->before + v->at * h->length + h->at;
    w->b = p->b + column(p->b_panel, col) + row * p->channels * GROUP;
    w->k = h->count * p->channels;
    w->segments = w->k ? v->count : 0;
    w->a_jump = p->across.inputs * p->channels - w->k;
    w->b_jump = (h->length - h->count) * p->channels * GROUP;
    return p->x + (v->first * p->across.inputs + h->first) * p->channels;
}

/* Rows of tiles: a_row apart in the images, c_row apart in y, from `place` of it on. */
INLINE void sum_tiles(target *t, const share *s, const float *a, int64_t a_row, int64_t place, int64_t c_row) {
    strip *w = &t->w;
    tile *const *const kinds = t->narrow ? narrow_tiles : wide_tiles;
    w->a = a, w->a_row = a_row, w->c = t->y + place, w->c_row = t->e.y_row = c_row;
    t->e.y = t->mask ? t->mask + place : NULL;
    for (int64_t height = s->height, left = 2; left > 0; left--, height--) {
        w->count = left == 2 ? s->high : s->low;
        if (!w->count) continue;
        w->a_step = height * a_row, w->c_step = height * c_row;
        if (t->edge)
            run_edge(kinds[height], w, height, t->cols);
        else
            kinds[height](w);
        w->a += w->count * w->a_step, w->c += w->count * w->c_step;
        if (t->mask) t->e.y += w->count * w->c_step;
    }
}

/* Row i of the places of all images, to row `to` of t. */
static void sum_row(const correlation *p, target *t, int64_t i, int64_t to) {
    const reach v = reach_of(&p->down, i);
    for (int64_t j = 0; j < p->columns; j++) {
        const reach h = reach_of(&p->across, j);
        const float *a = over_window(p, &v, &h, t->col, &t->w);
        const int64_t place = (to * p->columns + j) * t->y_pixel;
        if (j != p->inner || p->inner_end <= p->inner) {
            sum_tiles(t, &t->over, a, p->image, place, t->y_image);
            continue;
        }
        const int64_t a_row = stride_of(&p->across) * p->channels;
        for (int64_t image = 0; image < p->images; image++)
            sum_tiles(t, &t->across, a + image * p->image, a_row, image * t->y_image + place, t->y_pixel);
        j = p->inner_end - 1;
    }
}

/* y [images][rows][columns][cols]. */
static void correlate(correlation *p, float *y) {
    target t;
    if (p->images < 1) return;
    find_inner(p);
    for (int64_t col = 0; col < p->cols; col += PANEL) {
        aim(p, col, &t);
        t.y = y + col, t.y_pixel = p->cols, t.y_image = p->rows * p->columns * p->cols;
        t.mask = p->mask ? p->mask + col : NULL;
        for (int64_t i = 0; i < p->rows; i++) sum_row(p, &t, i, i);
    }
}

/* ---- with pooling ---- */

/* The largest number of a window over a band, vector by vector, and which it is. tall and wide are constants where that
 * pays. */
INLINE void largest(int64_t tall, int64_t wide, int64_t row, const float *band, vf *best, vf *at) {
    vf place = vset(0.0f);
    *best = vload(band), *at = place;
    for (int64_t u = 0; u < tall; u++)
        for (int64_t v = 0; v < wide; v++, place += 1.0f) {
            const vf other = vload(band + u * row + v * PANEL);
            const vi larger = ~(other <= *best) & (*best == *best);
            *best = either(larger, other, *best);
            *at = either(larger, place, *at);
        }
}

/* The largest numbers of the windows of a pooling over a band of rows [tall][columns][PANEL], and where they are: -1
 * where the slope of a relu is zero. */
INLINE void pool_row(int64_t tall, int64_t wide, const mlj_convolution *c, const target *t, const float *band, float *y,
                     float *where) {
    const mlj_windows pool = c->pool;
    const int bounds = is_relu(c->activation);
    const int64_t filters = c->filters, cols = t->cols;
    const vf floor = vset(t->e.floor), ceiling = vset(t->e.ceiling);
    for (int64_t j = 0; j < pool.across; j++, band += pool.step_across * PANEL, y += filters, where += filters)
        for (int64_t i = 0; i < cols; i += LANES) {
            vf best, at;
            largest(tall, wide, pool.width * PANEL, band + i, &best, &at);
            if (bounds) {
                at = either((best > floor) & ~(best >= ceiling), at, vset(-1.0f));
                best = vmin(ceiling, vmax(floor, best));
            }
            put(y + i, part_of(cols - i), best);
            put(where + i, part_of(cols - i), at);
        }
}
static void pool_band(const mlj_convolution *c, const target *t, const float *band, float *y, float *where) {
    if (c->pool.tall == 2 && c->pool.wide == 2)
        pool_row(2, 2, c, t, band, y, where);
    else
        pool_row(c->pool.tall, c->pool.wide, c, t, band, y, where);
}

/* The same, pooled: the rows that a row of y sees are made in a room that stays in the first cache. Bounds come after
 * the largest number is found, which they do not change; where it is does not matter if it is outside of them. */
static __attribute__((noinline)) void correlate_pooled(correlation *p, const mlj_convolution *c, float *y,
                                                       float *where) {
    _Alignas(64) float band[BAND * PANEL];
    const mlj_windows *pool = &c->pool;
    const int64_t size = pool->tall * p->columns, images = p->images, row = pool->across * p->cols;
    const float *x = p->x;
    target t;
    find_inner(p);
    const int whole = p->inner == 0 && p->inner_end == p->columns;
    const int64_t together = whole ? 1 : smaller(smaller(WIDE_ROWS, images), BAND / size);
    for (int64_t first = 0; first < images; first += together) {
        p->images = smaller(together, images - first), p->x = x + first * p->image;
        for (int64_t col = 0; col < p->cols; col += PANEL) {
            aim(p, col, &t);
            t.y = band, t.y_pixel = PANEL, t.y_image = size * PANEL, t.mask = NULL, t.w.e = NULL;
            t.w.cols = LANES, t.edge = 0;
            for (int64_t i = 0; i < pool->down; i++) {
                for (int64_t u = 0; u < pool->tall; u++) sum_row(p, &t, i * pool->step_down + u, u);
                if (!is_relu(c->activation) && c->activation != MLJ_LINEAR)
                    activate(c->activation, c->alpha, p->images * size * PANEL, band, band);
                for (int64_t image = 0; image < p->images; image++) {
                    const int64_t to = ((first + image) * pool->down + i) * row + col;
                    pool_band(c, &t, band + image * size * PANEL, y + to, where + to);
                }
            }
        }
    }
}

INLINE int64_t panel_of_filters(const mlj_convolution *c) { return c->at.tall * c->at.wide * c->channels * GROUP; }

static void convolve(const mlj_convolution *c, int64_t from, int64_t to) {
    const mlj_windows *at = &c->at, *pool = &c->pool;
    const int64_t size = (pool->tall ? pool->down * pool->across : at->down * at->across) * c->filters;
    for (int64_t first = from; first < to; first += MLJ_IMAGES) {
        float *y = c->y + first * size;
        correlation p = {
            .down = {at->height, at->tall, at->step_down, at->pad_down, 0},
            .across = {at->width, at->wide, at->step_across, at->pad_across, 0},
            .images = smaller(MLJ_IMAGES, to - first),
            .channels = c->channels,
            .image = at->height * at->width * c->channels,
            .rows = at->down,
            .columns = at->across,
            .cols = c->filters,
            .b = c->w,
            .b_panel = panel_of_filters(c),
            .bias = c->bias,
            .floor = is_relu(c->activation) ? 0.0f : -__builtin_inff(),
            .ceiling = c->activation == MLJ_RELU6 ? 6.0f : __builtin_inff(),
        };
        const int64_t images = p.images;
        p.x = c->x + first * p.image;
        if (pool->tall)
            correlate_pooled(&p, c, y, c->where + first * size);
        else
            correlate(&p, y);
        if (!pool->tall && !is_relu(c->activation) && c->activation != MLJ_LINEAR)
            activate(c->activation, c->alpha, images * size, y, y);
    }
}

/* The panels of w turned, wt [rows of the turned windows, o, c in panels], from rows from … to - 1 of w. */
static void turn_filters(const mlj_convolution *c, int64_t from, int64_t to) {
    const mlj_windows *at = &c->at;
    const int64_t outputs = (c->filters + GROUP - 1) / GROUP * GROUP, panel = at->tall * at->wide * outputs * GROUP;
    for (int64_t r = from, next; r < to; r = next) {
        const int64_t pixel = r / c->channels, u = pixel / at->wide, v = pixel % at->wide, in = r % c->channels;
        const int64_t in_u = rows_of_class(at->tall, at->step_down, u % at->step_down);
        const int64_t in_v = rows_of_class(at->wide, at->step_across, v % at->step_across);
        const int64_t before = rows_before(at->tall, at->step_down, u % at->step_down) * at->wide +
                               in_u * rows_before(at->wide, at->step_across, v % at->step_across);
        const int64_t row = before + (in_u - 1 - u / at->step_down) * in_v + in_v - 1 - v / at->step_across;
        next = smaller(to, r + smaller(c->channels - in, GROUP - in % GROUP));
        float *out = c->wt + in / GROUP * panel + row * outputs * GROUP + in % GROUP;
        for (int64_t o = 0; o < outputs; o += GROUP)
            transpose(next - r, GROUP, c->w + o / GROUP * panel_of_filters(c) + r * GROUP, GROUP, out + o * GROUP,
                      GROUP);
    }
}

static void convolve_back(const mlj_convolution *c, int64_t from, int64_t to) {
    const mlj_windows *at = &c->at;
    const int64_t images = to - from, size = at->height * at->width * c->channels;
    const float *x = c->x + from * size;
    float *dx = c->dx + from * size;
    correlation p = {
        .down = {at->down, at->tall, at->step_down, at->pad_down, 1},
        .across = {at->across, at->wide, at->step_across, at->pad_across, 1},
        .images = images,
        .channels = c->dy_pixel,
        .image = c->dy_image,
        .rows = at->height,
        .columns = at->width,
        .cols = c->channels,
        .x = c->dy,
        .b = c->wt,
        .b_panel = at->tall * at->wide * c->dy_pixel * GROUP,
        .mask = is_relu(c->mask) ? x : NULL,
        .floor = -__builtin_inff(),
        .y_ceiling = c->mask == MLJ_RELU6 ? 6.0f : __builtin_nanf(""),
    };
    correlate(&p, dx);
    if (!p.mask && c->mask != MLJ_LINEAR) activate_backward(c->mask, c->mask_alpha, images * size, x, dx, dx);
}
