/* The tier avx512 for machines that lack it: sixteen lanes in plain C, on AVX2. Only `make emulate` builds it. */
#if defined(MLJ_EMULATE)
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma")
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
