/* The register tile of matmul: MR rows by one or two vectors of columns, all sums in registers.
 *
 * c [MR, width] = ending((c if add, else 0) + a [MR, k] b [k, width]), every element one chain of fused multiply-adds
 * over rising k. a has any strides; rows of b, c and what the ending reads are `width` = 1 or 2 whole vectors, but of
 * c, bias and y only `cols` numbers are touched where the width is 1: wide edges are the caller's. One function for
 * each MR: with MR a constant the compiler keeps every sum in a register, and macros rather than unrolled loops,
 * because clang spills the arrays such loops need. Rows are addressed from one pointer for every three, which leaves
 * registers for the rest. */

#define ROWS_1(X) X(0, 0, 0)
#define ROWS_2(X) ROWS_1(X) X(1, 0, 1)
#define ROWS_3(X) ROWS_2(X) X(2, 0, 2)
#define ROWS_4(X) ROWS_3(X) X(3, 1, 0)
#define ROWS_5(X) ROWS_4(X) X(4, 1, 1)
#define ROWS_6(X) ROWS_5(X) X(5, 1, 2)
#define ROWS_7(X) ROWS_6(X) X(6, 2, 0)
#define ROWS_8(X) ROWS_7(X) X(7, 2, 1)
#define ROWS_9(X) ROWS_8(X) X(8, 2, 2)
#define ROWS_10(X) ROWS_9(X) X(9, 3, 0)
#define ROWS_11(X) ROWS_10(X) X(10, 3, 1)
#define ROWS_12(X) ROWS_11(X) X(11, 3, 2)
#define ROWS_13(X) ROWS_12(X) X(12, 4, 0)
#define ROWS_14(X) ROWS_13(X) X(13, 4, 1)

/* What is done to sums before they are stored, where a tile can do it in registers: bias and the bounds of relu or
 * relu6, or the slope of one of these where y is its output. Pointers point at the tile's first column. */
typedef struct {
    const float *bias, *y; /* y: not NULL for a slope; then there is no bias */
    int64_t y_row;
    float floor, ceiling, y_ceiling;
} ending;

INLINE vf bounded(const ending *e, vf bias, vf sum) { return vmin(vset(e->ceiling), vmax(vset(e->floor), sum + bias)); }
INLINE vf sloped(const ending *e, vf y, vf sum) {
    return sum * either((y > 0.0f) & ~(y >= e->y_ceiling), vset(1.0f), vset(0.0f));
}

/* What tiles work on, `count` of them one below the other; distances in floats. b_next and c_next lead from a row's
 * first vector to its second, a_step and c_step from a tile to the next. The sum runs over `segments` stretches of k
 * numbers; a_jump and b_jump lead from behind a stretch to the next. Sums begin at those of c where they are added,
 * else in every row at the whole vectors of `begin`, else at zero. */
typedef struct {
    int64_t count, segments, k, a_jump, b_jump;
    const float *a;
    int64_t a_row, a_col, a_step;
    const float *b;
    int64_t b_row, b_next;
    float *c;
    int64_t c_row, c_next, c_step, cols;
    int32_t add;
    const float *begin;      /* or NULL */
    const ending *e;         /* or NULL */
    const mlj_matmul *moved; /* or NULL: whose w, from number `place` on, is moved by the tiles of c */
    int64_t place;
} strip;

/* `height` rows of w are moved by their gradient g: [columns in groups of GROUP][height][the columns of a group]. */
static void move(const mlj_matmul *p, int64_t place, int64_t height, int64_t cols, const float *g, int64_t g_next) {
    const int64_t together = 2 * LANES < 16 ? 2 * LANES : GROUP;
    const int64_t rows = together < GROUP ? 1 : height; /* a narrower tile does not hold whole rows of a group */
    for (int64_t col = 0; col < cols; col += GROUP, place += p->c_panel, g += g_next)
        for (int64_t r = 0; r < height; r += rows) {
            const int64_t to = place + r * GROUP;
            update(p->rule, rows * together, p->w + to, g + r * GROUP, p->moment1 + to, p->moment2 + to);
        }
}

/* What is done to row i = 3 g + r, for one vector of columns and for two. */
#define ZERO_1(i, g, r) vf s##i = vset(0.0f);
#define ZERO_2(i, g, r) vf s##i = vset(0.0f), t##i = vset(0.0f);
#define BEGIN_1(i, g, r) s##i = vload(w->begin);
#define BEGIN_2(i, g, r) s##i = vload(w->begin), t##i = vload(w->begin + LANES);
#define FETCH_1(i, g, r) s##i = get(c + i * c_row, cols);
#define FETCH_2(i, g, r) s##i = vload(c + i * c_row), t##i = vload(c + i * c_row + c_next);
#define STEP_1(i, g, r) s##i = vfma(vset(*(const float *)(p##g + r * a_row)), b0, s##i);
#define STEP_2(i, g, r)                                                                                                \
    {                                                                                                                  \
        const vf x = vset(*(const float *)(p##g + r * a_row));                                                         \
        s##i = vfma(x, b0, s##i);                                                                                      \
        t##i = vfma(x, b1, t##i);                                                                                      \
    }
#define STORE_1(i, g, r) put(c + i * c_row, cols, s##i);
#define STORE_2(i, g, r) vstore(c + i * c_row, s##i), vstore(c + i * c_row + c_next, t##i);
#define BOUND_1(i, g, r) s##i = bounded(e, bias0, s##i);
#define BOUND_2(i, g, r) s##i = bounded(e, bias0, s##i), t##i = bounded(e, bias1, t##i);
#define SLOPE_1(i, g, r) s##i = sloped(e, get(y + i * y_row, cols), s##i);
#define SLOPE_2(i, g, r)                                                                                               \
    s##i = sloped(e, vload(y + i * y_row), s##i), t##i = sloped(e, vload(y + i * y_row + LANES), t##i);
#define LOAD_BIAS_1 const vf bias0 = e->bias ? get(e->bias, cols) : vset(-0.0f);
#define LOAD_BIAS_2                                                                                                    \
    const vf bias0 = e->bias ? vload(e->bias) : vset(-0.0f), bias1 = e->bias ? vload(e->bias + LANES) : vset(-0.0f);
#define LOAD_B_1 const vf b0 = vload(b);
#define LOAD_B_2 const vf b0 = vload(b), b1 = vload(b + b_next);

/* clang-format off */
#define TILE(MR, NV)                                                                                               \
    static void tile_##MR##x##NV(const strip *w) {                                                                 \
        const int64_t a_row = w->a_row * (int64_t)sizeof *w->a, a_col = w->a_col * (int64_t)sizeof *w->a;          \
        const int64_t a_jump = w->a_jump * (int64_t)sizeof *w->a;                                                  \
        const int64_t b_row = w->b_row, b_next = w->b_next, c_row = w->c_row, c_next = w->c_next, cols = w->cols;  \
        const ending *e = w->e;                                                                                    \
        const float *a = w->a, *y = e ? e->y : NULL;                                                               \
        const int64_t y_row = y ? e->y_row : 0;                                                                    \
        float *c = w->c;                                                                                           \
        (void)b_next, (void)c_next, (void)cols;                                                                    \
        for (int64_t tile = 0; tile < w->count; tile++) {                                                          \
            const char *p0 = (const char *)a, *p1 = p0 + 3 * a_row, *p2 = p1 + 3 * a_row, *p3 = p2 + 3 * a_row,    \
                       *p4 = p3 + 3 * a_row;                                                                       \
            const float *b = w->b;                                                                                 \
            ROWS_##MR(ZERO_##NV)                                                                                   \
            if (w->add) {                                                                                          \
                ROWS_##MR(FETCH_##NV)                                                                              \
            } else if (w->begin) {                                                                                 \
                ROWS_##MR(BEGIN_##NV)                                                                              \
            }                                                                                                      \
            for (int64_t segment = w->segments; segment > 0; segment--) {                                          \
                for (int64_t k = w->k; k > 0; k--) {                                                               \
                    LOAD_B_##NV                                                                                    \
                    ROWS_##MR(STEP_##NV)                                                                           \
                    p0 += a_col, p1 += a_col, p2 += a_col, p3 += a_col, p4 += a_col, b += b_row;                   \
                }                                                                                                  \
                p0 += a_jump, p1 += a_jump, p2 += a_jump, p3 += a_jump, p4 += a_jump, b += w->b_jump;              \
            }                                                                                                      \
            if (y) {                                                                                               \
                ROWS_##MR(SLOPE_##NV)                                                                              \
                y += MR * y_row;                                                                                   \
            } else if (e) {                                                                                        \
                LOAD_BIAS_##NV                                                                                     \
                ROWS_##MR(BOUND_##NV)                                                                              \
            }                                                                                                      \
            ROWS_##MR(STORE_##NV)                                                                                  \
            if (w->moved) move(w->moved, w->place + tile * MR * GROUP, MR, cols, c, c_next);                       \
            a += w->a_step, c += w->c_step;                                                                        \
        }                                                                                                          \
    }
/* clang-format on */

typedef void tile(const strip *w);

#define TILES_1_TO_6(NV) TILE(1, NV) TILE(2, NV) TILE(3, NV) TILE(4, NV) TILE(5, NV) TILE(6, NV)
#define TILES_7_TO_12(NV) TILE(7, NV) TILE(8, NV) TILE(9, NV) TILE(10, NV) TILE(11, NV) TILE(12, NV)
#define TILES_13_TO_14(NV) TILE(13, NV) TILE(14, NV)
#define NAMES_1_TO_6(NV) tile_1x##NV, tile_2x##NV, tile_3x##NV, tile_4x##NV, tile_5x##NV, tile_6x##NV
#define NAMES_7_TO_12(NV) tile_7x##NV, tile_8x##NV, tile_9x##NV, tile_10x##NV, tile_11x##NV, tile_12x##NV
#define NAMES_13_TO_14(NV) tile_13x##NV, tile_14x##NV

/* Tiles by number of rows: one vector wide, and two. */
TILES_1_TO_6(1)
TILES_7_TO_12(1)
TILES_1_TO_6(2)
#if WIDE_ROWS == 6
static tile *const narrow_tiles[] = {0, NAMES_1_TO_6(1), NAMES_7_TO_12(1)};
static tile *const wide_tiles[] = {0, NAMES_1_TO_6(2)};
#elif WIDE_ROWS == 12
TILES_7_TO_12(2)
static tile *const narrow_tiles[] = {0, NAMES_1_TO_6(1), NAMES_7_TO_12(1)};
static tile *const wide_tiles[] = {0, NAMES_1_TO_6(2), NAMES_7_TO_12(2)};
#else
TILES_13_TO_14(1)
TILES_7_TO_12(2)
TILES_13_TO_14(2)
static tile *const narrow_tiles[] = {0, NAMES_1_TO_6(1), NAMES_7_TO_12(1), NAMES_13_TO_14(1)};
static tile *const wide_tiles[] = {0, NAMES_1_TO_6(2), NAMES_7_TO_12(2), NAMES_13_TO_14(2)};
#endif
