/* Vectors at the tier's width: loops, lines of sixteen, and the functions the hardware lacks.
 *
 * Written once for every tier; each lane computes the same operations in the same order, so tiers with fused
 * multiply-add agree bit for bit. */

/* ---- loops ---- */

/* The body once for every full vector and once for the rest: at `i`, with `left` numbers (LANES or fewer) to go. */
#define EACH_VECTOR(n, ...)                                                                                            \
    do {                                                                                                               \
        int64_t i = 0;                                                                                                 \
        for (; i + LANES <= (n); i += LANES) {                                                                         \
            enum { left = LANES };                                                                                     \
            __VA_ARGS__                                                                                                \
        }                                                                                                              \
        if (i < (n)) {                                                                                                 \
            const int64_t left = (n) - i;                                                                              \
            __VA_ARGS__                                                                                                \
        }                                                                                                              \
    } while (0)

INLINE vf get(const float *p, int64_t left) { return left == LANES ? vload(p) : vload_part(p, left); }
/* `left` numbers or LANES, whichever is less, and never less than none. */
INLINE int64_t part_of(int64_t left) { return left < 0 ? 0 : left > LANES ? LANES : left; }
INLINE void put(float *p, int64_t left, vf v) {
    if (left == LANES) {
        vstore(p, v);
    } else {
        vstore_part(p, left, v);
    }
}

/* ---- choosing ---- */

#if defined(CHOOSES) /* an instruction of its own instead of three */
INLINE vf either(vi where, vf yes, vf no) { return vchoose(where, yes, no); }
#else
INLINE vf either(vi where, vf yes, vf no) { return (vf)((where & (vi)yes) | (~where & (vi)no)); }
#endif
INLINE vf vabs(vf x) { return (vf)((vi)x & 0x7fffffff); }
INLINE vf with_sign_of(vf x, vf sign) { return (vf)((vi)x | ((vi)sign & (int32_t)0x80000000)); }

/* 1, -1, or x itself where it is zero or not a number. */
INLINE vf vsign(vf x) { return either((x == 0.0f) | (x != x), x, with_sign_of(vset(1.0f), x)); }

/* x, or zero where it is below the normal range: arithmetic on denormal numbers takes a hundred times as long, so none
 * are handed to the steps that follow. */
INLINE vf flushed(vf x) { return either(vabs(x) < 1.17549435e-38f, vset(0.0f), x); }

/* ---- lines: sixteen numbers, however many vectors that takes ----
 *
 * Sums along a row are kept in sixteen lanes (lane = index mod 16) and folded 8, 4, 2, 1 on every tier. */

enum { LINE = 16, PARTS = LINE / LANES };
typedef struct {
    vf v[PARTS];
} line;

#define EACH_PART(part) for (int part = 0; part < PARTS; part++)

INLINE line line_set(float x) {
    line to;
    EACH_PART (k) to.v[k] = vset(x);
    return to;
}
/* `left` numbers at p; the other lanes hold zero. */
INLINE line line_get(const float *p, int64_t left) {
    line to;
    EACH_PART (k) to.v[k] = left >= LINE ? vload(p + k * LANES) : vload_part(p + k * LANES, part_of(left - k * LANES));
    return to;
}
INLINE void line_put(float *p, int64_t left, line from) {
    EACH_PART (k) {
        if (left >= LINE) {
            vstore(p + k * LANES, from.v[k]);
        } else if (part_of(left - k * LANES)) {
            vstore_part(p + k * LANES, part_of(left - k * LANES), from.v[k]);
        }
    }
}
/* The first `left` lanes of x, and `fill` behind them. */
INLINE line line_fill(line x, int64_t left, float fill) {
    if (left >= LINE) return x;
    static const int32_t window[2 * LINE] = {-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1};
    EACH_PART (k) {
        vi keep;
        memcpy(&keep, window + LINE - left + k * LANES, sizeof keep);
        x.v[k] = either(keep, x.v[k], vset(fill));
    }
    return x;
}

#if defined(__clang__)
#define SHUFFLE(v, ...) __builtin_shufflevector(v, v, __VA_ARGS__)
#else
#define SHUFFLE(v, ...) __builtin_shuffle(v, (vi){__VA_ARGS__})
#endif

/* Two vectors a and b as one row of pairs a0 b0 a1 b1 …, its first half and its second, and back again. */
#if defined(__clang__)
#define MIX(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define MIX(a, b, ...) __builtin_shuffle(a, b, (vi){__VA_ARGS__})
#endif
#if LANES == 16
#define ZIP_LOW 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23
#define ZIP_HIGH 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31
#define EVENS 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30
#define ODDS 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31
#define FOURS_LOW 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29
#define FOURS_HIGH 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31
#elif LANES == 8
#define ZIP_LOW 0, 8, 1, 9, 2, 10, 3, 11
#define ZIP_HIGH 4, 12, 5, 13, 6, 14, 7, 15
#define EVENS 0, 2, 4, 6, 8, 10, 12, 14
#define ODDS 1, 3, 5, 7, 9, 11, 13, 15
#define FOURS_LOW 0, 8, 1, 9, 4, 12, 5, 13
#define FOURS_HIGH 2, 10, 3, 11, 6, 14, 7, 15
#else
#define ZIP_LOW 0, 4, 1, 5
#define ZIP_HIGH 2, 6, 3, 7
#define EVENS 0, 2, 4, 6
#define ODDS 1, 3, 5, 7
#define FOURS_LOW ZIP_LOW
#define FOURS_HIGH ZIP_HIGH
#endif

/* The square of LANES rows transposed: as often as LANES halves, zip each row with the one half a square below. */
INLINE void transpose_square(vf *row) {
    for (int left = LANES; left > 1; left /= 2) {
        vf to[LANES];
        for (int i = 0; i < LANES / 2; i++) {
            to[2 * i] = MIX(row[i], row[i + LANES / 2], ZIP_LOW);
            to[2 * i + 1] = MIX(row[i], row[i + LANES / 2], ZIP_HIGH);
        }
        for (int i = 0; i < LANES; i++) row[i] = to[i];
    }
}

/* Four columns of LANES rows at x: column j in to[j]. */
INLINE void columns_of_four(const float *x, int64_t x_row, vf *to) {
    vf row[4];
    for (int r = 0; r < 4; r++) row[r] = vload_fours(x + r * x_row, 4 * x_row);
    const vf ac0 = MIX(row[0], row[2], FOURS_LOW), ac1 = MIX(row[0], row[2], FOURS_HIGH);
    const vf bd0 = MIX(row[1], row[3], FOURS_LOW), bd1 = MIX(row[1], row[3], FOURS_HIGH);
    to[0] = MIX(ac0, bd0, FOURS_LOW), to[1] = MIX(ac0, bd0, FOURS_HIGH);
    to[2] = MIX(ac1, bd1, FOURS_LOW), to[3] = MIX(ac1, bd1, FOURS_HIGH);
}

/* Combines all sixteen lanes by `op`, halves first; every lane of the result holds it. */
#if LANES == 16
#define FOLD(x, op)                                                                                                    \
    vf v = (x).v[0];                                                                                                   \
    v = op(v, SHUFFLE(v, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7));                                       \
    v = op(v, SHUFFLE(v, 4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11));                                       \
    v = op(v, SHUFFLE(v, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13));                                       \
    return op(v, SHUFFLE(v, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14));
#elif LANES == 8
#define FOLD(x, op)                                                                                                    \
    vf v = op((x).v[0], (x).v[1]);                                                                                     \
    v = op(v, SHUFFLE(v, 4, 5, 6, 7, 0, 1, 2, 3));                                                                     \
    v = op(v, SHUFFLE(v, 2, 3, 0, 1, 6, 7, 4, 5));                                                                     \
    return op(v, SHUFFLE(v, 1, 0, 3, 2, 5, 4, 7, 6));
#else
#define FOLD(x, op)                                                                                                    \
    vf v = op(op((x).v[0], (x).v[2]), op((x).v[1], (x).v[3]));                                                         \
    v = op(v, SHUFFLE(v, 2, 3, 0, 1));                                                                                 \
    return op(v, SHUFFLE(v, 1, 0, 3, 2));
#endif

INLINE vf plus(vf a, vf b) { return a + b; }
INLINE vf fold_sum(line x){FOLD(x, plus)} INLINE vf fold_max(line x){FOLD(x, vmax)}

/* ---- functions ---- */

#define ROUNDER 12582912.0f /* 1.5 * 2^23: adding it leaves the nearest whole number in the low bits */

/* 2^n for whole n in -126 … 127. */
INLINE vf power_of_two(vi n) {
    return (vf)((n + 127) << 23);
}

/* exp(r) - 1 for |r| <= ln 2 / 2: the polynomial is that of Cephes' expf (Moshier 1989). */
INLINE vf exp_near_0(vf r) {
    vf p = vset(1.9875691500e-4f);
    p = vfma(p, r, vset(1.3981999507e-3f));
    p = vfma(p, r, vset(8.3334519073e-3f));
    p = vfma(p, r, vset(4.1665795894e-2f));
    p = vfma(p, r, vset(1.6666665459e-1f));
    p = vfma(p, r, vset(5.0000001201e-1f));
    return vfma(p, r * r, r);
}
/* x = n ln 2 + r with |r| <= ln 2 / 2; n is the low bits of the result minus those of ROUNDER. */
INLINE vf in_twos(vf x, vf *r) {
    const vf shifted = vfma(x, vset(1.44269504f), vset(ROUNDER)), n = shifted - ROUNDER;
    *r = vfma(n, vset(2.12194440e-4f), vfma(n, vset(-0.693359375f), x));
    return shifted;
}

/* factor exp(x + tail), where tail is so small that it would be lost in the sum and factor so moderate that only the
 * product may leave the range; to a unit in the last place and one rounding. */
INLINE vf vexp_times(vf x, vf tail, vf factor) {
    const vi tiny = x < -104.0f; /* whose exp is 0; an underflow would cost the hardware a hundred cycles */
    vf r;
    const vf shifted = in_twos(vmin(vset(89.0f), either(tiny, vset(0.0f), x)), &r);
    const vf y = (exp_near_0(r + tail) + 1.0f) * factor;
    const vi whole = (vi)shifted - (vi)vset(ROUNDER), half = whole >> 1;
    return either(tiny, 0.0f * factor, y * power_of_two(half) * power_of_two(whole - half));
}
/* exp(x), within a unit in the last place, denormal results too; NaN gives NaN, large x gives inf. */
INLINE vf vexp(vf x) { return vexp_times(x, vset(-0.0f), vset(1.0f)); }

/* exp(x) - 1 for x <= 0 (0 above), within a unit in the last place; NaN gives NaN. */
INLINE vf vexpm1_below(vf x) {
    vf r;
    const vf shifted = in_twos(vmin(vset(0.0f), vmax(vset(-87.0f), x)), &r);
    const vf scale = power_of_two((vi)shifted - (vi)vset(ROUNDER));
    return vfma(exp_near_0(r), scale, scale - 1.0f);
}

/* log(x) for normal positive x and 1 ulp around it; inf gives inf, NaN gives NaN.
 *
 * x = 2^n m with m in [sqrt(1/2), sqrt 2); the polynomial is that of Cephes' logf (Moshier 1989). */
INLINE vf vlog(vf x) {
    const vi bits = (vi)((vu)x - 0x3f3504f3u); /* sqrt(1/2) */
    const vi n = bits >> 23;
    const vf e = __builtin_convertvector(n, vf), m = (vf)((bits & 0x7fffff) + 0x3f3504f3) - 1.0f, z = m * m;
    vf p = vset(7.0376836292e-2f);
    p = vfma(p, m, vset(-1.1514610310e-1f));
    p = vfma(p, m, vset(1.1676998740e-1f));
    p = vfma(p, m, vset(-1.2420140846e-1f));
    p = vfma(p, m, vset(1.4249322787e-1f));
    p = vfma(p, m, vset(-1.6668057665e-1f));
    p = vfma(p, m, vset(2.0000714765e-1f));
    p = vfma(p, m, vset(-2.4999993993e-1f));
    p = vfma(p, m, vset(3.3333331174e-1f));
    const vf low = vfma(e, vset(-2.12194440e-4f), vfma(z, vset(-0.5f), p * m * z));
    const vf y = vfma(e, vset(0.693359375f), m + low);
    return either((x < __builtin_inff()) & (x > 0.0f), y, x);
}

/* log(1 + e) for e in 0 … 1: the rounding of 1 + e is divided out (Kahan; HP-15C handbook 1982). */
INLINE vf vlog1p(vf e) {
    const vf u = e + 1.0f, d = u - 1.0f;
    return either(d == 0.0f, e, vlog(u) * (e / either(d == 0.0f, vset(1.0f), d)));
}

/* tanh(x), within two units in the last place: an odd polynomial near 0 (Cephes' tanhf), else 1 - 2 / (exp 2|x| + 1).
 */
INLINE vf vtanh(vf x) {
    const vf a = vabs(x), z = a * a;
    vf p = vset(-5.70498872745e-3f);
    p = vfma(p, z, vset(2.06390887954e-2f));
    p = vfma(p, z, vset(-5.37397155531e-2f));
    p = vfma(p, z, vset(1.33314422036e-1f));
    p = vfma(p, z, vset(-3.33332819422e-1f));
    const vf near = vfma(p * z, a, a), far = 1.0f - 2.0f / (vexp(a + a) + 1.0f);
    return with_sign_of(either(a < 0.625f, near, far), x);
}

/* 1 / (1 + exp(-x)), within two units in the last place: only exponentials of numbers below zero are taken, and what
 * the sum 1 + e loses in rounding is put back. */
INLINE vf vsigmoid(vf x) {
    const vf e = vexp(-vabs(x)), sum = e + 1.0f, lost = e - (sum - 1.0f);
    const vi below = x < 0.0f;
    const vf y = either(below, e, vset(1.0f)) / sum, inverse = either(below, 1.0f - y, y); /* of the sum */
    return y - y * lost * inverse;
}

/* x times its sigmoid, within four units in the last place; what is below the normal range becomes zero. */
INLINE vf vsilu(vf x) {
    const vf e = vexp(-vabs(x)), sum = e + 1.0f, lost = e - (sum - 1.0f), inverse = 1.0f / sum;
    return flushed(vexp_times(vmin(vset(0.0f), x), vset(-0.0f), x) * (inverse - inverse * (lost * inverse)));
}

/* The normal distribution at x: density = exp(-x^2 / 2), and share, such that density share is its part beyond |x|.
 *
 * Of a = |x| twelve bits are squared exactly and the rest goes into the tail of the exponential. With t = 1 / (1 + a /
 * 4) share = t g(t); g is a polynomial of ours, within 8e-9 of erfcx(a / sqrt 2) / (2 t) for a to 13.6. */
typedef struct {
    vf density, share;
} normal;
INLINE normal vnormal(vf x) {
    const vf a = vmin(vset(16.0f), vabs(x)), head = (vf)((vi)a & (int32_t)0xfffff000);
    const vf density = vexp_times(-0.5f * head * head, -0.5f * (a - head) * (a + head), vset(1.0f));
    const vf t = 1.0f / vfma(a, vset(0.25f), vset(1.0f));
    vf g = vset(1.630715827e-02f);
    g = vfma(g, t, vset(-6.126546577e-02f));
    g = vfma(g, t, vset(4.793670747e-02f));
    g = vfma(g, t, vset(3.358311647e-02f));
    g = vfma(g, t, vset(8.246665993e-03f));
    g = vfma(g, t, vset(8.916798281e-02f));
    g = vfma(g, t, vset(7.108545724e-02f));
    g = vfma(g, t, vset(9.572300896e-02f));
    g = vfma(g, t, vset(9.946600722e-02f));
    g = vfma(g, t, vset(9.974936521e-02f));
    /* What t lost in rounding, times the steepness of the logarithm of t g in that of t, about 0.3 + 2.9 t. */
    const vf lost = vfma(-t, a * 0.25f, 1.0f - t), share = t * g;
    return (normal){density, vfma(share * lost, vfma(t, vset(2.9f), vset(0.3f)), share)};
}

/* x times the share of the normal distribution below x, within five units in the last place (six without fused
 * multiply-add); what is below the normal range becomes zero. */
INLINE vf vgelu(vf x) {
    const normal at = vnormal(x);
    return flushed(either(x < 0.0f, x * at.density * at.share, x * (1.0f - at.density * at.share)));
}
/* Its slope: the share below x and x times the density. */
INLINE vf vgelu_slope(vf x) {
    const normal at = vnormal(x);
    const vf beyond = at.density * at.share, below = either(x < 0.0f, beyond, 1.0f - beyond);
    return vfma(x * at.density, vset(0.398942280f), below);
}
