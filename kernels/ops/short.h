/* Products with a short sum, k of 1 to 8: the first layer on two features, the way back from a few outputs.
 *
 * A tile would be begun and ended for a step or two of k. Here the rows of B stay in registers, two vectors wide, and
 * the rows of A pass by; elements, sums and endings are those of the tile, and so are the bits. */

enum { SHORT = 8 };

INLINE void short_row(int64_t depth, const float *a, int64_t a_col, const vf *b, const ending *e, const float *y,
                      float *c, int64_t cols) {
    vf s = vset(0.0f), t = vset(0.0f);
    for (int64_t k = 0; k < depth; k++) {
        const vf x = vset(a[k * a_col]);
        s = vfma(x, b[2 * k], s);
        t = vfma(x, b[2 * k + 1], t);
    }
    const int64_t first = part_of(cols), second = part_of(cols - LANES);
    if (y) {
        s = sloped(e, get(y, first), s);
        if (second) t = sloped(e, get(y + LANES, second), t);
    } else if (e) {
        s = bounded(e, b[2 * SHORT], s);
        t = bounded(e, b[2 * SHORT + 1], t);
    }
    put(c, first, s);
    if (second) put(c + LANES, second, t);
}

/* `depth` and whether the columns fill both vectors are constants wherever this is called. */
INLINE void short_panel(int64_t depth, int whole, const mlj_matmul *p, int64_t row0, int64_t row1, int64_t col,
                        int64_t cols) {
    const int64_t b_row = p->b_panel ? GROUP : p->b_row, width = whole ? PANEL : cols;
    const int ends = p->bias || is_relu(p->activation) || slope_in_tile(p);
    const ending e = ending_of(p, row0, col);
    const float *y = e.y, *a = p->a + row0 * p->a_row;
    float *c = p->c + row0 * p->c_row + col;
    vf b[2 * SHORT + 2];
    for (int64_t k = 0; k < depth; k++) {
        const float *from = p->b + k * b_row + column(p->b_panel, col);
        b[2 * k] = get(from, part_of(width));
        b[2 * k + 1] = get(from + next_vector(p->b_panel), part_of(width - LANES));
    }
    b[2 * SHORT] = e.bias ? get(e.bias, part_of(width)) : vset(-0.0f);
    b[2 * SHORT + 1] = e.bias ? get(e.bias + LANES, part_of(width - LANES)) : vset(-0.0f);
    for (int64_t row = row0; row < row1; row++, a += p->a_row, c += p->c_row) {
        short_row(depth, a, p->a_col, b, ends ? &e : NULL, y, c, width);
        if (y) y += e.y_row;
    }
}

#define SHORT_CASE(depth)                                                                                              \
    case depth:                                                                                                        \
        if (cols == PANEL)                                                                                             \
            short_panel(depth, 1, p, row0, row1, col, cols);                                                           \
        else                                                                                                           \
            short_panel(depth, 0, p, row0, row1, col, cols);                                                           \
        break;

static void short_product(const mlj_matmul *p, int64_t row0, int64_t row1) {
    for (int64_t col = 0; col < p->n; col += PANEL) {
        const int64_t cols = smaller(PANEL, p->n - col);
        switch (p->k) {
            SHORT_CASE(1)
            SHORT_CASE(2)
            SHORT_CASE(3)
            SHORT_CASE(4)
            SHORT_CASE(5)
            SHORT_CASE(6)
            SHORT_CASE(7)
            SHORT_CASE(8)
        }
        finish(p, row0, row1 - row0, col, cols);
    }
}
