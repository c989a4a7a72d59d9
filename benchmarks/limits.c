/* What one core can do at most: a loop of multiply-adds that never leaves the registers, and the register tile of
 * kernels/ops/tile.h on panels that lie in the first cache. limits.py sets LANES, opens the tier's target region and
 * includes this file; with TILE_ROWS it has included the tier's kernels before. */
#include <stdint.h>

typedef float wide __attribute__((vector_size(4 * LANES)));

/* Twelve independent chains: more than any core has multiply-adds under way. x and y keep the sums near 2. */
#define CHAINS(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11)
#define SET(i) wide s##i = {(float)i};
#define TURN(i) s##i = s##i * x + y;
#define ADD(i) total += s##i;

/* `turns` times 12 LANES multiply-adds. */
static void limits_multiply_add(int64_t turns, float *out) {
    wide x, y, total = {0};
    for (int lane = 0; lane < LANES; lane++) x[lane] = out[0], y[lane] = out[1];
    CHAINS(SET)
    for (int64_t turn = 0; turn < turns; turn++) {
        CHAINS(TURN)
    }
    CHAINS(ADD)
    for (int lane = 0; lane < LANES; lane++) out[2 + lane] = total[lane];
}

#ifdef TILE_ROWS
/* `calls` times one tile, TILE_ROWS rows by two vectors, over k numbers: a by rows, b a panel. */
static void limits_tile(int64_t calls, int64_t k, const float *a, const float *b, float *c) {
    const strip work = {.count = 1, .segments = 1, .k = k, .a = a, .a_row = k, .a_col = 1, .b = b, .b_row = 2 * LANES,
                        .b_next = LANES, .c = c, .c_row = 2 * LANES, .c_next = LANES, .cols = 2 * LANES};
    for (int64_t call = 0; call < calls; call++) wide_tiles[TILE_ROWS](&work);
}
static int64_t limits_tile_rows(void) { return TILE_ROWS; }
#endif
