/* Softmax along rows, and the cross-entropy of its result, forward and backward.
 *
 * y = exp(z - max z) / sum exp(z - max z)                 z, y [rows, n]
 * dz = y (dy - sum of y dy)
 * row_loss = log sum exp(z) - z[label]     dz = scale (softmax(z) - onehot(label))     labels [rows]
 *
 * A dz below the normal range becomes zero.
 *
 * The largest number of a row is subtracted first, so that no exponential overflows. Sums run in sixteen lanes. */

/* The largest of n numbers, in every lane. */
INLINE vf row_max(int64_t n, const float *z) {
    line most = line_set(-__builtin_inff());
    for (int64_t i = 0; i < n; i += LINE) {
        const line x = line_fill(line_get(z + i, n - i), n - i, -__builtin_inff());
        EACH_PART (k) most.v[k] = vmax(most.v[k], x.v[k]);
    }
    return fold_max(most);
}

/* Writes exp(z - most) to e, unless e is NULL, and returns the sum, in every lane. */
INLINE vf row_exp(int64_t n, const float *z, vf most, float *e) {
    line sum = line_set(0.0f);
    for (int64_t i = 0; i < n; i += LINE) {
        line x = line_get(z + i, n - i);
        EACH_PART (k) x.v[k] = vexp(x.v[k] - most);
        if (e) line_put(e + i, n - i, x);
        x = line_fill(x, n - i, 0.0f);
        EACH_PART (k) sum.v[k] += x.v[k];
    }
    return fold_sum(sum);
}

static void softmax(int64_t rows, int64_t n, const float *z, float *y) {
    for (int64_t r = 0; r < rows; r++, z += n, y += n) {
        const vf total = row_exp(n, z, row_max(n, z), y);
        const vf factor = 1.0f / total;
        EACH_VECTOR(n, { put(y + i, left, get(y + i, left) * factor); });
    }
}

static void softmax_backward(int64_t rows, int64_t n, const float *y, const float *dy, float *dz) {
    for (int64_t r = 0; r < rows; r++, y += n, dy += n, dz += n) {
        line sum = line_set(0.0f);
        for (int64_t i = 0; i < n; i += LINE) {
            const line p = line_get(y + i, n - i), g = line_get(dy + i, n - i);
            EACH_PART (k) sum.v[k] = vfma(p.v[k], g.v[k], sum.v[k]);
        }
        const vf dot = fold_sum(sum);
        EACH_VECTOR(n, { put(dz + i, left, get(y + i, left) * (get(dy + i, left) - dot)); });
    }
}

/* A group of rows of few numbers. */
INLINE void cross_entropy_few(int64_t count, int64_t n, const float *z, const int32_t *labels, float scale, float *dz,
                              float *row_loss) {
    columns t;
    vi label = {0};
    memcpy(&label, labels, (size_t)count * sizeof *labels);
    spread(count, n, z, &t);
    vf most = vload(t.at[0]), own = vset(__builtin_nanf("")), total = vset(0.0f);
    for (int64_t j = 0; j < n; j++) {
        const vf x = vload(t.at[j]);
        most = vmax(most, x);
        own = either(label == (int32_t)j, x, own);
    }
    for (int64_t j = 0; j < n; j++) {
        const vf e = vexp(vload(t.at[j]) - most);
        total += e;
        vstore(t.at[j], e);
    }
    put(row_loss, count, vlog(total) - (own - most));
    if (!dz) return;
    const vf factor = scale / total;
    for (int64_t j = 0; j < n; j++)
        vstore(t.at[j], flushed(vload(t.at[j]) * factor - either(label == (int32_t)j, vset(scale), vset(0.0f))));
    collect(count, n, &t, dz);
}

static void softmax_cross_entropy(int64_t rows, int64_t n, const float *z, const int32_t *labels, float scale,
                                  float *dz, float *row_loss) {
    if (n > 0 && n <= FEW) {
        EACH_VECTOR(rows,
                    { cross_entropy_few(left, n, z + i * n, labels + i, scale, dz ? dz + i * n : dz, row_loss + i); });
        return;
    }
    for (int64_t r = 0; r < rows; r++, z += n, dz = dz ? dz + n : dz) {
        const int known = labels[r] >= 0 && labels[r] < n;
        const vf most = row_max(n, z), own = vset(known ? z[labels[r]] : __builtin_nanf(""));
        const vf total = row_exp(n, z, most, dz);
        row_loss[r] = (vlog(total) - (own - most))[0];
        if (!dz) continue;
        const vf factor = scale / total;
        EACH_VECTOR(n, { put(dz + i, left, flushed(get(dz + i, left) * factor)); });
        if (known) dz[labels[r]] -= scale;
    }
}
