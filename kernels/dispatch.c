/* Which table of kernels this CPU gets. Chosen at the first question; MLJ_ISA=baseline|avx2|avx512 overrides where the
   CPU has that tier. */
#include <stdlib.h>
#include <string.h>

#include "mlj.h"

extern const mlj_ops mlj_ops_baseline;
#if defined(__x86_64__)
extern const mlj_ops mlj_ops_avx2, mlj_ops_avx512;
#endif

static const mlj_ops *chosen;

const mlj_ops *mlj_ops_for(const char *name) {
    if (!strcmp(name, "baseline")) return &mlj_ops_baseline;
#if defined(__x86_64__)
    __builtin_cpu_init(); /* asks the operating system too, whether it saves the wide registers */
    if (!strcmp(name, "avx2") && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return &mlj_ops_avx2;
#if defined(MLJ_EMULATE)
    if (!strcmp(name, "avx512") && mlj_ops_for("avx2")) return &mlj_ops_avx512;
#endif
    if (!strcmp(name, "avx512") && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("fma"))
        return &mlj_ops_avx512;
#endif
    return NULL;
}

static const mlj_ops *choose(void) {
    const char *wish = getenv("MLJ_ISA");
    const mlj_ops *found = wish ? mlj_ops_for(wish) : NULL;
    if (!found) found = mlj_ops_for("avx512");
    if (!found) found = mlj_ops_for("avx2");
    return found ? found : &mlj_ops_baseline;
}

const mlj_ops *mlj_ops_now(void) {
    const mlj_ops *ops = __atomic_load_n(&chosen, __ATOMIC_ACQUIRE);
    if (!ops) {
        ops = choose();
        __atomic_store_n(&chosen, ops, __ATOMIC_RELEASE);
    }
    return ops;
}

int32_t mlj_select(const char *name) {
    const mlj_ops *ops = mlj_ops_for(name);
    if (!ops) return -1;
    __atomic_store_n(&chosen, ops, __ATOMIC_RELEASE);
    return 0;
}
