/* Activations: y = f(x) and dx = dy f'(x), element by element, f' told by y = f(x), or by x itself where that is said.
 *
 * relu        max(x, 0)                        f' = 1 where y > 0, else 0
 * relu6       min(max(x, 0), 6)                f' = 1 where 0 < y < 6, else 0
 * sigmoid     1 / (1 + exp(-x))                f' = y (1 - y)
 * tanh        tanh x                           f' = 1 - y^2
 * leaky_relu  x where x > 0, else alpha x      f' = 1 where y > 0, else alpha
 * elu         x where x > 0, else              f' = 1 where y > 0, else y + alpha
 *             alpha (exp(x) - 1)
 * softplus    log(1 + exp(x))                  f' = 1 - exp(-y)
 * silu        x s, s = 1 / (1 + exp(-x))       f' = s (1 + x (1 - s)), told by x
 * gelu        x F(x), F the integral of the    f' = F(x) + x exp(-x^2 / 2) / sqrt(2 pi), told by x
 *             normal distribution
 *
 * NaN stays NaN, as with numpy.maximum: vmax and vmin keep their second argument. */

/* f(x); `kind` is a constant wherever this is called from a loop, so the choice costs nothing. */
INLINE vf activation(int32_t kind, float alpha, vf x) {
    switch (kind) {
    case MLJ_RELU: return vmax(vset(0.0f), x);
    case MLJ_RELU6: return vmin(vset(6.0f), vmax(vset(0.0f), x));
    case MLJ_SIGMOID: return vsigmoid(x);
    case MLJ_TANH: return vtanh(x);
    case MLJ_LEAKY_RELU: return either(x > 0.0f, x, alpha * x);
    case MLJ_ELU: return either(x > 0.0f, x, alpha * vexpm1_below(x));
    case MLJ_SOFTPLUS: return vmax(vset(0.0f), x) + vlog1p(vexp(-vabs(x)));
    case MLJ_SILU: return vsilu(x);
    case MLJ_GELU: return vgelu(x);
    default: return x;
    }
}

INLINE vf silu_slope(vf x) {
    const vf s = vsigmoid(x);
    return s * vfma(x, 1.0f - s, vset(1.0f));
}

/* dy f'(x), where `told` is f(x) or x. */
INLINE vf through_slope(int32_t kind, float alpha, vf told, vf dy) {
    switch (kind) {
    case MLJ_RELU: return dy * either(told > 0.0f, vset(1.0f), vset(0.0f));
    case MLJ_RELU6: return dy * either((told > 0.0f) & (told < 6.0f), vset(1.0f), vset(0.0f));
    case MLJ_SIGMOID: return dy * (told * (1.0f - told));
    case MLJ_TANH: return dy * (1.0f - told * told);
    case MLJ_LEAKY_RELU: return dy * either(told > 0.0f, vset(1.0f), vset(alpha));
    case MLJ_ELU: return dy * either(told > 0.0f, vset(1.0f), told + alpha);
    case MLJ_SOFTPLUS: return dy * (0.0f - vexpm1_below(-told));
    case MLJ_SILU: return dy * silu_slope(told);
    case MLJ_GELU: return dy * vgelu_slope(told);
    default: return dy;
    }
}

/* Runs a statement with KIND as a constant, one copy for each activation. */
#define WITH_KIND(label, kind, ...)                                                                                    \
    label:                                                                                                             \
    {                                                                                                                  \
        enum { KIND = kind };                                                                                          \
        __VA_ARGS__                                                                                                    \
    }                                                                                                                  \
    break;
#define FOR_KIND(kind, ...)                                                                                            \
    switch (kind) {                                                                                                    \
        WITH_KIND(case MLJ_RELU, MLJ_RELU, __VA_ARGS__)                                                                \
        WITH_KIND(case MLJ_RELU6, MLJ_RELU6, __VA_ARGS__)                                                              \
        WITH_KIND(case MLJ_SIGMOID, MLJ_SIGMOID, __VA_ARGS__)                                                          \
        WITH_KIND(case MLJ_TANH, MLJ_TANH, __VA_ARGS__)                                                                \
        WITH_KIND(case MLJ_LEAKY_RELU, MLJ_LEAKY_RELU, __VA_ARGS__)                                                    \
        WITH_KIND(case MLJ_ELU, MLJ_ELU, __VA_ARGS__)                                                                  \
        WITH_KIND(case MLJ_SOFTPLUS, MLJ_SOFTPLUS, __VA_ARGS__)                                                        \
        WITH_KIND(case MLJ_SILU, MLJ_SILU, __VA_ARGS__)                                                                \
        WITH_KIND(case MLJ_GELU, MLJ_GELU, __VA_ARGS__)                                                                \
        WITH_KIND(default, MLJ_LINEAR, __VA_ARGS__)                                                                    \
    }

static void activate(int32_t kind, float alpha, int64_t n, const float *x, float *y) {
    FOR_KIND(kind, EACH_VECTOR(n, { put(y + i, left, activation(KIND, alpha, get(x + i, left))); }););
}

static void activate_backward(int32_t kind, float alpha, int64_t n, const float *told, const float *dy, float *dx) {
    FOR_KIND(kind, EACH_VECTOR(
                       n, { put(dx + i, left, through_slope(KIND, alpha, get(told + i, left), get(dy + i, left))); }););
}
