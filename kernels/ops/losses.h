/* Losses of independent outputs, value and gradient in one pass. dz is left out when it is NULL, and may be z.
 *
 * binary_cross_entropy   loss = max(z, 0) - z y + log(1 + exp(-|z|))   dz = scale (sigmoid(z) - y)     z, y, loss [n]
 *                        with p = sigmoid(z) and a penalty: + penalty (log 2 + p log p + (1 - p) log(1 - p)), whose
 *                        slope is penalty p (1 - p) z
 * squared_error          row_loss = mean of (z - y)^2                  dz = scale 2 (z - y) / n        z, y [rows, n]
 * absolute_error         row_loss = mean of |z - y|                    dz = scale sign(z - y) / n      z, y [rows, n]
 * huber                  row_loss = mean of c (|e| - c / 2), where e = z - y and c = min(|e|, delta)
 *                        dz = scale e / n, no further from zero than scale delta / n                   z, y [rows, n]
 * weigh                  row_loss and dz of each row times w [rows]
 */

/* Whether there is a penalty is a constant wherever this is called. */
INLINE void binary_entropy(int held, int64_t n, const float *z, const float *y, float penalty, float scale, float *dz,
                           float *loss) {
    EACH_VECTOR(n, {
        const vf x = get(z + i, left), target = get(y + i, left), e = vexp(-vabs(x)), sum = e + 1.0f;
        vf value = vmax(vset(0.0f), x) - x * target + vlog1p(e), slope = either(x < 0.0f, e, vset(1.0f)) / sum - target;
        if (held) {
            value += penalty * (0.693147180559945309f - vabs(x) * e / sum - vlog1p(e));
            slope += penalty * x * (e / (sum * sum));
        }
        put(loss + i, left, value);
        if (dz) put(dz + i, left, flushed(slope * scale));
    });
}

static void binary_cross_entropy(int64_t n, const float *z, const float *y, float penalty, float scale, float *dz,
                                 float *loss) {
    if (penalty == 0.0f) {
        binary_entropy(0, n, z, y, penalty, scale, dz, loss);
    } else {
        binary_entropy(1, n, z, y, penalty, scale, dz, loss);
    }
}

/* What the losses of errors share. Which one it is, is a constant wherever this is called. */
enum { ABSOLUTE, SQUARED, HUBER };
INLINE vf error_size(int kind, float delta, vf error) {
    if (kind == SQUARED) return error * error;
    if (kind == ABSOLUTE) return vabs(error);
    const vf bent = vmin(vset(delta), vabs(error));
    return bent * (vabs(error) - 0.5f * bent);
}
INLINE vf error_slope(int kind, float delta, vf error) {
    if (kind == SQUARED) return error;
    return kind == ABSOLUTE ? vsign(error) : vmax(vset(-delta), vmin(vset(delta), error));
}

/* A group of rows of few numbers. */
INLINE void error_few(int kind, float delta, int64_t count, int64_t n, const float *z, const float *y, float slope,
                      float *dz, float *row_loss) {
    columns output, target;
    spread(count, n, z, &output);
    spread(count, n, y, &target);
    vf sum = vset(0.0f);
    for (int64_t j = 0; j < n; j++) {
        const vf error = vload(output.at[j]) - vload(target.at[j]);
        sum += error_size(kind, delta, error);
        vstore(output.at[j], error_slope(kind, delta, error) * slope);
    }
    put(row_loss, count, sum / (float)n);
    if (dz) collect(count, n, &output, dz);
}

INLINE void error_row(int kind, float delta, int64_t n, const float *z, const float *y, float slope, float *dz,
                      float *row_loss) {
    line sum = line_set(0.0f);
    for (int64_t i = 0; i < n; i += LINE) {
        line error = line_get(z + i, n - i);
        const line target = line_get(y + i, n - i);
        EACH_PART (k) {
            error.v[k] -= target.v[k];
            sum.v[k] += error_size(kind, delta, error.v[k]);
            error.v[k] = error_slope(kind, delta, error.v[k]) * slope;
        }
        if (dz) line_put(dz + i, n - i, error);
    }
    *row_loss = fold_sum(sum)[0] / (float)n;
}

INLINE void error_rows(int kind, float delta, int64_t rows, int64_t n, const float *z, const float *y, float scale,
                       float *dz, float *row_loss) {
    const float slope = (kind == SQUARED ? 2.0f : 1.0f) / (float)n * scale;
    if (n > 0 && n <= FEW) {
        EACH_VECTOR(rows, {
            error_few(kind, delta, left, n, z + i * n, y + i * n, slope, dz ? dz + i * n : dz, row_loss + i);
        });
        return;
    }
    for (int64_t r = 0; r < rows; r++, z += n, y += n, dz = dz ? dz + n : dz)
        error_row(kind, delta, n, z, y, slope, dz, row_loss + r);
}

static void squared_error(int64_t rows, int64_t n, const float *z, const float *y, float scale, float *dz,
                          float *row_loss) {
    error_rows(SQUARED, 0, rows, n, z, y, scale, dz, row_loss);
}

static void absolute_error(int64_t rows, int64_t n, const float *z, const float *y, float scale, float *dz,
                           float *row_loss) {
    error_rows(ABSOLUTE, 0, rows, n, z, y, scale, dz, row_loss);
}

static void huber(int64_t rows, int64_t n, const float *z, const float *y, float delta, float scale, float *dz,
                  float *row_loss) {
    error_rows(HUBER, delta, rows, n, z, y, scale, dz, row_loss);
}

static void weigh(int64_t rows, int64_t n, const float *w, float *dz, float *row_loss) {
    EACH_VECTOR(rows, { put(row_loss + i, left, get(row_loss + i, left) * get(w + i, left)); });
    for (int64_t r = 0; dz && r < rows; r++, dz += n)
        EACH_VECTOR(n, { put(dz + i, left, flushed(get(dz + i, left) * w[r])); });
}
