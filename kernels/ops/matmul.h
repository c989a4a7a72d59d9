/* Matrix product with an epilogue: C = activation(A B + bias), or C = (A B) times the slope of an activation.
 *
 * C [m, n] = A [m, k] B [k, n]; A by rows or by columns, so NN and TN need no copy of it; B and C by rows.
 *
 * The loops are those of Goto and van de Geijn 2008, "Anatomy of high-performance matrix multiplication": blocks of
 * rows and of the sum, panels of columns, register tiles. A panel of B is copied to the stack, padded to whole vectors,
 * when enough rows will use it; so is a block of a transposed A when enough columns will. A later block of the sum goes
 * on from the C of the one before: every element is one chain of fused multiply-adds over rising k, whatever the
 * blocks, the tile, the tier or the number of threads.
 *
 * Measured on one Zen 3 core, AVX2, of whose peak a tile with K = 128 reaches 93 %: B in panels 95 to 97 % of the peak
 * (128x128x784, 32x256x512), B copied 90 to 94, A transposed 82 to 88 (784x128x128, 784x512x128), 32x16x16 66. */
enum {
    PANEL = 2 * LANES,                 /* columns of a tile, and of a copied panel */
    GROUP = 16,                        /* columns that lie together in a matrix of panels */
    K_BLOCK = 512,                     /* numbers of the sum in a block: a panel is 64 KiB with AVX-512 */
    K_BLOCK_COPIED = 256,              /* where the block of A is copied: 336 KiB, a part of the second cache */
    K_BLOCK_TALL = 64,                 /* where a transposed A meets a narrow B: as many pages as the first TLB holds */
    TALL_ROW = 256,                    /* numbers from which a row of it counts as a page */
    ROW_BLOCK = 36 * WIDE_ROWS,        /* rows that reuse a panel */
    ROW_BLOCK_COPIED = 24 * WIDE_ROWS, /* where the block of A is copied */
    K_BLOCK_APART = 192,               /* rows of a transposed A whose lines stay in the first cache */
    SET_ROW = 256,      /* unless they are a multiple of so many numbers apart: then they share its sets */
    PACK_COLUMNS = 128, /* columns of C from which a copy of a transposed A pays */
};

#include "tile.h"

/* One block: rows row0 … row0 + rows - 1 of C, numbers k0 … k0 + depth - 1 of the sum; a: its A, copied or where it is.
 */
typedef struct {
    int64_t row0, rows, k0, depth;
    const float *a;
    int copied;
} block;

/* `size` in steps of at most `most`, as even as can be: the length of a step, never 0. */
INLINE int64_t even_step(int64_t size, int64_t most) {
    if (size <= most) return size > 0 ? size : 1;
    const int64_t steps = (size + most - 1) / most;
    return (size + steps - 1) / steps;
}
INLINE int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

/* ---- what is done to C after the sum ---- */

INLINE int is_relu(int32_t kind) { return kind == MLJ_RELU || kind == MLJ_RELU6; }
/* Whether the tiles multiply by the slope: they do one thing, and bias or activation come first. */
INLINE int slope_in_tile(const mlj_matmul *p) {
    return p->mask_y && is_relu(p->mask_activation) && !p->bias && p->activation == MLJ_LINEAR;
}

/* The part of the epilogue that tiles do. */
INLINE ending ending_of(const mlj_matmul *p, int64_t row, int64_t col) {
    return (ending){
        .bias = p->bias ? p->bias + col : p->bias,
        .y = slope_in_tile(p) ? p->mask_y + row * p->mask_y_row + col : 0,
        .y_row = p->mask_y_row,
        .floor = is_relu(p->activation) ? 0.0f : -__builtin_inff(),
        .ceiling = p->activation == MLJ_RELU6 ? 6.0f : __builtin_inff(),
        .y_ceiling = p->mask_activation == MLJ_RELU6 ? 6.0f : __builtin_nanf(""),
    };
}

INLINE void bend(int32_t kind, const mlj_matmul *p, int64_t row0, int64_t rows, int64_t col0, int64_t cols) {
    for (int64_t r = row0; r < row0 + rows; r++) {
        float *c = p->c + r * p->c_row + col0;
        EACH_VECTOR(cols, { put(c + i, left, activation(kind, p->alpha, get(c + i, left))); });
    }
}

INLINE void bend_back(int32_t kind, const mlj_matmul *p, int64_t row0, int64_t rows, int64_t col0, int64_t cols) {
    for (int64_t r = row0; r < row0 + rows; r++) {
        float *c = p->c + r * p->c_row + col0;
        const float *y = p->mask_y + r * p->mask_y_row + col0;
        EACH_VECTOR(cols,
                    { put(c + i, left, through_slope(kind, p->mask_alpha, get(y + i, left), get(c + i, left))); });
    }
}

/* The rest of it, on a part of C that is still in the first cache. */
static void finish(const mlj_matmul *p, int64_t row0, int64_t rows, int64_t col0, int64_t cols) {
    if (p->activation != MLJ_LINEAR && !is_relu(p->activation))
        FOR_KIND(p->activation, bend(KIND, p, row0, rows, col0, cols););
    if (p->mask_y && !slope_in_tile(p)) FOR_KIND(p->mask_activation, bend_back(KIND, p, row0, rows, col0, cols););
}

/* ---- where columns lie ---- */

/* From a row's beginning to column `col`. `panel`: 0, or the distance of two panels of the matrix. */
INLINE int64_t column(int64_t panel, int64_t col) { return panel ? col / GROUP * panel + col % GROUP : col; }
/* From the first vector of a tile's columns to the second. */
INLINE int64_t next_vector(int64_t panel) { return panel && LANES >= GROUP ? panel : LANES; }

/* ---- one block, one panel ---- */

/* Whether one vector is enough for `cols` columns. A matrix of panels is written by whole panels, or by halves. */
INLINE int is_narrow(const mlj_matmul *p, int64_t cols) { return cols <= LANES && !(p->c_panel && LANES < GROUP); }
/* Rows are shared by as few tiles as can be, as evenly as can be: `high` tiles of `height` rows, `low` of one less. */
typedef struct {
    int64_t height, high, low;
} share;
INLINE share shared(int64_t rows, int narrow) {
    const uint32_t n = (uint32_t)rows; /* of a block: short divisions are fast ones */
    const uint32_t tiles = narrow ? (n + NARROW_ROWS - 1) / NARROW_ROWS : (n + WIDE_ROWS - 1) / WIDE_ROWS;
    const uint32_t height = (n + tiles - 1) / tiles, low = tiles * height - n;
    return (share){height, tiles - low, low};
}

/* Rows of `cols` numbers to and from a room with rows of a panel. */
INLINE void copy_in(int64_t rows, int64_t cols, const float *from, int64_t from_row, float *room) {
    for (int64_t r = 0; r < rows; r++, from += from_row, room += PANEL) {
        vstore(room, vload(from));
        vstore(room + LANES, get(from + LANES, cols - LANES));
    }
}
INLINE void copy_out(int64_t rows, int64_t cols, const float *room, float *to, int64_t to_row) {
    for (int64_t r = 0; r < rows; r++, room += PANEL, to += to_row) {
        vstore(to, vload(room));
        put(to + LANES, cols - LANES, vload(room + LANES));
    }
}

/* Wide tiles at an edge: only `cols` numbers in the rows of c and of what the ending reads. */
static __attribute__((noinline)) void run_edge(tile *kind, const strip *given, int64_t height, int64_t cols) {
    _Alignas(64) float c[WIDE_ROWS * PANEL], y[WIDE_ROWS * PANEL], bias[PANEL];
    strip w = *given;
    ending e;
    w.c = c, w.c_row = PANEL, w.c_next = LANES, w.count = 1;
    if (w.e) {
        w.e = &e;
        e = *given->e;
        if (e.y) e.y = y, e.y_row = PANEL;
        if (e.bias) copy_in(1, cols, e.bias, 0, bias), e.bias = bias;
    }
    for (int64_t tile = 0; tile < given->count; tile++, w.a += w.a_step) {
        float *to = given->c + tile * given->c_step;
        if (w.add) copy_in(height, cols, to, given->c_row, c);
        if (w.e && e.y) copy_in(height, cols, given->e->y + tile * height * given->e->y_row, given->e->y_row, y);
        kind(&w);
        copy_out(height, cols, c, to, given->c_row);
    }
}

/* Every tile of a panel; rows of b may be read up to whole vectors. */
static void run_tiles(const mlj_matmul *p, const block *now, const float *b, int64_t b_row, int64_t b_next,
                      int64_t col0, int64_t cols) {
    _Alignas(64) float g[WIDE_ROWS * ((int)PANEL < (int)GROUP ? GROUP : PANEL)];
    const int narrow = is_narrow(p, cols), last = now->k0 + now->depth == p->k;
    const int ends = last && !p->rule && (p->bias || is_relu(p->activation) || slope_in_tile(p));
    const int edge = !p->c_panel && !narrow && cols < PANEL;
    const int64_t c_row = p->c_panel ? GROUP : p->c_row;
    tile *const *const kinds = narrow ? narrow_tiles : wide_tiles;
    const share s = shared(now->rows, narrow && !now->copied);
    strip w = {.segments = 1, .k = now->depth, .b = b, .b_row = b_row, .b_next = b_next, .c_row = c_row};
    w.add = now->k0 > 0 || p->accumulate;
    w.c_next = next_vector(p->c_panel), w.cols = p->c_panel ? (narrow ? LANES : PANEL) : cols;
    w.moved = last && p->rule ? p : NULL;
    ending e;
    if (ends) e = ending_of(p, now->row0, col0), w.e = &e;
    for (int64_t row = 0, height = s.height; row < now->rows; row += w.count * height--) {
        w.count = height == s.height ? s.high : s.low;
        w.a = now->a + row * (now->copied ? now->depth : p->a_row);
        w.a_step = height * (now->copied ? now->depth : p->a_row);
        w.a_row = now->copied ? 1 : p->a_row, w.a_col = now->copied ? height : p->a_col;
        w.place = (now->row0 + row) * c_row + column(p->c_panel, col0);
        w.c = p->c + w.place, w.c_step = height * c_row;
        if (w.moved && !w.add) { /* the gradient never leaves this function */
            w.c = g, w.c_row = GROUP, w.c_step = 0;
            w.c_next = (int)LANES < (int)GROUP ? LANES : height * GROUP;
        }
        if (edge)
            run_edge(kinds[height], &w, height, cols);
        else
            kinds[height](&w);
        if (ends && e.y) e.y += w.count * height * e.y_row;
    }
}

/* `depth` rows of b as a panel of `width` columns, what is behind the last of them zero; b may lie by columns. */
INLINE void copy_panel(const mlj_matmul *p, const float *b, int64_t depth, int64_t cols, int64_t width, float *to) {
    if (p->b_col != 1) {
        if (cols < width) memset(to, 0, (size_t)(depth * width) * sizeof *to);
        transpose(cols, depth, b, p->b_col, to, width);
        return;
    }
    for (int64_t k = 0; k < depth; k++, to += width, b += p->b_row)
        if (cols <= LANES) {
            vstore(to, get(b, cols));
            if (width == PANEL) vstore(to + LANES, vset(0.0f));
        } else {
            vstore(to, vload(b));
            vstore(to + LANES, get(b + LANES, cols - LANES));
        }
}

/* The same with the panel copied first. Not inlined: only calls that need its room get so large a stack frame. */
static __attribute__((noinline)) void run_tiles_copied(const mlj_matmul *p, const block *now, const float *b,
                                                       int64_t col0, int64_t cols) {
    _Alignas(64) float panel[K_BLOCK * PANEL];
    const int64_t width = is_narrow(p, cols) ? LANES : PANEL;
    copy_panel(p, b, now->depth, cols, width, panel);
    run_tiles(p, now, panel, width, LANES, col0, cols);
}

static void run_block(const mlj_matmul *p, const block *now) {
    const int64_t b_row = p->b_panel ? GROUP : p->b_row;
    for (int64_t col = 0; col < p->n; col += PANEL) {
        const int64_t cols = smaller(PANEL, p->n - col);
        const float *b = p->b + now->k0 * b_row + (p->b_panel ? column(p->b_panel, col) : col * p->b_col);
        const int whole = cols == (is_narrow(p, cols) ? LANES : PANEL);
        if (p->b_panel || (whole && now->rows <= 2 * WIDE_ROWS && p->b_col == 1))
            run_tiles(p, now, b, b_row, next_vector(p->b_panel), col, cols);
        else
            run_tiles_copied(p, now, b, col, cols);
        if (now->k0 + now->depth == p->k) finish(p, now->row0, now->rows, col, cols);
    }
}

/* The same with the block of a transposed A copied first, tile by tile, so that its numbers lie in the order of use. */
static __attribute__((noinline)) void run_block_copied(const mlj_matmul *p, block *now) {
    _Alignas(64) float room[ROW_BLOCK_COPIED * K_BLOCK_COPIED + LANES];
    float *to = room;
    const share s = shared(now->rows, 0);
    for (int64_t row = 0, tile = 0, height; row < now->rows; row += height, tile++) {
        height = tile < s.high ? s.height : s.height - 1;
        for (int64_t k = 0; k < now->depth; k++, to += height)
            for (int64_t i = 0; i < height; i += LANES) /* whole vectors: the next ones cover what is too much */
                vstore(to + i, get(now->a + row + k * p->a_col + i, smaller(LANES, height - i)));
    }
    now->a = room;
    now->copied = 1;
    run_block(p, now);
}

#include "narrow.h"
#include "short.h"

static void matmul(const mlj_matmul *p, int64_t row0, int64_t row1) {
    if (p->k > 0 && p->k <= SHORT && !p->accumulate && !p->c_panel && (p->b_panel || p->b_col == 1)) {
        short_product(p, row0, row1);
        return;
    }
    if (is_narrow_product(p))
        for (; row1 - row0 >= PANEL; row0 += PANEL) narrow_rows(p, row0);
    const int64_t rows = row1 - row0;
    const int turned = p->a_row == 1 && p->a_col != 1;
    const int in_cache = p->k <= K_BLOCK_APART && p->a_col % SET_ROW; /* whatever a tile reads of a, for the next too */
    const int copies = turned && p->n >= PACK_COLUMNS && rows > WIDE_ROWS && !in_cache;
    const int tall = turned && p->n <= LANES && p->a_col >= TALL_ROW;
    const int64_t row_step = even_step(rows, copies ? ROW_BLOCK_COPIED : ROW_BLOCK);
    const int64_t k_step = even_step(p->k, copies ? K_BLOCK_COPIED : tall ? K_BLOCK_TALL : K_BLOCK);
    /* Long sums go block of k by block of k, all rows in each: then the rows of a transposed A are read once. */
    const int64_t rows_at_once = p->k > rows ? rows : row_step;
    for (int64_t part = row0; part < row1; part += rows_at_once)
        for (int64_t k0 = 0; k0 == 0 || k0 < p->k; k0 += k_step)
            for (int64_t row = part; row < smaller(part + rows_at_once, row1); row += row_step) {
                const int64_t end = smaller(row + row_step, row1);
                block now = {row, end - row, k0, smaller(k_step, p->k - k0), p->a + row * p->a_row + k0 * p->a_col, 0};
                if (copies)
                    run_block_copied(p, &now);
                else
                    run_block(p, &now);
            }
}
