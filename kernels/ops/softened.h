/* Softmax cross-entropies that ask for more than the probability of one class. x = z - max z, p = exp(x) / sum exp(x).
 *
 * softened_cross_entropy   the target of a row of class l is t[j] = share[j] inverse[l], and keep more where j is l:
 *                          row_loss = -sum t log p + penalty (log n + sum p log p)
 *                          dz = scale (p sum(t) - t + penalty p (log p - sum p log p))      z, dz [rows, n]   labels
 * [rows] kl_divergence            row_loss = sum y (log y - log p)    dz = scale (p sum(y) - y)    z, y, dz [rows, n]
 *
 * A class of no probability adds nothing to sum p log p, nor one that is not wanted to sum y log y. A dz below the
 * normal range becomes zero. Kept apart from softmax_cross_entropy, which is in every step of most networks. */

/* x for a product with exp(x), which is 0 from here on down: not 0 times infinity. */
INLINE vf bounded_below(vf x) { return vmax(vset(-200.0f), x); }

/* y (log y - x), and 0 where y is 0. */
INLINE vf wasted(vf y, vf x) { return either(y == 0.0f, y, y * (vlog(y) - x)); }

/* A group of rows of few numbers. `sum` is that of all shares. */
INLINE void softened_few(const mlj_soft *s, float sum, int64_t count, int64_t n, const float *z, const int32_t *labels,
                         float scale, float *dz, float *row_loss) {
    columns x, e;
    vi label = {0};
    float inverses[LANES];
    for (int r = 0; r < LANES; r++)
        inverses[r] = r < count && labels[r] >= 0 && labels[r] < n ? s->inverse[labels[r]] : 1;
    const vf inverse = vload(inverses);
    memcpy(&label, labels, (size_t)count * sizeof *labels);
    spread(count, n, z, &x);
    vf most = vload(x.at[0]), own = vset(__builtin_nanf("")), total = vset(0.0f), held = total, mean = total;
    for (int64_t j = 0; j < n; j++) {
        const vf at = vload(x.at[j]);
        most = vmax(most, at);
        own = either(label == (int32_t)j, at, own);
    }
    for (int64_t j = 0; j < n; j++) {
        const vf at = vload(x.at[j]) - most, power = vexp(at);
        total += power;
        mean += power * bounded_below(at);
        if (sum > 0) held += s->share[j] * at;
        vstore(x.at[j], bounded_below(at));
        vstore(e.at[j], power);
    }
    const vf log_total = vlog(total), mass = s->keep + inverse * sum;
    mean /= total;
    vf loss = s->keep * (log_total - (own - most)) + inverse * (sum * log_total - held);
    if (s->penalty > 0) loss += s->penalty * (vlog(vset((float)n)) + mean - log_total);
    put(row_loss, count, loss);
    if (!dz) return;
    const vf factor = scale / total;
    for (int64_t j = 0; j < n; j++) {
        const vf p = vload(e.at[j]) * factor, target = inverse * s->share[j];
        const vf wanted = scale * either(label == (int32_t)j, target + s->keep, target);
        vstore(e.at[j], flushed(p * (mass + s->penalty * (vload(x.at[j]) - mean)) - wanted));
    }
    collect(count, n, &e, dz);
}

INLINE void softened_row(const mlj_soft *s, float sum, int64_t n, const float *z, int32_t label, float scale, float *dz,
                         float *row_loss) {
    const int known = label >= 0 && label < n;
    const float keep = s->keep, inverse = known ? s->inverse[label] : 1.0f;
    const vf most = row_max(n, z), own = vset(known ? z[label] : __builtin_nanf(""));
    line totals = line_set(0.0f), means = totals, helds = totals;
    for (int64_t i = 0; i < n; i += LINE) {
        line at = line_get(z + i, n - i);
        const line share = line_get(s->share + i, n - i);
        EACH_PART (k) at.v[k] -= most;
        at = line_fill(at, n - i, -200.0f);
        EACH_PART (k) {
            const vf power = vexp(at.v[k]);
            totals.v[k] += power;
            means.v[k] += power * bounded_below(at.v[k]);
            if (sum > 0) helds.v[k] += share.v[k] * at.v[k];
        }
    }
    const vf total = fold_sum(totals), mean = fold_sum(means) / total, log_total = vlog(total);
    vf loss = keep * (log_total - (own - most)) + inverse * (sum * log_total - fold_sum(helds));
    if (s->penalty > 0) loss += s->penalty * (vlog(vset((float)n)) + mean - log_total);
    *row_loss = loss[0];
    if (!dz) return;
    const vf factor = scale / total;
    const float mass = keep + inverse * sum;
    EACH_VECTOR(n, {
        const vf at = get(z + i, left) - most, p = vexp(at) * factor;
        const vf wanted = scale * (inverse * get(s->share + i, left));
        put(dz + i, left, flushed(p * (mass + s->penalty * (bounded_below(at) - mean)) - wanted));
    });
    if (known) dz[label] -= scale * keep;
}

static void softened_cross_entropy(int64_t rows, int64_t n, const float *z, const int32_t *labels, const mlj_soft *s,
                                   float scale, float *dz, float *row_loss) {
    double shares = 0;
    for (int64_t j = 0; j < n; j++) shares += s->share[j];
    const float sum = (float)shares;
    if (n > 0 && n <= FEW) {
        EACH_VECTOR(
            rows, { softened_few(s, sum, left, n, z + i * n, labels + i, scale, dz ? dz + i * n : dz, row_loss + i); });
        return;
    }
    for (int64_t r = 0; r < rows; r++, z += n, dz = dz ? dz + n : dz)
        softened_row(s, sum, n, z, labels[r], scale, dz, row_loss + r);
}

/* ---- distributions as targets ---- */

INLINE void divergence_few(int64_t count, int64_t n, const float *z, const float *y, float scale, float *dz,
                           float *row_loss) {
    columns e, t;
    spread(count, n, z, &e);
    spread(count, n, y, &t);
    vf most = vload(e.at[0]), total = vset(0.0f), mass = total, waste = total;
    for (int64_t j = 0; j < n; j++) most = vmax(most, vload(e.at[j]));
    for (int64_t j = 0; j < n; j++) {
        const vf at = vload(e.at[j]) - most, power = vexp(at), target = vload(t.at[j]);
        total += power;
        mass += target;
        waste += wasted(target, at);
        vstore(e.at[j], power);
    }
    put(row_loss, count, waste + mass * vlog(total));
    if (!dz) return;
    const vf factor = scale / total;
    for (int64_t j = 0; j < n; j++) vstore(e.at[j], flushed(vload(e.at[j]) * factor * mass - vload(t.at[j]) * scale));
    collect(count, n, &e, dz);
}

INLINE void divergence_row(int64_t n, const float *z, const float *y, float scale, float *dz, float *row_loss) {
    const vf most = row_max(n, z);
    line masses = line_set(0.0f), wastes = masses;
    for (int64_t i = 0; i < n; i += LINE) {
        const line at = line_get(z + i, n - i), target = line_get(y + i, n - i);
        EACH_PART (k) {
            masses.v[k] += target.v[k];
            wastes.v[k] += wasted(target.v[k], at.v[k] - most);
        }
    }
    const vf total = row_exp(n, z, most, dz), mass = fold_sum(masses), factor = scale / total;
    *row_loss = (fold_sum(wastes) + mass * vlog(total))[0];
    if (!dz) return;
    EACH_VECTOR(n, { put(dz + i, left, flushed(get(dz + i, left) * factor * mass - get(y + i, left) * scale)); });
}

static void kl_divergence(int64_t rows, int64_t n, const float *z, const float *y, float scale, float *dz,
                          float *row_loss) {
    if (n > 0 && n <= FEW) {
        EACH_VECTOR(rows,
                    { divergence_few(left, n, z + i * n, y + i * n, scale, dz ? dz + i * n : dz, row_loss + i); });
        return;
    }
    for (int64_t r = 0; r < rows; r++, z += n, y += n, dz = dz ? dz + n : dz)
        divergence_row(n, z, y, scale, dz, row_loss + r);
}
