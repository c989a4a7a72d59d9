/* The tier every machine has: four lanes, SSE2 on x86-64 (no fused multiply-add) and NEON on AArch64. */
#define TIER baseline
#define LANES 4
#include "../ops/all.c"
