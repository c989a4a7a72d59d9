/* What selftest.c stands on: arrays that end at a page nobody may touch, random numbers, and the judging of results. */
#define _GNU_SOURCE
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "mlj.h"

#define U 0x1p-24       /* half the distance from 1 to the next float32 */
#define LEAST 0x1p-126f /* the least normal number: below it results may be zero */
#define COUNT(array) ((int64_t)(sizeof(array) / sizeof *(array)))

static const mlj_ops *ops;
static const char *doing;
static uint64_t state, checksum;
static int64_t numbers, failures;

/* ---- arrays ---- */

enum { PAGE = 1 << 16, MOST = 64 }; /* a page of the largest size there is */
static struct {
    void *at;
    size_t size;
} rooms[MOST];
static int used;

/* n floats, poisoned, that end where a page nobody may touch begins. */
static float *room(int64_t n) {
    const size_t bytes = (size_t)n * sizeof(float), size = (bytes + PAGE - 1) / PAGE * PAGE + PAGE;
    char *at = used < MOST ? mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) : MAP_FAILED;
    if (at == MAP_FAILED || mprotect(at + size - PAGE, PAGE, PROT_NONE)) exit(2);
    rooms[used].at = at, rooms[used++].size = size;
    memset(at, 0x7f, size - PAGE);
    return (float *)(at + size - PAGE - bytes);
}
static void leave(void) {
    while (used > 0) used--, munmap(rooms[used].at, rooms[used].size);
}

static uint32_t word(void) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state >> 32);
}
static int64_t below(int64_t n) { return (int64_t)((uint64_t)word() * (uint64_t)n >> 32); }
static float *draw(int64_t n, float scale) {
    float *x = room(n);
    for (int64_t i = 0; i < n; i++) x[i] = (float)((int32_t)(word() >> 8) - (1 << 23)) * 0x1p-23f * scale;
    return x;
}
static float *copy(int64_t n, const float *from) {
    float *x = room(n);
    memcpy(x, from, (size_t)n * sizeof *x);
    return x;
}

/* ---- judging ---- */

static void sign(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    checksum = (checksum ^ (isnan(x) ? 0x7fc00000u : bits)) * 1099511628211u;
    checksum ^= checksum >> 29;
    numbers++;
}
static void fail(int64_t place, double got, double exact) {
    if (failures++ < 10)
        printf("%s: %s: got %.9g at %lld, expected %.9g\n", ops->name, doing, got, (long long)place, exact);
}
static void near(int64_t place, float got, double exact, double bound) {
    sign(got);
    const int same = isnan(exact) ? isnan(got) : isinf(exact) ? got == exact : fabs(got - exact) <= bound;
    if (!same) fail(place, got, exact);
}
static void equal(int64_t n, const float *got, const float *expected) {
    for (int64_t i = 0; i < n; i++) {
        sign(got[i]);
        if (memcmp(got + i, expected + i, sizeof *got)) fail(i, got[i], expected[i]);
    }
}
static double unit(double exact) { /* in the last place */
    const float x = fabsf((float)exact);
    return (double)nextafterf(x, INFINITY) - x;
}

/* ---- panels: sixteen columns together, row after row ---- */

static int64_t in_panels(int64_t rows, int64_t row, int64_t col) { return col / 16 * rows * 16 + row * 16 + col % 16; }
