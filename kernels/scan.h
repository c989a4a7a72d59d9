/* A walk through the bytes of a table: where it is, and what it does at the end of a record. For scan.c, which goes
   byte by byte, and ops/blocks.h, which takes sixty-four at once. */
#ifndef SCAN_H
#define SCAN_H
#include "mlj.h"

enum { BLOCK_BYTES = 64 };
typedef enum {
    AT_LINE,
    AT_START,
    IN_FIELD,
    IN_QUOTES,
    BEHIND_QUOTES,
    IN_GAP
} place; /* AT_LINE: of a line there were blanks at most */

typedef struct mlj_walk {
    const uint8_t *x;
    int64_t n, i, line, longest;
    int64_t record_line, line_begins, field_begins, quote_line, delimiters; /* of the record */
    int32_t delimiter, quote;
    place at;
    mlj_scan *out;
} mlj_walk;

static inline int is_blank(const mlj_walk *w, uint8_t c) { return c == ' ' || (c == '\t' && w->delimiter != '\t'); }

static inline int is_end(uint8_t c) { return c == '\n' || c == '\r'; }

static inline int is_edge(const mlj_walk *w, uint8_t c) { return is_end(c) || c == w->delimiter || c == w->quote; }

static inline int fail(mlj_walk *w, int32_t fault, int64_t byte, int64_t line) {
    w->out->fault = fault;
    w->out->byte = w->out->before + byte;
    w->out->line = line;
    return fault;
}

/* ---- records ---- */

/* A record ends before byte `end`; the next line begins at `next`. */
static inline int end_record(mlj_walk *w, int64_t end, int64_t next) {
    mlj_scan *out = w->out;
    const int64_t fields = w->delimiters + 1;
    if (w->at != IN_GAP && end - w->field_begins > w->longest) return fail(w, MLJ_LONG, end, w->line);
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

static inline void begin_line(mlj_walk *w, int64_t next) {
    w->record_line = ++w->line;
    w->line_begins = w->field_begins = next;
    w->delimiters = 0;
    w->at = AT_LINE;
}
#endif
