/* Which of sixty-four bytes part the fields and lines of a table, a bit for each, as in simdjson (Langdale and Lemire
   2019). */

#if LANES == 16 && !defined(MLJ_EMULATE)
enum { PIECES = 1 };
typedef __m512i bytes64;
INLINE bytes64 load_bytes(const uint8_t *x) { return _mm512_loadu_si512(x); }
INLINE uint64_t equal_bytes(bytes64 part, int32_t byte) {
    return _mm512_cmpeq_epi8_mask(part, _mm512_set1_epi8((char)byte));
}
INLINE uint64_t beyond_ascii(bytes64 part) { return _mm512_movepi8_mask(part); }
#elif LANES >= 8
enum { PIECES = 2 };
typedef __m256i bytes64;
INLINE bytes64 load_bytes(const uint8_t *x) { return _mm256_loadu_si256((const __m256i *)x); }
INLINE uint64_t equal_bytes(bytes64 part, int32_t byte) {
    return (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(part, _mm256_set1_epi8((char)byte)));
}
INLINE uint64_t beyond_ascii(bytes64 part) { return (uint32_t)_mm256_movemask_epi8(part); }
#elif defined(__SSE2__)
enum { PIECES = 4 };
typedef __m128i bytes64;
INLINE bytes64 load_bytes(const uint8_t *x) { return _mm_loadu_si128((const __m128i *)x); }
INLINE uint64_t equal_bytes(bytes64 part, int32_t byte) {
    return (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(part, _mm_set1_epi8((char)byte)));
}
INLINE uint64_t beyond_ascii(bytes64 part) { return (uint32_t)_mm_movemask_epi8(part); }
#else
enum { PIECES = 8 };
typedef uint64_t bytes64;
INLINE bytes64 load_bytes(const uint8_t *x) {
    bytes64 part;
    memcpy(&part, x, sizeof part);
    return part;
}
/* The upper bit of each byte, gathered. */
INLINE uint64_t beyond_ascii(bytes64 part) { return (part >> 7 & 0x0101010101010101) * 0x0102040810204080 >> 56; }
INLINE uint64_t equal_bytes(bytes64 part, int32_t byte) {
    const uint64_t low = 0x7f7f7f7f7f7f7f7f, other = part ^ 0x0101010101010101 * (uint64_t)(uint8_t)byte;
    return beyond_ascii(~(((other & low) + low) | other | low));
}
#endif

static void marks(const uint8_t *x, int32_t delimiter, int32_t quote, mlj_marks *out) {
    mlj_marks m = {0};
    for (int k = 0; k < PIECES; k++) {
        const bytes64 part = load_bytes(x + 64 / PIECES * k);
        const int shift = 64 / PIECES * k;
        m.delimiter |= equal_bytes(part, delimiter) << shift;
        m.line |= equal_bytes(part, '\n') << shift;
        m.carriage |= equal_bytes(part, '\r') << shift;
        m.blank |= equal_bytes(part, ' ') << shift;
        if (delimiter != '\t') m.blank |= equal_bytes(part, '\t') << shift;
        m.special |= (equal_bytes(part, 0) | beyond_ascii(part)) << shift;
        if (quote >= 0) m.special |= equal_bytes(part, quote) << shift;
    }
    *out = m;
}
