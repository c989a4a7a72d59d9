/* The bytes of a table, looked at once before anything believes them: as many fields in each record, every quote
   closed, no NUL, UTF-8.

   A record ends with a line feed, a carriage return or both; lines of nothing but blanks are none. A quote counts where
   a field begins, a doubled one inside stands for itself (RFC 4180). Blanks, which are spaces and, unless it parts the
   fields, the tab, are skipped before a field; where the tab parts them they belong to it. A space as delimiter stands
   for any number of blanks. UTF-8 is that of Unicode 15, table 3-7.

   Most bytes are those of fields nobody encloses in quotes: they are looked at sixty-four at a time (ops/blocks.h).
   Blocks with a quote, a carriage return alone, a NUL or a byte beyond ASCII are walked through byte by byte. */
#include "scan.h"

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
static int line_end(mlj_walk *w, uint8_t c) {
    const int two = c == '\r' && w->i + 1 < w->n && w->x[w->i + 1] == '\n';
    const int64_t next = w->i + 1 + two;
    if (w->at != AT_LINE && end_record(w, w->i, next)) return 1;
    w->out->returns |= c == '\r' && !two;
    w->i = next - 1;
    begin_line(w, next);
    return 0;
}

/* A field ends at a delimiter at w->i, or at the first blank of several. */
static int field_end(mlj_walk *w) {
    if (w->i - w->field_begins > w->longest) return fail(w, MLJ_LONG, w->i, w->line);
    if (w->delimiter == ' ') {
        w->at = IN_GAP;
        return 0;
    }
    w->delimiters++;
    w->field_begins = w->i + 1;
    w->at = AT_START;
    return 0;
}

/* A field begins at w->i. */
static void begin_field(mlj_walk *w, uint8_t c, int may_quote) {
    if (w->at == IN_GAP) w->delimiters++;
    w->at = c == w->quote && may_quote ? IN_QUOTES : IN_FIELD;
    if (w->at == IN_QUOTES || w->delimiter == ' ') w->field_begins = w->i;
    w->quote_line = w->line;
}

static int step(mlj_walk *w) {
    const uint8_t c = w->x[w->i];
    const int parts = c == w->delimiter || (w->delimiter == ' ' && c == '\t');
    if (!c) return fail(w, MLJ_NUL, w->i, w->line);
    if (c >= 0x80) {
        const int64_t bytes = character(w->x + w->i, w->n - w->i);
        w->out->padded |= c == 0xc2 && bytes && w->x[w->i + 1] == 0xa0; /* a no-break space */
        if (!bytes) return fail(w, MLJ_ENCODING, w->i, w->line);
        if (w->at == BEHIND_QUOTES) return fail(w, MLJ_AFTER, w->i, w->line);
        if (w->at != IN_FIELD && w->at != IN_QUOTES) begin_field(w, c, 0);
        w->i += bytes - 1;
        if (w->at != IN_QUOTES) return 0;
    }
    if (w->at == IN_QUOTES) {
        if (c == w->quote) w->at = BEHIND_QUOTES;
        if (c == '\n' || (c == '\r' && (w->i + 1 == w->n || w->x[w->i + 1] != '\n'))) w->line++;
        return w->i - w->field_begins > w->longest ? fail(w, MLJ_LONG, w->field_begins, w->quote_line) : 0;
    }
    if (is_end(c)) return line_end(w, c);
    if (w->at == BEHIND_QUOTES) {
        if (c == w->quote)
            w->at = IN_QUOTES;
        else if (parts)
            return field_end(w);
        else
            return fail(w, MLJ_AFTER, w->i, w->line);
        return 0;
    }
    if (w->at == IN_FIELD) return parts ? field_end(w) : 0;
    if (w->delimiter == ' ') {
        if (!parts) begin_field(w, c, 1);
        return 0;
    }
    if (parts) return field_end(w);
    if (!is_blank(w, c))
        begin_field(w, c, w->delimiter != '\t' || w->field_begins == w->i);
    else if (w->delimiter == '\t' && w->at == AT_START)
        w->at = IN_FIELD;
    return 0;
}

/* Whether a blank lies beside an edge at w->i. */
static int pads(const mlj_walk *w) {
    const uint8_t c = w->x[w->i];
    if (w->delimiter == ' ' || (!is_blank(w, c) && !is_edge(w, c))) return 0;
    if (is_edge(w, c)) return w->i > 0 && is_blank(w, w->x[w->i - 1]);
    return w->i == 0 || w->i + 1 == w->n || is_edge(w, w->x[w->i - 1]);
}

/* Where in a line a walk is after blocks without quotes. */
static void settle(mlj_walk *w) {
    if (w->x[w->i - 1] == '\r') w->i--; /* its line feed comes next */
    int64_t j = w->i;
    while (j > w->line_begins && is_blank(w, w->x[j - 1])) j--;
    if (j == w->line_begins)
        w->at = AT_LINE;
    else if (w->x[j - 1] == w->delimiter && (j == w->i || w->delimiter != '\t'))
        w->at = AT_START;
    else
        w->at = IN_FIELD;
}

/* ---- all of it ---- */

static int ending(mlj_walk *w) {
    if (w->at == IN_QUOTES) {
        const int32_t fault = w->n - w->field_begins > w->longest ? MLJ_LONG : MLJ_OPEN;
        return fail(w, fault, w->field_begins, w->quote_line);
    }
    return w->at != AT_LINE ? end_record(w, w->n, w->n) : 0;
}

int32_t mlj_scan_table(const uint8_t *bytes, int64_t n, int32_t more, int32_t delimiter, int32_t quote, int64_t longest,
                       mlj_scan *found) {
    mlj_walk w = {.x = bytes, .n = n, .line = found->line, .longest = longest, .record_line = found->line};
    const int64_t end = more ? n - 4 : n; /* a character or a line end may be cut off */
    const mlj_ops *ops = mlj_ops_now();
    w.delimiter = delimiter;
    w.quote = quote;
    w.out = found;
    while (w.i < end) {
        if (delimiter != ' ' && w.at != IN_QUOTES && w.at != BEHIND_QUOTES && end - w.i > BLOCK_BYTES) {
            const int64_t before = w.i;
            if (ops->blocks(&w, end)) return found->fault;
            if (w.i > before) settle(&w);
        }
        const int64_t stop = end - w.i > BLOCK_BYTES ? w.i + BLOCK_BYTES : end;
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
