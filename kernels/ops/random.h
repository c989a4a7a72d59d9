/* Philox4x32-10 (Salmon et al. 2011) and the order of an epoch; mlcore/philox.py is the truth. */

enum { SETS = 2, BLOCKS = SETS * LANES / 2, WORDS = 4 * BLOCKS }; /* blocks of four words, made at a time */

/* The WORDS words of the counters (first + j, row, epoch, step), j < BLOCKS. A counter's parts take 64 bits each. */
static void philox(uint64_t key, uint32_t first, uint32_t row, uint32_t epoch, uint32_t step, uint32_t *out) {
    const vq low = {0}, mask = low + 0xffffffffu;
    vq c0[SETS], c1[SETS], c2[SETS], c3[SETS];
    uint32_t k0 = (uint32_t)key, k1 = (uint32_t)(key >> 32);
    for (int s = 0; s < SETS; s++) {
        for (int j = 0; j < LANES / 2; j++) c0[s][j] = (uint32_t)(first + (uint32_t)(s * LANES / 2 + j));
        c1[s] = low + row, c2[s] = low + epoch, c3[s] = low + step;
    }
    for (int round = 0; round < 10; round++, k0 += 0x9E3779B9u, k1 += 0xBB67AE85u)
        for (int s = 0; s < SETS; s++) {
            const vq p0 = vmul_wide(c0[s], low + 0xD2511F53u), p1 = vmul_wide(c2[s], low + 0xCD9E8D57u);
            c0[s] = (p1 >> 32) ^ c1[s] ^ (low + k0);
            c1[s] = p1 & mask;
            c2[s] = (p0 >> 32) ^ c3[s] ^ (low + k1);
            c3[s] = p0 & mask;
        }
    for (int s = 0; s < SETS; s++) {
        const vq front = c0[s] | c1[s] << 32, back = c2[s] | c3[s] << 32;
        for (int j = 0; j < LANES / 2; j++) {
            const uint64_t words[2] = {front[j], back[j]};
            memcpy(out + 4 * (s * LANES / 2 + j), words, sizeof words);
        }
    }
}

static void words(uint64_t seed, uint32_t purpose, uint32_t layer, uint32_t epoch, uint32_t step, int64_t n,
                  uint32_t *out) {
    uint32_t made[WORDS];
    for (int64_t i = 0; i < n; i += WORDS) {
        philox(seed, (uint32_t)(i / 4), (purpose << 24) + layer, epoch, step, made);
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
