/* Activations: y = f(x) and dx = dy f'(x), element by element, f' told by y = f(x).
 *
 * relu     max(x, 0)             f' = 1 where y > 0, else 0
 * relu6    min(max(x, 0), 6)     f' = 1 where 0 < y < 6, else 0
 * sigmoid  1 / (1 + exp(-x))     f' = y (1 - y)
 * tanh     tanh x                f' = 1 - y^2
 *
 * NaN stays NaN, as with numpy.maximum: vmax and vmin keep their second argument. */

/* f(x); `kind` is a constant wherever this is called from a loop, so the choice costs nothing. */
INLINE vf activation(int32_t kind, vf x) {
    switch (kind) {
    case MLJ_RELU: return vmax(vset(0.0f), x);
    case MLJ_RELU6: return vmin(vset(6.0f), vmax(vset(0.0f), x));
    case MLJ_SIGMOID: return vsigmoid(x);
    case MLJ_TANH: return vtanh(x);
    default: return x;
    }
}

/* dy f'(x), where y = f(x). */
INLINE vf through_slope(int32_t kind, vf y, vf dy) {
    switch (kind) {
    case MLJ_RELU: return dy * either(y > 0.0f, vset(1.0f), vset(0.0f));
    case MLJ_RELU6: return dy * either((y > 0.0f) & (y < 6.0f), vset(1.0f), vset(0.0f));
    case MLJ_SIGMOID: return dy * (y * (1.0f - y));
    case MLJ_TANH: return dy * (1.0f - y * y);
    default: return dy;
    }
}

/* Runs a statement with KIND as a constant, one copy for each activation. */
#define FOR_KIND(kind, ...)                                                                                            \
    switch (kind) {                                                                                                    \
    case MLJ_RELU: {                                                                                                   \
        enum { KIND = MLJ_RELU };                                                                                      \
        __VA_ARGS__                                                                                                    \
    } break;                                                                                                           \
    case MLJ_RELU6: {                                                                                                  \
        enum { KIND = MLJ_RELU6 };                                                                                     \
        __VA_ARGS__                                                                                                    \
    } break;                                                                                                           \
    case MLJ_SIGMOID: {                                                                                                \
        enum { KIND = MLJ_SIGMOID };                                                                                   \
        __VA_ARGS__                                                                                                    \
    } break;                                                                                                           \
    case MLJ_TANH: {                                                                                                   \
        enum { KIND = MLJ_TANH };                                                                                      \
        __VA_ARGS__                                                                                                    \
    } break;                                                                                                           \
    default: {                                                                                                         \
        enum { KIND = MLJ_LINEAR };                                                                                    \
        __VA_ARGS__                                                                                                    \
    } break;                                                                                                           \
    }

static void activate(int32_t kind, int64_t n, const float *x, float *y) {
    FOR_KIND(kind, EACH_VECTOR(n, { put(y + i, left, activation(KIND, get(x + i, left))); }););
}

static void activate_backward(int32_t kind, int64_t n, const float *y, const float *dy, float *dx) {
    FOR_KIND(kind, EACH_VECTOR(n, { put(dx + i, left, through_slope(KIND, get(y + i, left), get(dy + i, left))); }););
}
