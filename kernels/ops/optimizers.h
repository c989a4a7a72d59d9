/* One step of an optimizer over n numbers, in place: the rules of mlcore/optimizers.py, in PyTorch's conventions.
 *
 * g' = g + decay w
 * sgd       v = momentum v + g'                        w -= rate v      (Nesterov: w -= rate (g' + momentum v))
 * rmsprop   s = rho s + (1 - rho) g'^2                 w -= rate g' / (sqrt(s) + epsilon)
 * adam      m = beta1 m + (1 - beta1) g'               w -= rate m / correction1
 *           v = beta2 v + (1 - beta2) g'^2                  / (sqrt(v / correction2) + epsilon)
 *
 * No fused multiply-adds: sgd and rmsprop have NumPy's bits on every tier. adam divides by its corrections in the
 * constants, which leaves one division and one root for each number; an estimate of the root and two Newton steps, with
 * the same bits, took 1.6 times as long on a Zen 3 core. Moments below the normal range become zero: those of a unit
 * that has died would shrink for ever (a step of 2-16-16-2 with Adam took twice the time). */

INLINE vf decayed(float decay, vf w, vf g) { return decay != 0.0f ? g + decay * w : g; }

INLINE void sgd(const mlj_rule *r, int64_t n, float *w, const float *g, float *v) {
    const float rate = r->step, momentum = r->keep1, decay = r->decay;
    const int nesterov = r->nesterov;
    if (momentum == 0.0f) {
        EACH_VECTOR(n, {
            const vf at = get(w + i, left), slope = decayed(decay, at, get(g + i, left));
            put(w + i, left, at - rate * slope);
        });
        return;
    }
    EACH_VECTOR(n, {
        const vf at = get(w + i, left), slope = decayed(decay, at, get(g + i, left));
        const vf speed = flushed(momentum * get(v + i, left) + slope);
        put(v + i, left, speed);
        put(w + i, left, at - rate * (nesterov ? slope + momentum * speed : speed));
    });
}

INLINE void rmsprop(const mlj_rule *r, int64_t n, float *w, const float *g, float *s) {
    const float rate = r->step, keep = r->keep2, take = r->take2, epsilon = r->epsilon, decay = r->decay;
    EACH_VECTOR(n, {
        const vf at = get(w + i, left), slope = decayed(decay, at, get(g + i, left));
        const vf size = flushed(keep * get(s + i, left) + take * (slope * slope));
        put(s + i, left, size);
        put(w + i, left, at - rate * slope / (vsqrt(size) + epsilon));
    });
}

INLINE void adam(const mlj_rule *r, int64_t n, float *w, const float *g, float *m, float *v) {
    const float keep1 = r->keep1, take1 = r->take1, keep2 = r->keep2, take2 = r->take2;
    const float step = r->step, shrink = r->shrink, epsilon = r->epsilon, decay = r->decay;
    EACH_VECTOR(n, {
        const vf at = get(w + i, left), slope = decayed(decay, at, get(g + i, left));
        const vf mean = flushed(keep1 * get(m + i, left) + take1 * slope);
        const vf size = flushed(keep2 * get(v + i, left) + take2 * (slope * slope));
        put(m + i, left, mean);
        put(v + i, left, size);
        put(w + i, left, at - step * mean / (vsqrt(size) * shrink + epsilon));
    });
}

static void update(const mlj_rule *r, int64_t n, float *w, const float *g, float *moment1, float *moment2) {
    switch (r->kind) {
    case MLJ_SGD: sgd(r, n, w, g, moment1); break;
    case MLJ_RMSPROP: rmsprop(r, n, w, g, moment1); break;
    case MLJ_ADAM: adam(r, n, w, g, moment1, moment2); break;
    default: break;
    }
}
