/* One step of an optimizer over n numbers, in place: the rules of mlcore/optimizers.py, in PyTorch's conventions.
 *
 * g' = g + decay w
 * sgd       v = momentum v + g'                        w -= rate v      (Nesterov: w -= rate (g' + momentum v))
 * rmsprop   s = rho s + (1 - rho) g'^2                 w -= rate g' / (sqrt(s) + epsilon)
 * adam      m = beta1 m + (1 - beta1) g'               w -= rate m / correction1
 *           v = beta2 v + (1 - beta2) g'^2                  / (sqrt(v / correction2) + epsilon)
 *
 * Constants are made in double and rounded once. No fused multiply-adds: sgd and rmsprop have NumPy's bits on every
 * tier. adam divides by its corrections in the constants, which leaves one division and one root for each number.
 * Moments below the normal range become zero: those of a unit that has died would shrink for ever (a step of 2-16-16-2
 * with Adam took twice the time). */

INLINE vf decayed(float decay, vf w, vf g) { return decay != 0.0f ? g + decay * w : g; }

static void sgd(int64_t n, float *w, const float *g, float *v, float rate, float momentum, int32_t nesterov,
                float decay) {
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

static void rmsprop(int64_t n, float *w, const float *g, float *s, float rate, double rho, float epsilon, float decay) {
    const float keep = (float)rho, take = (float)(1.0 - rho);
    EACH_VECTOR(n, {
        const vf at = get(w + i, left), slope = decayed(decay, at, get(g + i, left));
        const vf size = flushed(keep * get(s + i, left) + take * (slope * slope));
        put(s + i, left, size);
        put(w + i, left, at - rate * slope / (vsqrt(size) + epsilon));
    });
}

static void adam(int64_t n, float *w, const float *g, float *m, float *v, float rate, double beta1, double beta2,
                 float epsilon, float correction1, float correction2, float decay) {
    const float keep1 = (float)beta1, take1 = (float)(1.0 - beta1), keep2 = (float)beta2, take2 = (float)(1.0 - beta2);
    const float step = (float)((double)rate / correction1), shrink = (float)(1.0 / __builtin_sqrt(correction2));
    EACH_VECTOR(n, {
        const vf at = get(w + i, left), slope = decayed(decay, at, get(g + i, left));
        const vf mean = flushed(keep1 * get(m + i, left) + take1 * slope);
        const vf size = flushed(keep2 * get(v + i, left) + take2 * (slope * slope));
        put(m + i, left, mean);
        put(v + i, left, size);
        put(w + i, left, at - step * mean / (vsqrt(size) * shrink + epsilon));
    });
}
