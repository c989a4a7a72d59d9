/* Normalisation and dropout of every tier, against plain loops in double. */

static const int64_t sizes[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 13, 14, 15, 16, 17, 23, 31, 32, 33, 47, 48, 49, 64, 65};
static int64_t some(void) { return sizes[below(COUNT(sizes))]; }

static void norms(void) {
    doing = "norms";
    for (int64_t round = 0; round < 60; round++) {
        const int64_t rows = some() + 1, n = some() + 1;
        const float *x = draw(rows * n, 3), *dy = draw(rows * n, 1), *gain = draw(n, 1), *bias = draw(n, 1);
        float *mean = room(rows + n), *variance = room(rows + n), *y = room(rows * n), *dx = room(rows * n);
        float *dgain = room(n), *dbias = room(n);
        for (int by_row = 0; by_row < 2; by_row++) {
            const int64_t own = by_row ? rows : n, sum = by_row ? n : rows;
            if (by_row)
                ops->row_moments(rows, n, x, mean, variance);
            else
                ops->column_moments(rows, n, x, n, mean, variance);
            for (int64_t i = 0; i < own; i++) {
                double m = 0, v = 0;
                for (int64_t k = 0; k < sum; k++) m += x[by_row ? i * n + k : k * n + i] / (double)sum;
                for (int64_t k = 0; k < sum; k++) v += pow(x[by_row ? i * n + k : k * n + i] - m, 2) / (double)sum;
                near(i, mean[i], m, 1e-5), near(i, variance[i], v, 1e-4);
                variance[i] = 1.0f / sqrtf(variance[i] + 1.0f); /* from here on the inverse */
            }
            ops->normalize(rows, n, x, mean, variance, by_row, gain, bias, y);
            ops->normalize_sums(rows, n, x, dy, n, mean, variance, by_row, 0, dgain, dbias);
            if (by_row)
                ops->layer_norm_backward(rows, n, x, dy, mean, variance, gain, dx);
            else
                ops->batch_norm_backward(rows, n, x, dy, mean, variance, gain, dgain, dbias, 0.1f, dx);
            double *product = calloc((size_t)n, sizeof *product);
            for (int64_t r = 0; r < rows; r++) {
                double g = 0, gn = 0;
                for (int64_t c = 0; c < n; c++) {
                    const int64_t i = r * n + c, at = by_row ? r : c;
                    const double z = ((double)x[i] - mean[at]) * variance[at];
                    near(i, y[i], z * gain[c] + bias[c], 1e-4);
                    product[c] += dy[i] * z, g += dy[i] * gain[c] / (double)n, gn += dy[i] * gain[c] * z / (double)n;
                }
                for (int64_t c = 0; c < n; c++) {
                    const int64_t i = r * n + c, at = by_row ? r : c;
                    const double z = ((double)x[i] - mean[at]) * variance[at];
                    const double column = gain[c] * (dy[i] - (double)0.1f * (dbias[c] + z * dgain[c]));
                    near(i, dx[i], variance[at] * (by_row ? dy[i] * gain[c] - g - z * gn : column), 1e-3);
                }
            }
            for (int64_t c = 0; c < n; c++) near(c, dgain[c], product[c], 1e-3);
            free(product);
        }
        leave();
    }
}

static void chances(void) {
    doing = "dropout";
    for (int64_t n = 0; n < 100; n++) {
        const int64_t first = below(9);
        const mlj_chance c = {.seed = 5, .layer = 3, .epoch = 2, .step = (uint32_t)n, .keep = 3 << 22, .scale = 1.5f};
        const float *x = draw(n, 1);
        float *m = room(n), *y = room(n);
        uint32_t words[200];
        ops->words(5, 3, 3, 2, (uint32_t)n, 0, first + n, words);
        ops->dropout(&c, first, n, x, m, y);
        for (int64_t i = 0; i < n; i++) {
            const double kept = words[first + i] >> 8 < 3 << 22 ? 1.5 : 0;
            near(i, m[i], kept, 0), near(i, y[i], (float)(x[i] * kept), 0);
        }
        leave();
    }
}
