/* Products with few columns, an output layer's: y [m, n] = x [m, k] W [k, n], n of 1 to 4 or 9 to 12.
 *
 * Columns in lanes would leave a third of them empty, so rows are: two vectors of rows of x are transposed into a panel
 * and the columns of y are the rows of tiles. Every element is the same chain over rising k, so the bits are those of
 * the other way. The first tile fills the panel, four columns ahead of its sums: shuffles and multiply-adds then run
 * side by side. */

enum { NARROW = 12, K_BLOCK_NARROW = 160 }; /* rows of the panel, and as many of W: two thirds of the first cache */

/* Columns k … k + 3 of PANEL rows of x, as rows of the panel. */
INLINE void turn_four(const float *x, int64_t x_row, float *panel) {
    for (int64_t row = 0; row < PANEL; row += LANES, panel += LANES) {
        vf column[4];
        columns_of_four(x + row * x_row, x_row, column);
        for (int64_t j = 0; j < 4; j++) vstore(panel + j * PANEL, column[j]);
    }
}

#define TURNING_STEP(MR)                                                                                               \
    {                                                                                                                  \
        LOAD_B_2                                                                                                       \
        ROWS_##MR(STEP_2)                                                                                              \
        p0 += a_col, p1 += a_col, p2 += a_col, p3 += a_col, p4 += a_col, b += PANEL;                                   \
    }
#define TURNING_TILE(MR)                                                                                               \
    static void turning_##MR(const strip *w, const float *x, int64_t x_row, float *panel) {                            \
        const int64_t a_row = w->a_row * (int64_t)sizeof *w->a, a_col = w->a_col * (int64_t)sizeof *w->a;              \
        const int64_t c_row = PANEL, c_next = LANES, b_next = LANES;                                                   \
        const char *p0 = (const char *)w->a, *p1 = p0 + 3 * a_row, *p2 = p1 + 3 * a_row, *p3 = p2 + 3 * a_row,         \
                   *p4 = p3 + 3 * a_row;                                                                               \
        const float *b = panel, *const end = x + w->k;                                                                 \
        float *c = w->c;                                                                                               \
        ROWS_##MR(ZERO_2)                                                                                              \
        if (w->add) {                                                                                                  \
            ROWS_##MR(FETCH_2)                                                                                         \
        }                                                                                                              \
        if (x + 4 <= end) turn_four(x, x_row, panel);                                                                  \
        for (; x + 8 <= end; x += 4, panel += 4 * PANEL) {                                                             \
            turn_four(x + 4, x_row, panel + 4 * PANEL);                                                                \
            __asm__("" : "+r"(b)); /* or gcc carries the panel over in registers that it has not got */                \
            TURNING_STEP(MR) TURNING_STEP(MR) TURNING_STEP(MR) TURNING_STEP(MR)                                        \
        }                                                                                                              \
        if (x + 4 <= end) x += 4, panel += 4 * PANEL;                                                                  \
        for (; x < end; x++, panel += PANEL)                                                                           \
            for (int64_t row = 0; row < PANEL; row++) panel[row] = x[row * x_row];                                     \
        while (b < panel) TURNING_STEP(MR)                                                                             \
        ROWS_##MR(STORE_2)                                                                                             \
    }
typedef void turning_tile(const strip *w, const float *x, int64_t x_row, float *panel);

TURNING_TILE(1)
TURNING_TILE(2)
TURNING_TILE(3)
TURNING_TILE(4)
TURNING_TILE(5)
TURNING_TILE(6)
#if WIDE_ROWS == 6
static turning_tile *const turning_tiles[] = {0,         turning_1, turning_2, turning_3,
                                              turning_4, turning_5, turning_6};
#else
TURNING_TILE(9)
TURNING_TILE(10)
TURNING_TILE(11)
TURNING_TILE(12)
static turning_tile *const turning_tiles[] = {0,         turning_1, turning_2,  turning_3,  turning_4, 0, 0, 0, 0,
                                              turning_9, turning_10, turning_11, turning_12};
#endif

static __attribute__((noinline)) void narrow_rows(const mlj_matmul *p, int64_t row) {
    _Alignas(64) float panel[K_BLOCK_NARROW * PANEL], y[NARROW * PANEL];
    const int64_t b_row = p->b_panel ? GROUP : p->b_row, n = p->n;
    const share s = shared(n, 0);
    strip w = {.b = panel, .b_row = PANEL, .b_next = LANES, .c_row = PANEL, .c_next = LANES};
    w.a_row = p->b_panel ? 1 : p->b_col, w.a_col = b_row;
    for (int64_t k = 0; k < p->k; k += w.k) {
        w.k = smaller(K_BLOCK_NARROW, p->k - k), w.add = k > 0;
        w.a = p->b + k * b_row, w.c = y;
        turning_tiles[s.height](&w, p->a + row * p->a_row + k, p->a_row, panel);
        w.a += s.height * w.a_row, w.c += s.height * PANEL, w.count = 1;
        if (n > s.height) wide_tiles[n - s.height](&w);
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
