/* Losses of independent outputs, value and gradient in one pass. dz is left out when it is NULL, and may be z.
 *
 * binary_cross_entropy   loss = max(z, 0) - z y + log(1 + exp(-|z|))   dz = scale (sigmoid(z) - y)     z, y, loss [n]
 * squared_error          row_loss = mean of (z - y)^2                  dz = scale 2 (z - y) / n        z, y [rows, n]
 * absolute_error         row_loss = mean of |z - y|                    dz = scale sign(z - y) / n      z, y [rows, n]
 */

static void binary_cross_entropy(int64_t n, const float *z, const float *y, float scale, float *dz, float *loss) {
    EACH_VECTOR(n, {
        const vf x = get(z + i, left), target = get(y + i, left), e = vexp(-vabs(x));
        put(loss + i, left, vmax(vset(0.0f), x) - x * target + vlog1p(e));
        if (dz) put(dz + i, left, flushed((either(x < 0.0f, e, vset(1.0f)) / (e + 1.0f) - target) * scale));
    });
}

/* What squared_error and absolute_error share. `power` 2 or 1 is a constant wherever this is called. */
INLINE vf error_size(int power, vf error) { return power == 2 ? error * error : vabs(error); }
INLINE vf error_slope(int power, vf error) { return power == 2 ? error : vsign(error); }

/* A group of rows of few numbers. */
INLINE void error_few(int power, int64_t count, int64_t n, const float *z, const float *y, float slope, float *dz,
                      float *row_loss) {
    columns output, target;
    spread(count, n, z, &output);
    spread(count, n, y, &target);
    vf sum = vset(0.0f);
    for (int64_t j = 0; j < n; j++) {
        const vf error = vload(output.at[j]) - vload(target.at[j]);
        sum += error_size(power, error);
        vstore(output.at[j], error_slope(power, error) * slope);
    }
    put(row_loss, count, sum / (float)n);
    if (dz) collect(count, n, &output, dz);
}

INLINE void error_row(int power, int64_t n, const float *z, const float *y, float slope, float *dz, float *row_loss) {
    line sum = line_set(0.0f);
    for (int64_t i = 0; i < n; i += LINE) {
        line error = line_get(z + i, n - i);
        const line target = line_get(y + i, n - i);
        EACH_PART (k) {
            error.v[k] -= target.v[k];
            sum.v[k] += error_size(power, error.v[k]);
            error.v[k] = error_slope(power, error.v[k]) * slope;
        }
        if (dz) line_put(dz + i, n - i, error);
    }
    *row_loss = fold_sum(sum)[0] / (float)n;
}

INLINE void error_rows(int power, int64_t rows, int64_t n, const float *z, const float *y, float scale, float *dz,
                       float *row_loss) {
    const float slope = (power == 2 ? 2.0f : 1.0f) / (float)n * scale;
    if (n > 0 && n <= FEW) {
        EACH_VECTOR(rows,
                    { error_few(power, left, n, z + i * n, y + i * n, slope, dz ? dz + i * n : dz, row_loss + i); });
        return;
    }
    for (int64_t r = 0; r < rows; r++, z += n, y += n, dz = dz ? dz + n : dz)
        error_row(power, n, z, y, slope, dz, row_loss + r);
}

static void squared_error(int64_t rows, int64_t n, const float *z, const float *y, float scale, float *dz,
                          float *row_loss) {
    error_rows(2, rows, n, z, y, scale, dz, row_loss);
}

static void absolute_error(int64_t rows, int64_t n, const float *z, const float *y, float scale, float *dz,
                           float *row_loss) {
    error_rows(1, rows, n, z, y, scale, dz, row_loss);
}
