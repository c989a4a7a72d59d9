/* Convolutions of images that lie channels last, as products of matrices that are nowhere built.
 *
 * y[i, j, o] = b[o] + sum of w[u, v, c, o] x[s i + u - p, s j + v - p, c] over u, v, c
 * dx[i, j, c] = sum of w[u, v, c, o] dy[i', j', o] over o and all u, v, i', j' with s i' + u - p = i, s j' + v - p = j
 * dw[u, v, c, o] = sum of dy[i, j, o] x[s i + u - p, s j + v - p, c] over images, i, j      db = sum of dy
 *
 * For the sums over windows (y, dx) the rows of a product are images: a tile takes the same pixel of up to six images
 * of the group in hand. Tiles are full at every pixel, and what of a window lies outside the image is left out of the
 * sum: no border is ever copied or multiplied. The numbers of a window lie together row by row, as do their weights, so
 * a sum runs over as many stretches as the window has rows. For dx the window goes over dy, and w lies turned: by the
 * remainders of u and v divided by s, since a pixel meets every s-th weight only, then from the last row and column to
 * the first, with o along the rows (turn_filters). Every y is one chain of fused multiply-adds over rising u, v, c.
 *
 * For dw the rows of a product are the numbers (v, c) of a window's row u, and its sum runs along the pixels j for
 * which all of these lie inside the image, in stretches of rows i, image after image.
 *
 * Dumoulin and Visin 2016, "A guide to convolution arithmetic"; Georganas et al. 2018, "Anatomy of high-performance
 * deep learning convolutions" */

enum { POOLED = 16 }; /* places of a window up to which pooling is made while the sums are in the first cache */

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

/* Sums over windows of images [images][down.inputs][across.inputs][channels] at `rows` x `columns` places: `cols`
 * numbers for each from panels of weights, behind each other in y. pool: or NULL; y is then pooled. */
typedef struct {
    axis down, across;
    int64_t images, channels, rows, columns, cols;
    const float *x, *b;
    int64_t b_panel;
    float *y;
    const float *bias, *mask;
    float floor, ceiling, y_ceiling;
    const mlj_convolution *pool;
} correlation;

/* What the window at a place adds up, given to a strip. */
INLINE void over_window(const correlation *p, const reach *v, const reach *h, const float *x, int64_t col, strip *w) {
    const int64_t row = v->before * p->across.size + v->length * h->before + v->at * h->length + h->at;
    w->a = x + (v->first * p->across.inputs + h->first) * p->channels;
    w->b = p->b + column(p->b_panel, col) + row * p->channels * GROUP;
    w->k = h->count * p->channels;
    w->segments = w->k ? v->count : 0;
    w->a_jump = p->across.inputs * p->channels - w->k;
    w->b_jump = (h->length - h->count) * p->channels * GROUP;
}

INLINE strip strip_of(const correlation *p, const ending *e) {
    return (strip){
        .count = 1,
        .a_row = p->down.inputs * p->across.inputs * p->channels,
        .a_col = 1,
        .b_row = GROUP,
        .b_next = next_vector(p->b_panel),
        .e = e,
    };
}

/* `height` images from `image` on, columns col … col + cols - 1 of every place. */
static void sum_images(const correlation *p, int64_t image, int64_t height, int64_t col, int64_t cols) {
    const int narrow = cols <= LANES, edge = !narrow && cols < PANEL;
    tile *const kind = narrow ? narrow_tiles[height] : wide_tiles[height];
    ending e = {.bias = p->bias ? p->bias + col : NULL, .floor = p->floor, .ceiling = p->ceiling};
    strip w = strip_of(p, p->bias || p->mask ? &e : NULL);
    const float *x = p->x + image * w.a_row;
    const int64_t start = image * p->rows * p->columns * p->cols + col;
    e.y_ceiling = p->y_ceiling;
    w.cols = cols, w.c_row = e.y_row = p->rows * p->columns * p->cols, w.c_next = LANES;
    for (int64_t i = 0; i < p->rows; i++) {
        const reach v = reach_of(&p->down, i);
        for (int64_t j = 0; j < p->columns; j++) {
            const reach h = reach_of(&p->across, j);
            const int64_t place = start + (i * p->columns + j) * p->cols;
            over_window(p, &v, &h, x, col, &w);
            w.c = p->y + place;
            if (p->mask) e.y = p->mask + place;
            if (edge)
                run_edge(kind, &w, height, cols);
            else
                kind(&w);
        }
    }
}

/* The largest of `places` tiles, number by number, and which of them it is: of equal ones the first; NaN is larger than
 * any number. */
INLINE void largest_of_tiles(int64_t places, int64_t height, const float *tiles, int64_t cols, float *y, float *where,
                             int64_t row) {
    for (int64_t r = 0; r < height; r++, y += row, where += row, tiles += PANEL)
        for (int64_t i = 0; i < cols; i += LANES) {
            vf best = vload(tiles + i), at = vset(0.0f);
            for (int64_t place = 1; place < places; place++) {
                const vf other = vload(tiles + place * height * PANEL + i);
                const vi larger = ~(other <= best) & (best == best);
                best = either(larger, other, best);
                at = either(larger, vset((float)place), at);
            }
            put(y + i, part_of(cols - i), best);
            put(where + i, part_of(cols - i), at);
        }
}

/* The same, pooled: what a window of the pooling sees is made in the first cache and never leaves it. */
static void sum_pooled(const correlation *p, int64_t image, int64_t height, int64_t col, int64_t cols) {
    _Alignas(64) float tiles[POOLED * NARROW_ROWS * PANEL], bias[PANEL] = {0};
    const mlj_convolution *c = p->pool;
    const mlj_windows *pool = &c->pool;
    const int bends = c->activation != MLJ_LINEAR && !is_relu(c->activation);
    const int64_t places = pool->tall * pool->wide, row = pool->down * pool->across * p->cols;
    tile *const kind = cols <= LANES ? narrow_tiles[height] : wide_tiles[height];
    const ending e = {.bias = bias, .floor = p->floor, .ceiling = p->ceiling};
    strip w = strip_of(p, &e);
    const float *x = p->x + image * w.a_row;
    memcpy(bias, p->bias + col, (size_t)cols * sizeof *bias);
    w.cols = LANES, w.c_row = PANEL, w.c_next = LANES;
    for (int64_t i = 0; i < pool->down; i++)
        for (int64_t j = 0; j < pool->across; j++) {
            w.c = tiles;
            for (int64_t u = 0; u < pool->tall; u++) {
                const reach v = reach_of(&p->down, i * pool->step_down + u);
                for (int64_t across = 0; across < pool->wide; across++, w.c += height * PANEL) {
                    const reach h = reach_of(&p->across, j * pool->step_across + across);
                    over_window(p, &v, &h, x, col, &w);
                    kind(&w);
                }
            }
            if (bends) activate(c->activation, c->alpha, places * height * PANEL, tiles, tiles);
            const int64_t at = image * row + (i * pool->across + j) * p->cols + col;
            largest_of_tiles(places, height, tiles, cols, p->y + at, c->where + at, row);
        }
}

static void correlate(const correlation *p) {
    for (int64_t col = 0; col < p->cols; col += PANEL) {
        const int64_t cols = smaller(PANEL, p->cols - col);
        const share s = shared(p->images, cols <= LANES);
        for (int64_t image = 0, tile = 0, height; image < p->images; image += height, tile++) {
            height = tile < s.high ? s.height : s.height - 1;
            (p->pool ? sum_pooled : sum_images)(p, image, height, col, cols);
        }
    }
}

INLINE int64_t panel_of_filters(const mlj_convolution *c) { return c->at.tall * c->at.wide * c->channels * GROUP; }

static void convolve(const mlj_convolution *c, int64_t from, int64_t to) {
    const mlj_windows *at = &c->at, *pool = &c->pool;
    const int64_t pixels = pool->tall ? pool->down * pool->across : at->down * at->across;
    for (int64_t first = from; first < to; first += MLJ_IMAGES) {
        const int64_t images = smaller(MLJ_IMAGES, to - first), start = first * pixels * c->filters;
        mlj_convolution now = *c;
        if (pool->tall) now.where += start;
        const correlation p = {
            .down = {at->height, at->tall, at->step_down, at->pad_down, 0},
            .across = {at->width, at->wide, at->step_across, at->pad_across, 0},
            .images = images,
            .channels = c->channels,
            .rows = at->down,
            .columns = at->across,
            .cols = c->filters,
            .x = c->x + first * at->height * at->width * c->channels,
            .b = c->w,
            .b_panel = panel_of_filters(c),
            .y = c->y + start,
            .bias = c->bias,
            .floor = is_relu(c->activation) ? 0.0f : -__builtin_inff(),
            .ceiling = c->activation == MLJ_RELU6 ? 6.0f : __builtin_inff(),
            .pool = pool->tall ? &now : NULL,
        };
        correlate(&p);
        if (!pool->tall && !is_relu(c->activation) && c->activation != MLJ_LINEAR)
            activate(c->activation, c->alpha, images * pixels * c->filters, p.y, p.y);
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
    const correlation p = {
        .down = {at->down, at->tall, at->step_down, at->pad_down, 1},
        .across = {at->across, at->wide, at->step_across, at->pad_across, 1},
        .images = images,
        .channels = c->dy_pixel,
        .rows = at->height,
        .columns = at->width,
        .cols = c->channels,
        .x = c->dy,
        .b = c->wt,
        .b_panel = at->tall * at->wide * c->dy_pixel * GROUP,
        .y = c->dx + from * size,
        .mask = is_relu(c->mask) ? c->x + from * size : NULL,
        .y_ceiling = c->mask == MLJ_RELU6 ? 6.0f : __builtin_nanf(""),
    };
    correlate(&p);
    if (!p.mask && c->mask != MLJ_LINEAR)
        activate_backward(c->mask, c->mask_alpha, images * size, c->x + from * size, p.y, p.y);
}

/* The first row of dy whose windows have their row u inside the image. */
INLINE int64_t first_row(const mlj_windows *at, int64_t u) {
    return at->pad_down > u ? (at->pad_down - u + at->step_down - 1) / at->step_down : 0;
}

/* What pixels j0 … j1 - 1 of dy add to rows u of dw, columns col …; all of them see window columns h of the image x. */
static void add_gradient(const mlj_convolution *c, const float *x, const float *dy, int64_t u, int64_t j0, int64_t j1,
                         const reach *h, int64_t col) {
    const mlj_windows *at = &c->at;
    const int64_t first = first_row(at, u);
    const int64_t end = smaller(at->down, (at->height - 1 + at->pad_down - u) / at->step_down + 1);
    const int64_t rows = h->count * c->channels, panel = panel_of_filters(c);
    if (rows <= 0 || end <= first || at->height - 1 + at->pad_down < u) return;
    const int narrow = LANES >= GROUP && c->filters - col <= LANES;
    strip w = {
        .segments = end - first,
        .k = j1 - j0,
        .a_row = 1,
        .a_col = at->step_across * c->channels,
        .a_jump = (at->step_down * at->width - (j1 - j0) * at->step_across) * c->channels,
        .b = dy + (first * at->across + j0) * c->dy_pixel + col,
        .b_row = c->dy_pixel,
        .b_next = LANES,
        .b_jump = (at->across - (j1 - j0)) * c->dy_pixel,
        .c_row = GROUP,
        .c_next = next_vector(panel),
        .cols = LANES,
        .add = 1,
    };
    x += ((first * at->step_down + u - at->pad_down) * at->width + h->first) * c->channels;
    float *dw = c->dw + column(panel, col) + (u * at->wide + h->at) * c->channels * GROUP;
    const share s = shared(rows, narrow);
    for (int64_t row = 0, height = s.height; row < rows; row += w.count * height--) {
        w.count = height == s.height ? s.high : s.low;
        w.a = x + row, w.a_step = height;
        w.c = dw + row * GROUP, w.c_step = height * GROUP;
        (narrow ? narrow_tiles : wide_tiles)[height](&w);
    }
}

/* dy holds whole groups of channels. */
static void convolve_gradient(const mlj_convolution *c, int64_t from, int64_t to) {
    const mlj_windows *at = &c->at;
    const int64_t pixels = at->down * at->across;
    const axis across = {at->width, at->wide, at->step_across, at->pad_across, 0};
    for (int64_t image = from; image < to; image++) {
        const float *x = c->x + image * at->height * at->width * c->channels;
        const float *dy = c->dy + (image - from) * pixels * c->dy_pixel;
        for (int64_t col = 0; col < c->filters; col += PANEL)
            for (int64_t j = 0, end; j < at->across; j = end) {
                const reach h = reach_of(&across, j);
                for (end = j + 1; end < at->across; end++) {
                    const reach next = reach_of(&across, end);
                    if (next.at != h.at || next.count != h.count) break;
                }
                for (int64_t u = 0; u < at->tall; u++) add_gradient(c, x, dy, u, j, end, &h, col);
            }
        column_sum(pixels, c->filters, dy, c->dy_pixel, c->db, 1);
    }
}
