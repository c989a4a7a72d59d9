/* Philox4x32-10 (Salmon et al. 2011) the order of an epoch, and what dropout leaves; mlcore/philox.py is the truth. */

enum { SETS = 2, BLOCKS = SETS * LANES / 2, WORDS = 4 * BLOCKS }; /* blocks of four words, made at a time */

#if defined(__clang__)
#define MIX_WIDE(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define MIX_WIDE(a, b, ...) __builtin_shuffle(a, b, (vq){__VA_ARGS__})
#endif
#if LANES == 16
#define WIDE_LOW 0, 8, 1, 9, 2, 10, 3, 11
#define WIDE_HIGH 4, 12, 5, 13, 6, 14, 7, 15
#elif LANES == 8
#define WIDE_LOW 0, 4, 1, 5
#define WIDE_HIGH 2, 6, 3, 7
#else
#define WIDE_LOW 0, 2
#define WIDE_HIGH 1, 3
#endif

/* The WORDS words of the counters (first + j, row, epoch, step), j < BLOCKS. A counter's parts take 64 bits each, of
 * which only the lower half means anything. */
static void philox(uint64_t key, uint32_t first, uint32_t row, uint32_t epoch, uint32_t step, uint32_t *out) {
    const vq low = {0}, mask = low + 0xffffffffu;
    vq c0[SETS], c1[SETS], c2[SETS], c3[SETS];
    uint32_t k0 = (uint32_t)key, k1 = (uint32_t)(key >> 32);
    for (int s = 0; s < SETS; s++) {
        vq count;
        for (int j = 0; j < LANES / 2; j++) count[j] = (uint32_t)(s * LANES / 2 + j);
        c0[s] = count + first;
        c1[s] = low + row, c2[s] = low + epoch, c3[s] = low + step;
    }
    for (int round = 0; round < 10; round++, k0 += 0x9E3779B9u, k1 += 0xBB67AE85u)
        for (int s = 0; s < SETS; s++) {
            const vq p0 = vmul_wide(c0[s], low + 0xD2511F53u), p1 = vmul_wide(c2[s], low + 0xCD9E8D57u);
            c0[s] = (p1 >> 32) ^ c1[s] ^ (low + k0);
            c1[s] = p1;
            c2[s] = (p0 >> 32) ^ c3[s] ^ (low + k1);
            c3[s] = p0;
        }
    for (int s = 0; s < SETS; s++) {
        const vq front = (c0[s] & mask) | c1[s] << 32, back = (c2[s] & mask) | c3[s] << 32;
        const vq low_half = MIX_WIDE(front, back, WIDE_LOW), high_half = MIX_WIDE(front, back, WIDE_HIGH);
        memcpy(out + 2 * s * LANES, &low_half, sizeof low_half);
        memcpy(out + (2 * s + 1) * LANES, &high_half, sizeof high_half);
    }
}

static void words(uint64_t seed, uint32_t purpose, uint32_t layer, uint32_t epoch, uint32_t step, int64_t first,
                  int64_t n, uint32_t *out) {
    uint32_t made[WORDS];
    for (int64_t i = 0; i < n; i += WORDS) {
        philox(seed, (uint32_t)(first + i / 4), (purpose << 24) + layer, epoch, step, made);
        memcpy(out + i, made, (size_t)(n - i < WORDS ? n - i : WORDS) * sizeof(uint32_t));
    }
}

/* Fisher and Yates from the last place down: place i swaps with floor(word[i] (i + 1) / 2^32). */
static void order(uint64_t seed, uint32_t epoch, int64_t n, int32_t *out) {
    enum { ORDER = 2 };
    uint32_t word[WORDS];
    for (int64_t i = 0; i < n; i++) out[i] = (int32_t)i;
    for (int64_t i = n - 1, start = n; i > 0; i--) {
        if (i < start) {
            start = i / WORDS * WORDS;
            philox(seed, (uint32_t)(start / 4), ORDER << 24, epoch, 0, word);
        }
        const int64_t j = (int64_t)(((uint64_t)word[i - start] * (uint64_t)(i + 1)) >> 32);
        const int32_t keep = out[i];
        out[i] = out[j];
        out[j] = keep;
    }
}

/* m = scale where the upper 24 bits of a number's word are below `keep`, else 0; y = x m. The numbers are those from
 * place `first` of the batch on. y may be x. */
static void dropout(const mlj_chance *c, int64_t first, int64_t n, const float *x, float *m, float *y) {
    enum { DROPOUT = 3 };
    uint32_t word[WORDS];
    int64_t skip = first % 4;
    uint32_t block = (uint32_t)(first / 4);
    for (int64_t done = 0; done < n; block += BLOCKS, skip = 0) {
        const int64_t made = n - done < WORDS - skip ? n - done : WORDS - skip;
        philox(c->seed, block, (DROPOUT << 24) + c->layer, c->epoch, c->step, word);
        EACH_VECTOR(made, {
            vi bits = {0};
            memcpy(&bits, word + skip + i, (size_t)left * sizeof *word);
            const vf kept = either((bits >> 8 & 0xffffff) < c->keep, vset(c->scale), vset(0.0f));
            put(m + done + i, left, kept);
            put(y + done + i, left, get(x + done + i, left) * kept);
        });
        done += made;
    }
}
