/* Products with few columns, of output layers above all: y [m, n] = x [m, k] W [k, n], n of 1 to 4 or 9 to 12.
 *
 * Columns in lanes would leave a quarter of them empty and more, so here rows are: PANEL rows of x at a time are
 * transposed into a panel, and the columns of y become the rows of tiles. Every element is the same chain over rising
 * k, so the bits are those of the other way. Transposing costs as much as two to three columns. */

enum { NARROW = 12, K_BLOCK_NARROW = 112 }; /* rows of the panel, and as many of W: a good half of the first cache */

/* `depth` columns of PANEL rows, one after the other. */
INLINE void turn(int64_t depth, const float *x, int64_t x_row, float *panel) {
    int64_t k = 0;
    for (; k + 4 <= depth; k += 4)
        for (int64_t row = 0; row < PANEL; row += LANES) {
            vf column[4];
            columns_of_four(x + row * x_row + k, x_row, column);
            for (int64_t j = 0; j < 4; j++) vstore(panel + (k + j) * PANEL + row, column[j]);
        }
    for (; k < depth; k++)
        for (int64_t row = 0; row < PANEL; row++) panel[k * PANEL + row] = x[row * x_row + k];
}

/* y transposed [n, PANEL]: the sums of PANEL rows from `row` on. */
INLINE void narrow_sums(const mlj_matmul *p, int64_t row, float *panel, float *y) {
    const int64_t b_row = p->b_panel ? GROUP : p->b_row;
    const share s = shared(p->n, 0);
    strip w = {.segments = 1, .b = panel, .b_row = PANEL, .b_next = LANES, .c_row = PANEL, .c_next = LANES};
    w.a_row = p->b_panel ? 1 : p->b_col, w.a_col = b_row;
    for (int64_t k = 0; k < p->k; k += w.k) {
        w.k = smaller(K_BLOCK_NARROW, p->k - k), w.add = k > 0;
        turn(w.k, p->a + row * p->a_row + k, p->a_row, panel);
        w.a = p->b + k * b_row, w.c = y;
        for (int64_t height = s.height; height >= s.height - (s.low > 0); height--) {
            w.count = height == s.height ? s.high : s.low;
            w.a_step = height * w.a_row, w.c_step = height * PANEL;
            wide_tiles[height](&w);
            w.a += w.count * w.a_step, w.c += w.count * w.c_step;
        }
    }
}

static __attribute__((noinline)) void narrow_rows(const mlj_matmul *p, int64_t row) {
    _Alignas(64) float panel[K_BLOCK_NARROW * PANEL], y[NARROW * PANEL];
    narrow_sums(p, row, panel, y);
    if (p->bias || is_relu(p->activation)) {
        const ending e = ending_of(p, row, 0);
        for (int64_t j = 0; j < p->n; j++)
            for (int64_t i = j * PANEL; i < (j + 1) * PANEL; i += LANES)
                vstore(y + i, bounded(&e, vset(p->bias ? p->bias[j] : -0.0f), vload(y + i)));
    }
    transpose(p->n, PANEL, y, PANEL, p->c + row * p->c_row, p->c_row);
    finish(p, row, PANEL, 0, p->n);
}

/* Whether it pays, and whether it is a product that narrow_rows can do. */
INLINE int is_narrow_product(const mlj_matmul *p) {
    const int pays = ((p->n > 0 && p->n <= 4) || (p->n > 8 && p->n <= NARROW)) && p->k >= 16;
    return pays && p->a_col == 1 && !p->accumulate && !p->mask_y && !p->c_panel;
}
