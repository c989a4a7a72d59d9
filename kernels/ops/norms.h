/* Normalisation over rows (layer norm) and over columns (batch norm) of x [rows, cols], forward and backward.
 *
 * n = (x - mean) inverse      y = gain n + bias      inverse = 1 / sqrt(variance + eps)
 *
 * mean and inverse have a number for each row or, over columns, for each column. Sums along a row run in sixteen lanes;
 * sums down a column add one row after the other, and a later block of rows goes on from the sums of the one before;
 * those of batch norm, which may be of a hundred thousand pixels, add runs of RUN rows, as one chain would lose two
 * digits. */

enum { RUN = 256 };
enum { SIDE = 4 }; /* vectors of columns that go down together, so that as many chains of additions are under way */

#define EACH_SIDE(k) for (int k = 0; k < SIDE; k++)
/* The body once for every SIDE vectors of columns: at `i`, with `left` of them to go; the rest in one go. */
#define EACH_STRIP(cols, ...)                                                                                          \
    do {                                                                                                               \
        int64_t i = 0;                                                                                                 \
        for (; i + SIDE * LANES <= (cols); i += SIDE * LANES) {                                                        \
            enum { left = SIDE * LANES };                                                                              \
            __VA_ARGS__                                                                                                \
        }                                                                                                              \
        if (i < (cols)) {                                                                                              \
            const int64_t left = (cols) - i;                                                                           \
            __VA_ARGS__                                                                                                \
        }                                                                                                              \
    } while (0)
#define GET_SIDE(p, k) get((p) + (k) * LANES, part_of(left - (k) * LANES))
#define PUT_SIDE(p, k, v) put((p) + (k) * LANES, part_of(left - (k) * LANES), v)

/* Mean and variance (that of `rows`, not of one less) of every column. */
static void column_moments(int64_t rows, int64_t cols, const float *x, int64_t x_row, float *mean, float *variance) {
    const float count = (float)rows;
    EACH_STRIP(cols, {
        vf sum[SIDE], middle[SIDE], part[SIDE];
        EACH_SIDE(k) sum[k] = vset(0.0f);
        for (int64_t first = 0; first < rows; first += RUN) {
            EACH_SIDE(k) part[k] = vset(0.0f);
            for (int64_t r = first; r < rows && r < first + RUN; r++)
                EACH_SIDE(k) part[k] += GET_SIDE(x + r * x_row + i, k);
            EACH_SIDE(k) sum[k] += part[k];
        }
        EACH_SIDE(k) middle[k] = sum[k] / count, sum[k] = vset(0.0f);
        for (int64_t first = 0; first < rows; first += RUN) {
            EACH_SIDE(k) part[k] = vset(0.0f);
            for (int64_t r = first; r < rows && r < first + RUN; r++) EACH_SIDE(k) {
                    const vf off = GET_SIDE(x + r * x_row + i, k) - middle[k];
                    part[k] = vfma(off, off, part[k]);
                }
            EACH_SIDE(k) sum[k] += part[k];
        }
        EACH_SIDE(k) PUT_SIDE(mean + i, k, middle[k]);
        EACH_SIDE(k) PUT_SIDE(variance + i, k, sum[k] / count);
    });
}

/* Mean and variance of every row. */
static void row_moments(int64_t rows, int64_t cols, const float *x, float *mean, float *variance) {
    const float count = (float)cols;
    for (int64_t r = 0; r < rows; r++, x += cols) {
        line sum = line_set(0.0f);
        for (int64_t i = 0; i < cols; i += LINE) {
            const line at = line_get(x + i, cols - i);
            EACH_PART (k) sum.v[k] += at.v[k];
        }
        const vf middle = fold_sum(sum) / count;
        sum = line_set(0.0f);
        for (int64_t i = 0; i < cols; i += LINE) {
            line off = line_get(x + i, cols - i);
            EACH_PART (k) off.v[k] -= middle;
            off = line_fill(off, cols - i, 0.0f);
            EACH_PART (k) sum.v[k] = vfma(off.v[k], off.v[k], sum.v[k]);
        }
        mean[r] = middle[0];
        variance[r] = (fold_sum(sum) / count)[0];
    }
}

/* y = gain n + bias. */
static void normalize(int64_t rows, int64_t cols, const float *x, const float *mean, const float *inverse,
                      int32_t by_row, const float *gain, const float *bias, float *y) {
    for (int64_t r = 0; r < rows; r++, x += cols, y += cols) {
        if (by_row) {
            const vf middle = vset(mean[r]), scale = vset(inverse[r]);
            EACH_VECTOR(cols, {
                const vf n = (get(x + i, left) - middle) * scale;
                put(y + i, left, vfma(n, get(gain + i, left), get(bias + i, left)));
            });
        } else {
            EACH_VECTOR(cols, {
                const vf n = (get(x + i, left) - get(mean + i, left)) * get(inverse + i, left);
                put(y + i, left, vfma(n, get(gain + i, left), get(bias + i, left)));
            });
        }
    }
}

/* dgain = (dgain if accumulate) + sum of dy n, dbias likewise of dy, down every column. */
static void normalize_sums(int64_t rows, int64_t cols, const float *x, const float *dy, int64_t row, const float *mean,
                           const float *inverse, int32_t by_row, int32_t accumulate, float *dgain, float *dbias) {
    EACH_STRIP(cols, {
        vf sum[SIDE], product[SIDE], middle[SIDE], scale[SIDE];
        EACH_SIDE(k) sum[k] = accumulate ? GET_SIDE(dbias + i, k) : vset(0.0f);
        EACH_SIDE(k) product[k] = accumulate ? GET_SIDE(dgain + i, k) : vset(0.0f);
        EACH_SIDE(k) middle[k] = by_row ? vset(0.0f) : GET_SIDE(mean + i, k);
        EACH_SIDE(k) scale[k] = by_row ? vset(0.0f) : GET_SIDE(inverse + i, k);
        const int64_t run = by_row ? rows + 1 : RUN;
        vf part[SIDE], parted[SIDE];
        for (int64_t first = 0; first < rows; first += run) {
            EACH_SIDE(k) part[k] = by_row ? sum[k] : vset(0.0f), parted[k] = by_row ? product[k] : vset(0.0f);
            for (int64_t r = first; r < rows && r < first + run; r++) {
                if (by_row) EACH_SIDE(k) middle[k] = vset(mean[r]), scale[k] = vset(inverse[r]);
                EACH_SIDE(k) {
                    const vf slope = GET_SIDE(dy + r * row + i, k);
                    const vf n = (GET_SIDE(x + r * row + i, k) - middle[k]) * scale[k];
                    part[k] += slope;
                    parted[k] = vfma(slope, n, parted[k]);
                }
            }
            EACH_SIDE(k) sum[k] = by_row ? part[k] : sum[k] + part[k];
            EACH_SIDE(k) product[k] = by_row ? parted[k] : product[k] + parted[k];
        }
        EACH_SIDE(k) PUT_SIDE(dbias + i, k, sum[k]);
        EACH_SIDE(k) PUT_SIDE(dgain + i, k, product[k]);
    });
}

/* dx = gain inverse (dy - share (dbias + n dgain)): share is 1 over the rows that made the statistics, or 0 where they
 * are not of these rows. */
static void batch_norm_backward(int64_t rows, int64_t cols, const float *x, const float *dy, const float *mean,
                                const float *inverse, const float *gain, const float *dgain, const float *dbias,
                                float share, float *dx) {
    for (int64_t r = 0; r < rows; r++, x += cols, dy += cols, dx += cols)
        EACH_VECTOR(cols, {
            const vf scale = get(inverse + i, left), n = (get(x + i, left) - get(mean + i, left)) * scale;
            const vf both = vfma(n, get(dgain + i, left), get(dbias + i, left));
            put(dx + i, left, (get(dy + i, left) - share * both) * (get(gain + i, left) * scale));
        });
}

/* dx = inverse (g - mean of g - n mean of (g n)), g = dy gain, means along the row. */
static void layer_norm_backward(int64_t rows, int64_t cols, const float *x, const float *dy, const float *mean,
                                const float *inverse, const float *gain, float *dx) {
    for (int64_t r = 0; r < rows; r++, x += cols, dy += cols, dx += cols) {
        const vf middle = vset(mean[r]), scale = vset(inverse[r]);
        line sum = line_set(0.0f), product = line_set(0.0f);
        for (int64_t i = 0; i < cols; i += LINE) {
            const line at = line_get(x + i, cols - i), slope = line_get(dy + i, cols - i);
            const line by = line_get(gain + i, cols - i);
            EACH_PART (k) {
                const vf g = slope.v[k] * by.v[k];
                sum.v[k] += g;
                product.v[k] = vfma(g, (at.v[k] - middle) * scale, product.v[k]);
            }
        }
        const vf of_g = fold_sum(sum) / (float)cols, of_gn = fold_sum(product) / (float)cols;
        EACH_VECTOR(cols, {
            const vf g = get(dy + i, left) * get(gain + i, left), n = (get(x + i, left) - middle) * scale;
            put(dx + i, left, scale * (g - of_g - n * of_gn));
        });
    }
}
