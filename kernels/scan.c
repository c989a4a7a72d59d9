/* The bytes of a table, looked at once before anything believes them: as many fields in each record, every quote
   closed, no NUL, UTF-8.

   A record ends with a line feed, a carriage return or both; lines of nothing but blanks are none. A quote counts where
   a field begins, a doubled one inside stands for itself (RFC 4180). Blanks, which are spaces and, unless it parts the
   fields, the tab, are skipped before a field; where the tab parts them they belong to it. A space as delimiter stands
   for any number of blanks. UTF-8 is that of Unicode 15, table 3-7.

   Most bytes are those of fields nobody encloses in quotes: sixty-four at a time become bit masks, a bit for each
   delimiter and line feed, as in simdjson (Langdale and Lemire 2019). Blocks with a quote, a carriage return alone, a
   NUL or a byte beyond ASCII are walked through byte by byte. */
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "mlj.h"

enum { BLOCK = 64 };
typedef enum { LINE, START, FIELD, QUOTED, AFTER, GAP } place; /* LINE: of a line there were blanks at most */

typedef struct {
    const uint8_t *x;
    int64_t n, i, line, longest;
    int64_t record_line, line_begins, field_begins, quote_line, delimiters; /* of the record */
    int32_t delimiter, quote;
    place at;
    mlj_scan *out;
} walk;

static int is_blank(const walk *w, uint8_t c) { return c == ' ' || (c == '\t' && w->delimiter != '\t'); }

static int is_end(uint8_t c) { return c == '\n' || c == '\r'; }

static int is_edge(const walk *w, uint8_t c) { return is_end(c) || c == w->delimiter || c == w->quote; }

static int fail(walk *w, int32_t fault, int64_t byte, int64_t line) {
    w->out->fault = fault;
    w->out->byte = w->out->before + byte;
    w->out->line = line;
    return fault;
}

/* ---- records ---- */

/* A record ends before byte `end`; the next line begins at `next`. */
static int end_record(walk *w, int64_t end, int64_t next) {
    mlj_scan *out = w->out;
    const int64_t fields = w->delimiters + 1;
    if (w->at != GAP && end - w->field_begins > w->longest) return fail(w, MLJ_LONG, end, w->line);
    if (out->records && fields != out->fields) {
        out->found = fields;
        return fail(w, MLJ_RAGGED, end, w->record_line);
    }
    if (!out->records) {
        out->fields = fields;
        out->first = out->before + w->line_begins;
        out->body = out->before + next;
    }
    out->records++;
    return 0;
}

static void begin_line(walk *w, int64_t next) {
    w->record_line = ++w->line;
    w->line_begins = w->field_begins = next;
    w->delimiters = 0;
    w->at = LINE;
}

/* ---- byte by byte ---- */

/* How many bytes the character at x takes, or 0 where it is none. */
static int64_t character(const uint8_t *x, int64_t left) {
    const uint8_t c = x[0];
    const int64_t bytes = c >= 0xc2 && c < 0xe0 ? 2 : c >= 0xe0 && c < 0xf0 ? 3 : c >= 0xf0 && c < 0xf5 ? 4 : 0;
    if (!bytes || bytes > left) return 0;
    for (int64_t k = 1; k < bytes; k++)
        if ((x[k] & 0xc0) != 0x80) return 0;
    if ((c == 0xe0 && x[1] < 0xa0) || (c == 0xed && x[1] > 0x9f)) return 0; /* too long; a surrogate */
    if ((c == 0xf0 && x[1] < 0x90) || (c == 0xf4 && x[1] > 0x8f)) return 0; /* too long; beyond Unicode */
    return bytes;
}

/* A line ends at the byte c at w->i, which may be the first of two. */
static int line_end(walk *w, uint8_t c) {
    const int two = c == '\r' && w->i + 1 < w->n && w->x[w->i + 1] == '\n';
    const int64_t next = w->i + 1 + two;
    if (w->at != LINE && end_record(w, w->i, next)) return 1;
    w->out->returns |= c == '\r' && !two;
    w->i = next - 1;
    begin_line(w, next);
    return 0;
}

/* A field ends at a delimiter at w->i, or at the first blank of several. */
static int field_end(walk *w) {
    if (w->i - w->field_begins > w->longest) return fail(w, MLJ_LONG, w->i, w->line);
    if (w->delimiter == ' ') {
        w->at = GAP;
        return 0;
    }
    w->delimiters++;
    w->field_begins = w->i + 1;
    w->at = START;
    return 0;
}

/* A field begins at w->i. */
static void begin_field(walk *w, uint8_t c, int may_quote) {
    if (w->at == GAP) w->delimiters++;
    w->at = c == w->quote && may_quote ? QUOTED : FIELD;
    if (w->at == QUOTED || w->delimiter == ' ') w->field_begins = w->i;
    w->quote_line = w->line;
}

static int step(walk *w) {
    const uint8_t c = w->x[w->i];
    const int parts = c == w->delimiter || (w->delimiter == ' ' && c == '\t');
    if (!c) return fail(w, MLJ_NUL, w->i, w->line);
    if (c >= 0x80) {
        const int64_t bytes = character(w->x + w->i, w->n - w->i);
        w->out->padded |= c == 0xc2 && bytes && w->x[w->i + 1] == 0xa0; /* a no-break space */
        if (!bytes) return fail(w, MLJ_ENCODING, w->i, w->line);
        if (w->at == AFTER) return fail(w, MLJ_AFTER, w->i, w->line);
        if (w->at != FIELD && w->at != QUOTED) begin_field(w, c, 0);
        w->i += bytes - 1;
        if (w->at != QUOTED) return 0;
    }
    if (w->at == QUOTED) {
        if (c == w->quote) w->at = AFTER;
        if (c == '\n' || (c == '\r' && (w->i + 1 == w->n || w->x[w->i + 1] != '\n'))) w->line++;
        return w->i - w->field_begins > w->longest ? fail(w, MLJ_LONG, w->field_begins, w->quote_line) : 0;
    }
    if (is_end(c)) return line_end(w, c);
    if (w->at == AFTER) {
        if (c == w->quote)
            w->at = QUOTED;
        else if (parts)
            return field_end(w);
        else
            return fail(w, MLJ_AFTER, w->i, w->line);
        return 0;
    }
    if (w->at == FIELD) return parts ? field_end(w) : 0;
    if (w->delimiter == ' ') {
        if (!parts) begin_field(w, c, 1);
        return 0;
    }
    if (parts) return field_end(w);
    if (!is_blank(w, c))
        begin_field(w, c, w->delimiter != '\t' || w->field_begins == w->i);
    else if (w->delimiter == '\t' && w->at == START)
        w->at = FIELD;
    return 0;
}

/* Whether a blank lies beside an edge at w->i. */
static int pads(const walk *w) {
    const uint8_t c = w->x[w->i];
    if (w->delimiter == ' ' || (!is_blank(w, c) && !is_edge(w, c))) return 0;
    if (is_edge(w, c)) return w->i > 0 && is_blank(w, w->x[w->i - 1]);
    return w->i == 0 || w->i + 1 == w->n || is_edge(w, w->x[w->i - 1]);
}

/* ---- sixty-four at a time ---- */

typedef struct {
    uint64_t delimiter, line, carriage, blank, special; /* special: a quote, a NUL or a byte beyond ASCII */
} masks;

#ifdef __SSE2__
static uint64_t equal(const __m128i *v, int32_t byte) {
    const __m128i b = _mm_set1_epi8((char)byte);
    uint64_t bits = 0;
    for (int k = 0; k < 4; k++) bits |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(v[k], b)) << 16 * k;
    return bits;
}

static uint64_t below_one(const __m128i *v) {
    uint64_t bits = 0;
    for (int k = 0; k < 4; k++)
        bits |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmplt_epi8(v[k], _mm_set1_epi8(1))) << 16 * k;
    return bits;
}
#else
typedef uint64_t words[8];

/* The upper bit of each byte that is set in w, gathered. */
static uint64_t gather(uint64_t w) { return (w >> 7 & 0x0101010101010101) * 0x0102040810204080 >> 56; }

static uint64_t equal(const uint64_t *v, int32_t byte) {
    const uint64_t low = 0x7f7f7f7f7f7f7f7f, b = 0x0101010101010101 * (uint64_t)(uint8_t)byte;
    uint64_t bits = 0;
    for (int k = 0; k < 8; k++) {
        const uint64_t d = v[k] ^ b;
        bits |= gather(~(((d & low) + low) | d | low)) << 8 * k;
    }
    return bits;
}

static uint64_t below_one(const uint64_t *v) {
    uint64_t bits = equal(v, 0);
    for (int k = 0; k < 8; k++) bits |= gather(v[k]) << 8 * k;
    return bits;
}
#endif

static masks look(const walk *w) {
#ifdef __SSE2__
    __m128i v[4];
#else
    words v;
#endif
    memcpy(v, w->x + w->i, BLOCK);
    masks m = {equal(v, w->delimiter), equal(v, '\n'), equal(v, '\r'), equal(v, ' '), below_one(v)};
    if (w->delimiter != '\t') m.blank |= equal(v, '\t');
    if (w->quote >= 0) m.special |= equal(v, w->quote);
    return m;
}

/* Whether bytes from `from` to `to` are blanks. */
static int all_blank(const walk *w, int64_t from, int64_t to) {
    while (from < to && (is_blank(w, w->x[from]) || w->x[from] == '\r')) from++;
    return from == to;
}

/* The lines that end in a block without special bytes. Returns a fault, or 0. */
static int lines(walk *w, const masks *m) {
    uint64_t left = m->delimiter;
    for (uint64_t ends = m->line; ends; ends &= ends - 1) {
        const int64_t bit = __builtin_ctzll(ends), end = w->i + bit;
        const uint64_t before = ends & -ends;
        const int64_t stop = end - (end > w->line_begins && w->x[end - 1] == '\r');
        w->delimiters += __builtin_popcountll(left & (before - 1));
        left &= ~(before - 1);
        const uint64_t last = m->delimiter & (before - 1);
        if (last) {
            const int64_t begins = w->i + BLOCK - __builtin_clzll(last);
            if (begins > w->field_begins) w->field_begins = begins;
        }
        if ((w->delimiters || !all_blank(w, w->line_begins, end)) && end_record(w, stop, end + 1)) return 1;
        begin_line(w, end + 1);
    }
    w->delimiters += __builtin_popcountll(left);
    if (left) w->field_begins = w->i + BLOCK - __builtin_clzll(left);
    return 0;
}

/* Whether every field that ends in a block is short enough. */
static int short_enough(const walk *w, const masks *m) {
    const uint64_t ends = m->delimiter | m->line;
    const int64_t stop = w->i + (ends ? __builtin_ctzll(ends) : BLOCK);
    return stop - w->field_begins <= w->longest;
}

/* Goes on by blocks while it can, from a place that is not in quotes. */
static int blocks(walk *w, int64_t end) {
    uint64_t blank_before = w->i ? (uint64_t)is_blank(w, w->x[w->i - 1]) : 0;
    uint64_t edge_before = w->i ? (uint64_t)is_edge(w, w->x[w->i - 1]) : 1;
    while (end - w->i > BLOCK) {
        const masks m = look(w);
        const uint64_t alone = m.carriage & ~(m.line >> 1 | (uint64_t)(w->x[w->i + BLOCK] == '\n') << 63);
        if (m.special | alone || !short_enough(w, &m)) break;
        if (lines(w, &m)) return 1;
        const uint64_t edge = m.delimiter | m.line | m.carriage;
        w->out->padded |= ((m.blank & (edge << 1 | edge_before)) | (edge & (m.blank << 1 | blank_before))) != 0;
        edge_before = edge >> 63;
        blank_before = m.blank >> 63;
        w->i += BLOCK;
    }
    return 0;
}

/* Where in a line a walk is after blocks without quotes. */
static void settle(walk *w) {
    if (w->x[w->i - 1] == '\r') w->i--; /* its line feed comes next */
    int64_t j = w->i;
    while (j > w->line_begins && is_blank(w, w->x[j - 1])) j--;
    if (j == w->line_begins)
        w->at = LINE;
    else if (w->x[j - 1] == w->delimiter && (j == w->i || w->delimiter != '\t'))
        w->at = START;
    else
        w->at = FIELD;
}

/* ---- all of it ---- */

static int ending(walk *w) {
    if (w->at == QUOTED) {
        const int32_t fault = w->n - w->field_begins > w->longest ? MLJ_LONG : MLJ_OPEN;
        return fail(w, fault, w->field_begins, w->quote_line);
    }
    return w->at != LINE ? end_record(w, w->n, w->n) : 0;
}

int32_t mlj_scan_table(const uint8_t *bytes, int64_t n, int32_t more, int32_t delimiter, int32_t quote, int64_t longest,
                       mlj_scan *found) {
    walk w = {.x = bytes, .n = n, .line = found->line, .longest = longest, .record_line = found->line};
    const int64_t end = more ? n - 4 : n; /* a character or a line end may be cut off */
    w.delimiter = delimiter;
    w.quote = quote;
    w.out = found;
    while (w.i < end) {
        if (delimiter != ' ' && w.at != QUOTED && w.at != AFTER && end - w.i > BLOCK) {
            const int64_t before = w.i;
            if (blocks(&w, end)) return found->fault;
            if (w.i > before) settle(&w);
        }
        const int64_t stop = end - w.i > BLOCK ? w.i + BLOCK : end;
        for (; w.i < stop; w.i++) {
            found->padded |= pads(&w);
            if (step(&w)) return found->fault;
        }
    }
    if (!more && ending(&w)) return found->fault;
    const int64_t done = more ? w.line_begins : n;
    found->line = more ? w.record_line : w.line;
    found->before += done;
    found->done = done;
    return 0;
}
