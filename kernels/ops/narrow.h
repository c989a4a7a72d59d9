/* Products with few columns, an output layer's: y [m, n] = x [m, k] W [k, n], n of 1 to 4 or 9 to 12.
 *
 * Columns in lanes would leave a third of them empty, so rows are: sixteen rows of x at a time are transposed into a
 * panel, and the tiles make the columns of y as rows. Every element is the same chain over rising k, so the bits are
 * those of the other way. */

enum { NARROW = 12, K_BLOCK_NARROW = 160 }; /* of x and of W so many rows of sixteen: two thirds of the first cache */

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

static __attribute__((noinline)) void narrow_rows(const mlj_matmul *p, int64_t row) {
    _Alignas(64) float panel[K_BLOCK_NARROW * PANEL], y[NARROW * PANEL];
    const int64_t b_row = p->b_panel ? GROUP : p->b_row, n = p->n;
    const share s = shared(n, 0);
    strip w = {.b = panel, .b_row = PANEL, .b_next = LANES, .c_row = PANEL, .c_next = LANES};
    for (int64_t k = 0; k < p->k; k += w.k) {
        w.k = smaller(K_BLOCK_NARROW, p->k - k), w.add = k > 0;
        turn(w.k, p->a + row * p->a_row + k, p->a_row, panel);
        w.a = p->b + k * b_row, w.a_row = p->b_panel ? 1 : p->b_col, w.a_col = b_row, w.c = y;
        w.count = s.high, w.a_step = s.height * w.a_row, w.c_step = s.height * PANEL;
        wide_tiles[s.height](&w);
        if (!s.low) continue;
        w.a += s.high * w.a_step, w.c += s.high * w.c_step;
        w.count = s.low, w.a_step -= w.a_row, w.c_step -= PANEL;
        wide_tiles[s.height - 1](&w);
    }
    if (p->bias || is_relu(p->activation)) {
        const ending e = ending_of(p, row, 0);
        for (int64_t j = 0; j < n; j++)
            for (int64_t i = 0; i < PANEL; i += LANES)
                vstore(y + j * PANEL + i, bounded(&e, vset(p->bias ? p->bias[j] : -0.0f), vload(y + j * PANEL + i)));
    }
    transpose(n, PANEL, y, PANEL, p->c + row * p->c_row, p->c_row);
    finish(p, row, PANEL, 0, n);
}

INLINE int is_narrow_product(const mlj_matmul *p) {
    return (p->n <= 4 || (p->n > LANES && p->n <= NARROW)) && p->k >= 16 && p->a_col == 1 && !p->accumulate && !p->mask_y && !p->c_panel;
}
