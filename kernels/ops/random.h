/* Philox4x32-10 (Salmon et al. 2011) and the order of an epoch; mlcore/philox.py is the truth. */

INLINE void philox(uint32_t c[4], uint64_t key) {
    uint32_t k0 = (uint32_t)key, k1 = (uint32_t)(key >> 32);
    for (int round = 0; round < 10; round++) {
        uint64_t p0 = (uint64_t)c[0] * 0xD2511F53u, p1 = (uint64_t)c[2] * 0xCD9E8D57u;
        c[0] = (uint32_t)(p1 >> 32) ^ c[1] ^ k0;
        c[1] = (uint32_t)p1;
        c[2] = (uint32_t)(p0 >> 32) ^ c[3] ^ k1;
        c[3] = (uint32_t)p0;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
}
static void words(uint64_t seed, uint32_t purpose, uint32_t layer, uint32_t epoch, uint32_t step, int64_t n,
                  uint32_t *out) {
    for (int64_t i = 0; i < n; i += 4) {
        uint32_t c[4] = {(uint32_t)(i / 4), (purpose << 24) + layer, epoch, step};
        philox(c, seed);
        memcpy(out + i, c, (size_t)(n - i < 4 ? n - i : 4) * sizeof(uint32_t));
    }
}
/* Fisher and Yates from the last place down: place i swaps with floor(word[i] (i + 1) / 2^32). */
static void order(uint64_t seed, uint32_t epoch, int64_t n, int32_t *out) {
    enum { ORDER = 2 };
    uint32_t c[4];
    for (int64_t i = 0; i < n; i++) out[i] = (int32_t)i;
    for (int64_t i = n - 1, block = -1; i > 0; i--) {
        if (i / 4 != block) {
            block = i / 4;
            c[0] = (uint32_t)block, c[1] = ORDER << 24, c[2] = epoch, c[3] = 0;
            philox(c, seed);
        }
        int64_t j = (int64_t)(((uint64_t)c[i % 4] * (uint64_t)(i + 1)) >> 32);
        int32_t keep = out[i];
        out[i] = out[j];
        out[j] = keep;
    }
}
