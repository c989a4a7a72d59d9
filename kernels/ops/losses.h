/* Losses of independent outputs, value and gradient in one pass. dz is left out when it is NULL, and may be z.
 *
 * binary_cross_entropy   loss = max(z, 0) - z y + log(1 + exp(-|z|))   dz = scale (sigmoid(z) - y)     z, y, loss [n]
 *                        with p = sigmoid(z) and a penalty: + penalty (log 2 + p log p + (1 - p) log(1 - p)), whose
 *                        slope is penalty p (1 - p) z
 * squared_error          row_loss = mean of (z - y)^2                  dz = scale 2 (z - y) / n        z, y [rows, n]
 * absolute_error         row_loss = mean of |z - y|                    dz = scale sign(z - y) / n      z, y [rows, n]
 * huber                  row_loss = mean of c (|e| - c / 2), where e = z - y and c = min(|e|, delta)
 *                        dz = scale e / n, no further from zero than scale delta / n                   z, y [rows, n]
 * poisson_deviance       row_loss = sum of y (log y - z) - y + exp z, where 0 log 0 is 0
 *                        dz = scale (exp z - y)                                                        z, y [rows, n]
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

/* What the losses of numbers share. Which one it is, is a constant wherever this is called. */
enum { ABSOLUTE, SQUARED, HUBER, POISSON };
INLINE vf number_size(int kind, float delta, vf z, vf y) {
    const vf error = z - y, size = vabs(error);
    if (kind == SQUARED) return error * error;
    if (kind == ABSOLUTE) return size;
    if (kind == POISSON) return y * (either(y > 0.0f, vlog(y), vset(0.0f)) - z) - y + vexp(z);
    const vf bent = vmin(vset(delta), size);
    return bent * (size - 0.5f * bent);
}
INLINE vf number_slope(int kind, float delta, vf z, vf y, float factor) {
    const vf error = z - y;
    if (kind == SQUARED) return error * factor;
    if (kind == ABSOLUTE) return vsign(error) * factor;
    if (kind == POISSON) return flushed((vexp(z) - y) * factor);
    return vmax(vset(-delta), vmin(vset(delta), error)) * factor;
}

/* A group of rows of few numbers. */
INLINE void number_few(int kind, float delta, int64_t count, int64_t n, const float *z, const float *y, float factor,
                       float *dz, float *row_loss) {
    columns output, target;
    spread(count, n, z, &output);
    spread(count, n, y, &target);
    vf sum = vset(0.0f);
    for (int64_t j = 0; j < n; j++) {
        const vf at = vload(output.at[j]), wanted = vload(target.at[j]);
        sum += number_size(kind, delta, at, wanted);
        vstore(output.at[j], number_slope(kind, delta, at, wanted, factor));
    }
    put(row_loss, count, kind == POISSON ? sum : sum / (float)n);
    if (dz) collect(count, n, &output, dz);
}

INLINE void number_row(int kind, float delta, int64_t n, const float *z, const float *y, float factor, float *dz,
                       float *row_loss) {
    line sum = line_set(0.0f);
    for (int64_t i = 0; i < n; i += LINE) {
        const line output = line_get(z + i, n - i), target = line_get(y + i, n - i);
        line size, slope;
        EACH_PART (k) {
            size.v[k] = number_size(kind, delta, output.v[k], target.v[k]);
            slope.v[k] = number_slope(kind, delta, output.v[k], target.v[k], factor);
        }
        if (kind == POISSON) size = line_fill(size, n - i, 0.0f); /* behind the row exp 0 is 1 */
        EACH_PART (k) sum.v[k] += size.v[k];
        if (dz) line_put(dz + i, n - i, slope);
    }
    *row_loss = kind == POISSON ? fold_sum(sum)[0] : fold_sum(sum)[0] / (float)n;
}

INLINE void number_rows(int kind, float delta, int64_t rows, int64_t n, const float *z, const float *y, float scale,
                        float *dz, float *row_loss) {
    const float factor = kind == POISSON ? scale : (kind == SQUARED ? 2.0f : 1.0f) / (float)n * scale;
    if (n > 0 && n <= FEW) {
        EACH_VECTOR(rows, {
            number_few(kind, delta, left, n, z + i * n, y + i * n, factor, dz ? dz + i * n : dz, row_loss + i);
        });
        return;
    }
    for (int64_t r = 0; r < rows; r++, z += n, y += n, dz = dz ? dz + n : dz)
        number_row(kind, delta, n, z, y, factor, dz, row_loss + r);
}

static void squared_error(int64_t rows, int64_t n, const float *z, const float *y, float scale, float *dz,
                          float *row_loss) {
    number_rows(SQUARED, 0, rows, n, z, y, scale, dz, row_loss);
}

static void absolute_error(int64_t rows, int64_t n, const float *z, const float *y, float scale, float *dz,
                           float *row_loss) {
    number_rows(ABSOLUTE, 0, rows, n, z, y, scale, dz, row_loss);
}

static void huber(int64_t rows, int64_t n, const float *z, const float *y, float delta, float scale, float *dz,
                  float *row_loss) {
    number_rows(HUBER, delta, rows, n, z, y, scale, dz, row_loss);
}

static void poisson_deviance(int64_t rows, int64_t n, const float *z, const float *y, float scale, float *dz,
                             float *row_loss) {
    number_rows(POISSON, 0, rows, n, z, y, scale, dz, row_loss);
}

static void weigh(int64_t rows, int64_t n, const float *w, float *dz, float *row_loss) {
    EACH_VECTOR(rows, { put(row_loss + i, left, get(row_loss + i, left) * get(w + i, left)); });
    for (int64_t r = 0; dz && r < rows; r++, dz += n)
        EACH_VECTOR(n, { put(dz + i, left, flushed(get(dz + i, left) * w[r])); });
}
