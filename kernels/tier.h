/* What a tier provides: a vector `vf` of LANES floats, and the few operations a compiler cannot spell portably.
 *
 * A tier file defines TIER (its name) and LANES (4, 8 or 16), opens its target region and includes ops/all.c, which
 * includes this file. Everything is static and inline, so the same names live in every tier. Part loads and stores
 * touch exactly `count` numbers, 0 … LANES of them, and never the memory behind. vload_fours loads four numbers at p,
 * four at p + step and so on. vmax and vmin return their second
 * argument when either is not a number and when both are zeros: write vmax(bound, x) to keep the NaN of x. */
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

#define INLINE static inline __attribute__((always_inline))

typedef float vf __attribute__((vector_size(4 * LANES)));
typedef int32_t vi __attribute__((vector_size(4 * LANES)));
typedef uint32_t vu __attribute__((vector_size(4 * LANES))); /* its sums wrap around */
typedef uint64_t vq __attribute__((vector_size(4 * LANES))); /* vmul_wide: products of the low halves of its numbers */

#if LANES == 16

#define WIDE_ROWS 14 /* of a tile two vectors wide: 28 sums, 2 of B and a broadcast, 31 of 32 registers */
#define NARROW_ROWS 14

#if defined(MLJ_EMULATE)
#include "emulated.h"
#else
INLINE vf vload(const float *p) { return (vf)_mm512_loadu_ps(p); }
INLINE void vstore(float *p, vf v) { _mm512_storeu_ps(p, (__m512)v); }
INLINE __mmask16 first_lanes(int64_t count) { return (__mmask16)((1u << count) - 1); }
INLINE vf vload_part(const float *p, int64_t count) { return (vf)_mm512_maskz_loadu_ps(first_lanes(count), p); }
INLINE void vstore_part(float *p, int64_t count, vf v) { _mm512_mask_storeu_ps(p, first_lanes(count), (__m512)v); }
INLINE vf vset(float x) { return (vf)_mm512_set1_ps(x); }
INLINE vf vload_fours(const float *p, int64_t step) {
    const __m256 low = _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(p)), _mm_loadu_ps(p + step), 1);
    const __m512 three = _mm512_insertf32x4(_mm512_castps256_ps512(low), _mm_loadu_ps(p + 2 * step), 2);
    return (vf)_mm512_insertf32x4(three, _mm_loadu_ps(p + 3 * step), 3);
}
INLINE vf vfma(vf a, vf b, vf c) { return (vf)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c); }
INLINE vf vmax(vf a, vf b) { return (vf)_mm512_max_ps((__m512)a, (__m512)b); }
INLINE vf vmin(vf a, vf b) { return (vf)_mm512_min_ps((__m512)a, (__m512)b); }
INLINE vf vsqrt(vf a) { return (vf)_mm512_sqrt_ps((__m512)a); }
INLINE vq vmul_wide(vq a, vq b) { return (vq)_mm512_mul_epu32((__m512i)a, (__m512i)b); }
#endif

#elif LANES == 8

#define WIDE_ROWS 6 /* 12 sums, 2 of B and a broadcast: 15 of 16 registers */
#define NARROW_ROWS 12

static const int32_t lane_window[16] = {-1, -1, -1, -1, -1, -1, -1, -1};

INLINE vf vload(const float *p) { return (vf)_mm256_loadu_ps(p); }
INLINE void vstore(float *p, vf v) { _mm256_storeu_ps(p, (__m256)v); }
INLINE __m256i first_lanes(int64_t count) { return _mm256_loadu_si256((const __m256i *)(lane_window + 8 - count)); }
INLINE vf vload_part(const float *p, int64_t count) { return (vf)_mm256_maskload_ps(p, first_lanes(count)); }
/* In pieces of four, two and one: a masked store takes a Zen core twelve cycles. */
INLINE void vstore_part(float *p, int64_t count, vf v) {
    __m128 x = _mm256_castps256_ps128((__m256)v);
    if (count & 8) {
        vstore(p, v);
        return;
    }
    if (count & 4) {
        _mm_storeu_ps(p, x);
        x = _mm256_extractf128_ps((__m256)v, 1);
        p += 4;
    }
    if (count & 2) {
        _mm_storel_pi((__m64 *)p, x);
        x = _mm_movehl_ps(x, x);
        p += 2;
    }
    if (count & 1) _mm_store_ss(p, x);
}
INLINE vf vset(float x) { return (vf)_mm256_set1_ps(x); }
INLINE vf vload_fours(const float *p, int64_t step) {
    return (vf)_mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(p)), _mm_loadu_ps(p + step), 1);
}
INLINE vf vfma(vf a, vf b, vf c) { return (vf)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c); }
INLINE vf vmax(vf a, vf b) { return (vf)_mm256_max_ps((__m256)a, (__m256)b); }
INLINE vf vmin(vf a, vf b) { return (vf)_mm256_min_ps((__m256)a, (__m256)b); }
INLINE vf vsqrt(vf a) { return (vf)_mm256_sqrt_ps((__m256)a); }
INLINE vf vchoose(vi where, vf yes, vf no) { return (vf)_mm256_blendv_ps((__m256)no, (__m256)yes, (__m256)where); }
#define CHOOSES
INLINE vq vmul_wide(vq a, vq b) { return (vq)_mm256_mul_epu32((__m256i)a, (__m256i)b); }

#else

INLINE vf vload(const float *p) {
    vf v;
    memcpy(&v, p, sizeof v);
    return v;
}
INLINE void vstore(float *p, vf v) { memcpy(p, &v, sizeof v); }
INLINE vf vload_part(const float *p, int64_t count) {
    vf v = {0};
    for (int64_t i = 0; i < count; i++) v[i] = p[i];
    return v;
}
INLINE void vstore_part(float *p, int64_t count, vf v) {
    for (int64_t i = 0; i < count; i++) p[i] = v[i];
}
INLINE vf vset(float x) { return (vf){x, x, x, x}; }
INLINE vf vload_fours(const float *p, int64_t step) {
    (void)step;
    return vload(p);
}

#if defined(__aarch64__)

#define WIDE_ROWS 12
#define NARROW_ROWS 12
INLINE vf vfma(vf a, vf b, vf c) { return (vf)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b); }
/* Not vmaxq and vminq, whose rules for NaN and for zeros of both signs are others than on x86. */
INLINE vf vmax(vf a, vf b) { return (vf)vbslq_f32((uint32x4_t)(a > b), (float32x4_t)a, (float32x4_t)b); }
INLINE vf vmin(vf a, vf b) { return (vf)vbslq_f32((uint32x4_t)(a < b), (float32x4_t)a, (float32x4_t)b); }
INLINE vf vsqrt(vf a) { return (vf)vsqrtq_f32((float32x4_t)a); }
INLINE vq vmul_wide(vq a, vq b) { return (vq)vmull_u32(vmovn_u64((uint64x2_t)a), vmovn_u64((uint64x2_t)b)); }

#else /* x86-64 as every such machine has it: no fused multiply-add, two roundings */

#define WIDE_ROWS 6
#define NARROW_ROWS 12
INLINE vf vfma(vf a, vf b, vf c) { return a * b + c; }
INLINE vf vmax(vf a, vf b) { return (vf)_mm_max_ps((__m128)a, (__m128)b); }
INLINE vf vmin(vf a, vf b) { return (vf)_mm_min_ps((__m128)a, (__m128)b); }
INLINE vf vsqrt(vf a) { return (vf)_mm_sqrt_ps((__m128)a); }
INLINE vq vmul_wide(vq a, vq b) { return (vq)_mm_mul_epu32((__m128i)a, (__m128i)b); }

#endif
#endif
