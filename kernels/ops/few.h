/* Rows of few numbers, LANES rows at a time with a row in each lane: then no sum crosses lanes, and every row is added
 * up in the order of its numbers, on every tier. Without this, half of a training step of a small network is the loss.
 */

enum { FEW = 32 };

/* at[j][r]: number j of row r. */
typedef struct {
    _Alignas(64) float at[FEW][LANES];
} columns;

/* `count` rows of n numbers at x; lanes without a row are zero. */
INLINE void spread(int64_t count, int64_t n, const float *x, columns *to) {
    if (count < LANES) {
        for (int64_t j = 0; j < n; j++)
            for (int64_t r = 0; r < LANES; r++) to->at[j][r] = r < count ? x[r * n + j] : 0.0f;
    } else if (n < 4) {
        for (int64_t j = 0; j < n; j++)
            for (int64_t r = 0; r < LANES; r++) to->at[j][r] = x[r * n + j];
    } else {
        transpose(LANES, n, x, n, to->at[0], LANES);
    }
}
INLINE void collect(int64_t count, int64_t n, const columns *from, float *x) {
    if (n < 4) {
        for (int64_t r = 0; r < count; r++)
            for (int64_t j = 0; j < n; j++) x[r * n + j] = from->at[j][r];
    } else {
        transpose(n, count, from->at[0], LANES, x, n);
    }
}
