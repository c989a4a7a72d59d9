/* One step of an optimizer over n numbers, in place: the rules of mlcore/optimizers.py, in PyTorch's conventions.
 *
 * g' = clip g + decay w + l1 sign(w)
 * sgd       v = momentum v + g'                        w -= rate v      (Nesterov: w -= rate (g' + momentum v))
 * rmsprop   s = rho s + (1 - rho) g'^2                 w -= rate g' / (sqrt(s) + epsilon)
 * adagrad   s = s + g'^2                               the same
 * adam      m = beta1 m + (1 - beta1) g'               w -= rate m / correction1
 *           v = beta2 v + (1 - beta2) g'^2                  / (sqrt(v / correction2) + epsilon)
 * adamw     w -= rate decay w, then adam with g' = clip g + l1 sign(w)
 *
 * No fused multiply-adds: all but adam have NumPy's bits on every tier. adam divides by its corrections in the
 * constants, which leaves one division and one root for each number; an estimate of the root and two Newton steps, with
 * the same bits, took 1.6 times as long on a Zen 3 core. Moments below the normal range become zero: those of a unit
 * that has died would shrink for ever (a step of 2-16-16-2 with Adam took twice the time). */

/* g' of a rule. `plain`, a constant wherever this is called, says that there is nothing to do: with it the loops of a
 * small network lose nothing. */
INLINE vf slope_of(int plain, const mlj_rule *r, vf w, vf g) {
    if (plain) return g;
    if (r->clip != 1.0f) g *= r->clip;
    if (r->decay != 0.0f) g += r->decay * w;
    return r->l1 != 0.0f ? g + r->l1 * vsign(w) : g;
}

INLINE void sgd(int plain, mlj_rule r, int64_t n, float *w, const float *g, float *v) {
    if (r.keep1 == 0.0f) {
        EACH_VECTOR(n, {
            const vf at = get(w + i, left), slope = slope_of(plain, &r, at, get(g + i, left));
            put(w + i, left, at - r.step * slope);
        });
        return;
    }
    EACH_VECTOR(n, {
        const vf at = get(w + i, left), slope = slope_of(plain, &r, at, get(g + i, left));
        const vf speed = flushed(r.keep1 * get(v + i, left) + slope);
        put(v + i, left, speed);
        put(w + i, left, at - r.step * (r.nesterov ? slope + r.keep1 * speed : speed));
    });
}

/* rmsprop, and adagrad, which forgets nothing. */
INLINE void scaled(int plain, mlj_rule r, int64_t n, float *w, const float *g, float *s) {
    EACH_VECTOR(n, {
        const vf at = get(w + i, left), slope = slope_of(plain, &r, at, get(g + i, left));
        const vf size = flushed(r.keep2 * get(s + i, left) + r.take2 * (slope * slope));
        put(s + i, left, size);
        put(w + i, left, at - r.step * slope / (vsqrt(size) + r.epsilon));
    });
}

INLINE void adam(int plain, mlj_rule r, int64_t n, float *w, const float *g, float *m, float *v) {
    EACH_VECTOR(n, {
        const vf at = get(w + i, left), slope = slope_of(plain, &r, at, get(g + i, left));
        const vf mean = flushed(r.keep1 * get(m + i, left) + r.take1 * slope);
        const vf size = flushed(r.keep2 * get(v + i, left) + r.take2 * (slope * slope));
        const vf kept = plain || r.fade == 0.0f ? at : at - r.fade * at;
        put(m + i, left, mean);
        put(v + i, left, size);
        put(w + i, left, kept - r.step * mean / (vsqrt(size) * r.shrink + r.epsilon));
    });
}

INLINE void moved(int plain, const mlj_rule *r, int64_t n, float *w, const float *g, float *moment1, float *moment2) {
    switch (r->kind) {
    case MLJ_SGD: sgd(plain, *r, n, w, g, moment1); break;
    case MLJ_RMSPROP:
    case MLJ_ADAGRAD: scaled(plain, *r, n, w, g, moment1); break;
    case MLJ_ADAM:
    case MLJ_ADAMW: adam(plain, *r, n, w, g, moment1, moment2); break;
    default: break;
    }
}

static void update(const mlj_rule *r, int64_t n, float *w, const float *g, float *moment1, float *moment2) {
    if (r->clip == 1.0f && r->decay == 0.0f && r->l1 == 0.0f && r->fade == 0.0f) {
        moved(1, r, n, w, g, moment1, moment2);
    } else {
        moved(0, r, n, w, g, moment1, moment2);
    }
}

/* A product of two floats is exact in double: with or without fused multiply-add, the same bits. */
static double sum_of_squares(int64_t n, const float *x) {
    double sum[LINE] = {0};
    int64_t i = 0;
    for (; i + LINE <= n; i += LINE)
        for (int k = 0; k < LINE; k++) sum[k] += (double)x[i + k] * x[i + k];
    for (int k = 0; i + k < n; k++) sum[k] += (double)x[i + k] * x[i + k];
    for (int half = LINE / 2; half > 0; half /= 2)
        for (int k = 0; k < half; k++) sum[k] += sum[k + half];
    return sum[0];
}
