/* Blocks of sixty-four bytes of a table, in which a bit mask says where fields and lines part, as in simdjson (Langdale
   and Lemire 2019). */
#include "../scan.h"

typedef struct {
    uint64_t delimiter, line, carriage, blank, special; /* special: a quote, a NUL or a byte beyond ASCII */
} marks;

/* odd_bytes: a NUL, or beyond ASCII. */
#if LANES == 16 && !defined(MLJ_EMULATE)
enum { PIECES = 1 };
typedef __m512i piece;
INLINE piece load_bytes(const uint8_t *x) { return _mm512_loadu_si512(x); }
INLINE uint64_t equal_bytes(piece part, int32_t byte) {
    return _mm512_cmpeq_epi8_mask(part, _mm512_set1_epi8((char)byte));
}
INLINE uint64_t odd_bytes(piece part) { return _mm512_cmplt_epi8_mask(part, _mm512_set1_epi8(1)); }
#elif LANES >= 8
enum { PIECES = 2 };
typedef __m256i piece;
INLINE piece load_bytes(const uint8_t *x) { return _mm256_loadu_si256((const __m256i *)x); }
INLINE uint64_t equal_bytes(piece part, int32_t byte) {
    return (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(part, _mm256_set1_epi8((char)byte)));
}
INLINE uint64_t odd_bytes(piece part) {
    return (uint32_t)_mm256_movemask_epi8(_mm256_cmpgt_epi8(_mm256_set1_epi8(1), part));
}
#elif defined(__SSE2__)
enum { PIECES = 4 };
typedef __m128i piece;
INLINE piece load_bytes(const uint8_t *x) { return _mm_loadu_si128((const __m128i *)x); }
INLINE uint64_t equal_bytes(piece part, int32_t byte) {
    return (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(part, _mm_set1_epi8((char)byte)));
}
INLINE uint64_t odd_bytes(piece part) { return (uint32_t)_mm_movemask_epi8(_mm_cmplt_epi8(part, _mm_set1_epi8(1))); }
#else
enum { PIECES = 8 };
typedef uint64_t piece;
INLINE piece load_bytes(const uint8_t *x) {
    piece part;
    memcpy(&part, x, sizeof part);
    return part;
}
/* The upper bit of each byte, gathered. */
INLINE uint64_t upper_bits(piece part) { return (part >> 7 & 0x0101010101010101) * 0x0102040810204080 >> 56; }
INLINE uint64_t equal_bytes(piece part, int32_t byte) {
    const uint64_t low = 0x7f7f7f7f7f7f7f7f, other = part ^ 0x0101010101010101 * (uint64_t)(uint8_t)byte;
    return upper_bits(~(((other & low) + low) | other | low));
}
INLINE uint64_t odd_bytes(piece part) { return equal_bytes(part, 0) | upper_bits(part); }
#endif

static marks look(const mlj_walk *w) {
    marks m = {0};
    for (int k = 0; k < PIECES; k++) {
        const piece part = load_bytes(w->x + w->i + 64 / PIECES * k);
        const int shift = 64 / PIECES * k;
        m.delimiter |= equal_bytes(part, w->delimiter) << shift;
        m.line |= equal_bytes(part, '\n') << shift;
        m.carriage |= equal_bytes(part, '\r') << shift;
        m.blank |= equal_bytes(part, ' ') << shift;
        if (w->delimiter != '\t') m.blank |= equal_bytes(part, '\t') << shift;
        m.special |= odd_bytes(part) << shift;
        if (w->quote >= 0) m.special |= equal_bytes(part, w->quote) << shift;
    }
    return m;
}

/* Whether bytes from `from` to `to` are blanks. */
static int all_blank(const mlj_walk *w, int64_t from, int64_t to) {
    while (from < to && (is_blank(w, w->x[from]) || w->x[from] == '\r')) from++;
    return from == to;
}

/* A line that ends in a block at byte `end`, behind the delimiters `parts` of the block. Returns a fault, or 0. */
static int end_line(mlj_walk *w, uint64_t parts, int64_t end) {
    const int64_t stop = end - (end > w->line_begins && w->x[end - 1] == '\r');
    if (parts) {
        const int64_t begins = w->i + BLOCK_BYTES - __builtin_clzll(parts);
        if (begins > w->field_begins) w->field_begins = begins;
    }
    return (w->delimiters || !all_blank(w, w->line_begins, end)) && end_record(w, stop, end + 1);
}

/* The lines that end in a block without special bytes. Returns a fault, or 0. */
static int lines(mlj_walk *w, const marks *m) {
    uint64_t left = m->delimiter;
    for (uint64_t ends = m->line; ends; ends &= ends - 1) {
        const int64_t end = w->i + __builtin_ctzll(ends);
        const uint64_t before = (ends & -ends) - 1;
        w->delimiters += __builtin_popcountll(left & before);
        left &= ~before;
        if (w->delimiters && w->delimiters + 1 == w->out->fields && end - w->line_begins <= w->longest)
            w->out->records++; /* as nearly always */
        else if (end_line(w, m->delimiter & before, end))
            return 1;
        begin_line(w, end + 1);
    }
    w->delimiters += __builtin_popcountll(left);
    if (left) w->field_begins = w->i + BLOCK_BYTES - __builtin_clzll(left);
    return 0;
}

/* Whether every field that ends in a block is short enough. */
static int short_enough(const mlj_walk *w, const marks *m) {
    const uint64_t ends = m->delimiter | m->line;
    const int64_t stop = w->i + (ends ? __builtin_ctzll(ends) : BLOCK_BYTES);
    return stop - w->field_begins <= w->longest;
}

/* Goes on by blocks while it can, from a place that is not in quotes. */
static int32_t blocks(mlj_walk *w, int64_t end) {
    uint64_t blank_before = w->i ? (uint64_t)is_blank(w, w->x[w->i - 1]) : 0;
    uint64_t edge_before = w->i ? (uint64_t)is_edge(w, w->x[w->i - 1]) : 1;
    while (end - w->i > BLOCK_BYTES) {
        const marks m = look(w);
        const uint64_t alone = m.carriage & ~(m.line >> 1 | (uint64_t)(w->x[w->i + BLOCK_BYTES] == '\n') << 63);
        if (m.special | alone || !short_enough(w, &m)) break;
        if (lines(w, &m)) return 1;
        const uint64_t edge = m.delimiter | m.line | m.carriage;
        w->out->padded |= ((m.blank & (edge << 1 | edge_before)) | (edge & (m.blank << 1 | blank_before))) != 0;
        edge_before = edge >> 63;
        blank_before = m.blank >> 63;
        w->i += BLOCK_BYTES;
    }
    return 0;
}
