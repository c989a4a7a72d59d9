/* Rows of few numbers, LANES rows at a time with a row in each lane: then no sum crosses lanes, and every row is added
 * up in the order of its numbers, on every tier. Without this, half of a training step of a small network is the loss.
 */

enum { FEW = 32 };

/* at[j][r]: number j of row r. */
typedef struct {
    _Alignas(64) float at[FEW][LANES];
} columns;

/* `count` rows of n numbers at x; lanes without a row are zero. Numbers behind the n-th are anything. */
INLINE void spread(int64_t count, int64_t n, const float *x, columns *to) {
    if (count == LANES && n == 1) {
        vstore(to->at[0], vload(x));
    } else if (count == LANES && n == 2) {
        const vf a = vload(x), b = vload(x + LANES);
        vstore(to->at[0], MIX(a, b, EVENS));
        vstore(to->at[1], MIX(a, b, ODDS));
    } else {
        for (int64_t j = 0; j < n; j += LANES) {
            vf row[LANES];
            for (int64_t r = 0; r < LANES; r++)
                row[r] = r < count ? get(x + r * n + j, part_of((count - r) * n - j)) : vset(0.0f);
            transpose_square(row);
            for (int64_t i = 0; i < LANES; i++) vstore(to->at[j + i], row[i]);
        }
    }
}
INLINE void collect(int64_t count, int64_t n, const columns *from, float *x) {
    if (count == LANES && n == 1) {
        vstore(x, vload(from->at[0]));
    } else if (count == LANES && n == 2) {
        const vf a = vload(from->at[0]), b = vload(from->at[1]);
        vstore(x, MIX(a, b, ZIP_LOW));
        vstore(x + LANES, MIX(a, b, ZIP_HIGH));
    } else {
        for (int64_t j = 0; j < n; j += LANES) {
            vf row[LANES];
            for (int64_t i = 0; i < LANES; i++) row[i] = vload(from->at[j + i]);
            transpose_square(row);
            /* One square wide, a row may run over into the next, which is written after it. */
            for (int64_t r = 0; r < count; r++)
                put(x + r * n + j, part_of(n <= LANES ? (count - r) * n : n - j), row[r]);
        }
    }
}
