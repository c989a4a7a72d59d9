/* The gradient of the weights of a convolution, as products that copy nothing.
 *
 * dw[u, v, c, o] = sum of dy[i, j, o] x[s i + u - p, s j + v - p, c] over images, i, j      db = sum of dy
 *
 * The rows of a product are the numbers (v, c) of a window's row u, and its sum runs along the pixels j for which all
 * of these lie inside the image, in stretches of rows i, image after image. */

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

/* out += the sum of all pixels, in four chains of additions that are then added: those of one would wait for each
 * other. */
static void add_pixels(int64_t pixels, int64_t channels, const float *x, int64_t x_row, float *out) {
    EACH_VECTOR(channels, {
        vf sum[4] = {vset(0.0f), vset(0.0f), vset(0.0f), vset(0.0f)};
        const float *at = x + i;
        int64_t r = 0;
        for (; r + 4 <= pixels; r += 4, at += 4 * x_row)
            for (int k = 0; k < 4; k++) sum[k] += get(at + k * x_row, left);
        for (; r < pixels; r++, at += x_row) sum[0] += get(at, left);
        put(out + i, left, get(out + i, left) + ((sum[0] + sum[1]) + (sum[2] + sum[3])));
    });
}

/* dy holds whole groups of channels. */
static void convolve_gradient(const mlj_convolution *c, int64_t from, int64_t to) {
    const mlj_windows *at = &c->at;
    const int64_t pixels = at->down * at->across;
    const axis across = {at->width, at->wide, at->step_across, at->pad_across, 0};
    for (int64_t image = from; image < to; image++) {
        const float *x = c->x + image * at->height * at->width * c->channels;
        const float *dy = c->dy + (image - from) * c->dy_image;
        for (int64_t col = 0; col < c->filters; col += PANEL)
            for (int64_t j = 0, end; j < at->across; j = end) {
                const reach h = reach_of(&across, j);
                for (end = j + 1; end < at->across; end++) {
                    const reach next = reach_of(&across, end);
                    if (next.at != h.at || next.count != h.count) break;
                }
                for (int64_t u = 0; u < at->tall; u++) add_gradient(c, x, dy, u, j, end, &h, col);
            }
        add_pixels(pixels, c->filters, dy, c->dy_pixel, c->db);
    }
}
