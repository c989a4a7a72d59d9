/* Transposes, and sums of columns.
 *
 * transpose    dst [cols, rows] = src [rows, cols] transposed, in blocks of 4 x 4 kept in registers
 * column_sum   out [cols] = (out +) the sum of the rows of x [rows, cols], each column from the first row down */

typedef float v4 __attribute__((vector_size(16)));
typedef int32_t i4 __attribute__((vector_size(16)));

#if defined(__clang__)
#define PAIR(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define PAIR(a, b, ...) __builtin_shuffle(a, b, (i4){__VA_ARGS__})
#endif

INLINE v4 load4(const float *p) {
    v4 v;
    memcpy(&v, p, sizeof v);
    return v;
}

INLINE void transpose_4x4(const float *src, int64_t src_row, float *dst, int64_t dst_row) {
    const v4 a = load4(src), b = load4(src + src_row), c = load4(src + 2 * src_row), d = load4(src + 3 * src_row);
    const v4 ac0 = PAIR(a, c, 0, 4, 1, 5), ac1 = PAIR(a, c, 2, 6, 3, 7);
    const v4 bd0 = PAIR(b, d, 0, 4, 1, 5), bd1 = PAIR(b, d, 2, 6, 3, 7);
    const v4 out[4] = {PAIR(ac0, bd0, 0, 4, 1, 5), PAIR(ac0, bd0, 2, 6, 3, 7), PAIR(ac1, bd1, 0, 4, 1, 5),
                       PAIR(ac1, bd1, 2, 6, 3, 7)};
    for (int r = 0; r < 4; r++) memcpy(dst + r * dst_row, &out[r], sizeof out[r]);
}

INLINE void transpose_edge(int64_t rows, int64_t cols, const float *src, int64_t src_row, float *dst, int64_t dst_row) {
    for (int64_t c = 0; c < cols; c++)
        for (int64_t r = 0; r < rows; r++) dst[c * dst_row + r] = src[r * src_row + c];
}

static void transpose(int64_t rows, int64_t cols, const float *src, int64_t src_row, float *dst, int64_t dst_row) {
    enum {
        STRIP = 16
    }; /* columns at a time: a line of src is used up while it is in the cache, and so is one of dst */
    const int64_t whole_rows = rows & ~(int64_t)3;
    for (int64_t c0 = 0; c0 < cols; c0 += STRIP) {
        const int64_t end = cols - c0 < STRIP ? cols : c0 + STRIP, whole = c0 + ((end - c0) & ~(int64_t)3);
        if (whole == c0) { /* fewer than four */
            transpose_edge(rows, end - c0, src + c0, src_row, dst + c0 * dst_row, dst_row);
            continue;
        }
        for (int64_t r = 0; r < whole_rows; r += 4) {
            for (int64_t c = c0; c < whole; c += 4)
                transpose_4x4(src + r * src_row + c, src_row, dst + c * dst_row + r, dst_row);
            transpose_edge(4, end - whole, src + r * src_row + whole, src_row, dst + whole * dst_row + r, dst_row);
        }
        transpose_edge(rows - whole_rows, end - c0, src + whole_rows * src_row + c0, src_row,
                       dst + c0 * dst_row + whole_rows, dst_row);
    }
}

/* One strip of four vectors side by side, so that four chains of additions are under way. */
INLINE void sum_strip(int64_t rows, const float *x, int64_t x_row, float *out, int32_t accumulate) {
    vf sum[4];
    for (int v = 0; v < 4; v++) sum[v] = accumulate ? vload(out + v * LANES) : vset(0.0f);
    for (int64_t r = 0; r < rows; r++)
        for (int v = 0; v < 4; v++) sum[v] += vload(x + r * x_row + v * LANES);
    for (int v = 0; v < 4; v++) vstore(out + v * LANES, sum[v]);
}

static void column_sum(int64_t rows, int64_t cols, const float *x, int64_t x_row, float *out, int32_t accumulate) {
    int64_t c = 0;
    for (; c + 4 * LANES <= cols; c += 4 * LANES) sum_strip(rows, x + c, x_row, out + c, accumulate);
    x += c, out += c;
    EACH_VECTOR(cols - c, {
        vf sum = accumulate ? get(out + i, left) : vset(0.0f);
        for (int64_t r = 0; r < rows; r++) sum += get(x + r * x_row + i, left);
        put(out + i, left, sum);
    });
}
