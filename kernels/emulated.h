/* The primitives of sixteen lanes in plain C and halves of eight, with the rules of AVX-512: parts touch exactly
 * `count` numbers; vmax and vmin return their second argument when either is not a number, and when both are zero. */

typedef union {
    vf whole;
    __m256 half[2];
} halves;

INLINE vf vload(const float *p) {
    vf v;
    memcpy(&v, p, sizeof v);
    return v;
}
INLINE void vstore(float *p, vf v) { memcpy(p, &v, sizeof v); }
/* Not inlined: in every loop of every kernel they would take the compiler minutes. */
static __attribute__((noinline)) void copy_part(float *to, const float *from, int64_t count) {
    for (int64_t i = 0; i < count; i++) to[i] = from[i];
}
INLINE vf vload_part(const float *p, int64_t count) {
    float at[LANES] = {0};
    copy_part(at, p, count);
    return vload(at);
}
INLINE void vstore_part(float *p, int64_t count, vf v) {
    float at[LANES];
    vstore(at, v);
    copy_part(p, at, count);
}
INLINE vf vset(float x) { return (vf){x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x}; }
INLINE vf vload_fours(const float *p, int64_t step) {
    float at[LANES];
    for (int i = 0; i < LANES; i += 4, p += step) memcpy(at + i, p, 4 * sizeof *p);
    return vload(at);
}
INLINE vf vfma(vf a, vf b, vf c) {
    const halves x = {a}, y = {b};
    halves z = {c};
    for (int i = 0; i < 2; i++) z.half[i] = _mm256_fmadd_ps(x.half[i], y.half[i], z.half[i]);
    return z.whole;
}
INLINE vf vmax(vf a, vf b) { return (vf)(((a > b) & (vi)a) | (~(a > b) & (vi)b)); }
INLINE vf vmin(vf a, vf b) { return (vf)(((a < b) & (vi)a) | (~(a < b) & (vi)b)); }
INLINE vf vsqrt(vf a) {
    halves x = {a};
    for (int i = 0; i < 2; i++) x.half[i] = _mm256_sqrt_ps(x.half[i]);
    return x.whole;
}
INLINE vq vmul_wide(vq a, vq b) { return (a & 0xffffffffu) * (b & 0xffffffffu); }
