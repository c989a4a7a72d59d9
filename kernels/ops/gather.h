/* Rows of a data set into a batch: out [count, features] = x at `rows`; bytes become floats times `factor`.
 *
 * Rows lie anywhere in memory, so the row after next is asked for while one is copied. */

enum { AHEAD = 2, CACHE_LINE = 64 };
INLINE void fetch(const void *p, int64_t bytes) {
    for (int64_t i = 0; i < bytes; i += CACHE_LINE) __builtin_prefetch((const char *)p + i);
}

static void gather(int64_t count, int64_t features, const int32_t *rows, const void *x, int32_t is_uint8, float factor,
                   float *out, int64_t out_row) {
    for (int64_t r = 0; r < count; r++, out += out_row) {
        const int64_t from = rows[r] * features, width = is_uint8 ? 1 : sizeof(float);
        if (r + AHEAD < count) fetch((const char *)x + rows[r + AHEAD] * features * width, features * width);
        if (is_uint8) {
            const uint8_t *row = (const uint8_t *)x + from;
            for (int64_t i = 0; i < features; i++) out[i] = (float)row[i] * factor;
        } else {
            const float *row = (const float *)x + from;
            EACH_VECTOR(features, { put(out + i, left, get(row + i, left)); });
        }
    }
}
