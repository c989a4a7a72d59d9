/* x86-64 with AVX-512 F, BW, DQ and VL: sixteen lanes, thirty-two registers, masks. */
#if defined(__x86_64__) && !defined(MLJ_EMULATE)
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"))),                   \
                             apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")
#endif
#define TIER avx512
#define LANES 16
#include "../ops/all.c"
#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif
