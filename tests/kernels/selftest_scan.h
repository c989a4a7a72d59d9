/* The scan of a table's bytes, for selftest.c: texts whose records, fields and fault are known before. */

typedef struct {
    uint8_t *at;
    int64_t n;
} text;

static void put(text *to, const char *piece) {
    const size_t n = strlen(piece);
    memcpy(to->at + to->n, piece, n), to->n += (int64_t)n;
}

/* A field: letters, some beyond ASCII, or in quotes with a delimiter, a line feed or a doubled quote inside. Returns
   the line feeds in it. */
static int64_t field(text *to, int64_t rarely) {
    static const char *const plain[] = {"x", "word", "-12.5", "a b", "1234567890123456789012345678901234567890"};
    static const char *const rare[] = {"\xc3\xa9", "\"a,b\"", "\"a\nb\"", "\"it\"\"s\""};
    if (below(rarely)) {
        for (int64_t k = below(3); k >= 0; k--) put(to, plain[below(COUNT(plain))]);
        return 0;
    }
    const int64_t which = below(COUNT(rare));
    put(to, rare[which]);
    return which == 2;
}

static void scanned(int64_t records, int64_t fields, int64_t rarely, int wrong) {
    text all = {(uint8_t *)room(records * (fields + 1) * 40), 0};
    const int64_t bad = wrong ? 1 + below(records - 1) : -1;
    int64_t line = 1, at_fault = 0, padded = 0;
    for (int64_t r = 0; r < records; r++) {
        if (r == bad) at_fault = line;
        for (int64_t c = 0; c < fields + (r == bad); c++) {
            if (c) put(&all, ",");
            if (!below(rarely * 50)) put(&all, " "), padded = 1;
            line += field(&all, rarely);
        }
        put(&all, below(4) ? "\n" : "\r\n"), line++;
        if (!below(9)) put(&all, "\n"), line++; /* a line that is none */
    }
    uint8_t *x = (uint8_t *)room((all.n + 3) / 4) + (4 - all.n % 4) % 4; /* its end is that of the page */
    memcpy(x, all.at, (size_t)all.n);
    mlj_scan found = {.line = 1};
    const int64_t first = all.n > 200 ? 100 + below(all.n - 150) : all.n;
    int32_t fault = mlj_scan_table(x, first, first < all.n, ',', '"', 1 << 17, &found);
    if (!fault && first < all.n)
        fault = mlj_scan_table(x + found.done, all.n - found.done, 0, ',', '"', 1 << 17, &found);
    near(0, (float)fault, wrong ? MLJ_RAGGED : 0, 0), near(1, (float)found.fields, (double)fields, 0);
    near(2, (float)found.records, (double)(wrong ? bad : records), 0);
    near(3, (float)found.line, (double)(wrong ? at_fault : line), 0);
    if (!wrong) near(4, (float)found.padded, (double)padded, 0), near(5, (float)found.returns, 0, 0);
    leave();
}

static void scans(void) {
    doing = "blocks";
    for (int64_t i = 0; i < 400; i++) {
        const int64_t records = 2 + below(60), fields = 2 + below(9);
        scanned(records, fields, i % 3 ? 400 : 9, i % 4 == 0);
    }
}
