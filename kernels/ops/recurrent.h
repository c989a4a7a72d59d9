/* One step of a recurrent cell, for a batch of rows, and the way back: what is left to do once x W + b and h U are
 * made.
 *
 *   rnn    h' = tanh(a)
 *   gru    r, z = sigmoid(a + u)   n = tanh(a + r (u + c))   h' = (1 - z) n + z h      a = x W + b, u = h U, apart
 *   lstm   i, f, o = sigmoid(a)    g = tanh(a)               c' = f c + i g            h' = o tanh c'
 *
 * `gates` holds a row after the other: a of the gates side by side, in the order r z n or i f g o; forward leaves the
 * gates themselves in their places (behind a GRU's, u + c of its n), backward their gradients da. What is handed on to
 * the step before is dh, the part that does not go through U, and dc. Gradients below the normal range become zero:
 * those of long sequences fade until they get there. Formulas: mlcore/layers/recurrent.py. */

/* Sigmoid and tanh, within four units in the last place or 1e-7, by one exponential and one division each, for numbers
 * that need no care at the ends of the range: a third of the time of vsigmoid and vtanh, which is half of a step of a
 * small cell. What counts is how long a number is on its way, so the polynomial is short and its halves go side by side
 * (Estrin 1960); it is ours, within 8e-9 of exp(r) - 1. */
INLINE vf exp_fast(vf shifted, vf r, vf less) { /* 2^n exp(r) - less, where shifted holds n */
    const vf scale = power_of_two((vi)shifted - (vi)vset(ROUNDER)), square = r * r;
    const vf low = vfma(r, vset(1.666657627e-01f), vset(5.000000000e-01f)),
             high = vfma(r, vset(8.363203146e-03f), vset(4.166655615e-02f));
    const vf p = vfma(vfma(square, vset(1.392621314e-03f), high), square, low);
    return vfma(vfma(p, square, r), scale, scale - less);
}
INLINE vf vgate(vf x) { /* 1 / (1 + exp(-x)) */
    const vf a = vmin(vset(87.0f), vmax(vset(-87.0f), x));
    const vf shifted = vfma(a, vset(-1.44269504f), vset(ROUNDER)), n = shifted - ROUNDER;
    return 1.0f / (exp_fast(shifted, vfma(n, vset(-0.693147182f), -a), vset(-1.0f)));
}
INLINE vf vsquash(vf x) { /* e / (e + 2) with e = exp(2x) - 1 */
    const vf a = vmin(vset(43.0f), vmax(vset(-43.0f), x));
    const vf shifted = vfma(a, vset(2.88539008f), vset(ROUNDER)), n = shifted - ROUNDER;
    const vf e = exp_fast(shifted, vfma(n, vset(-0.693147182f), a + a), vset(1.0f));
    return e / (e + 2.0f);
}

/* Each in a loop of its own, whose constants stay in registers. */
INLINE void gates_of(int64_t n, float *a) {
    EACH_VECTOR(n, { put(a + i, left, vgate(get(a + i, left))); });
}
INLINE void squash(int64_t n, const float *a, float *y) {
    EACH_VECTOR(n, { put(y + i, left, vsquash(get(a + i, left))); });
}

INLINE void rnn_rows(const mlj_cell *c, int64_t from, int64_t to) {
    for (int64_t row = from; row < to; row++) squash(c->units, c->gates + row * c->units, c->h1 + row * c->h_row);
}

INLINE void rnn_row_back(const mlj_cell *c, int64_t row) {
    float *da = c->gates + row * c->units;
    const float *h = c->h1 + row * c->h_row, *dh = c->dh + row * c->units;
    EACH_VECTOR(c->units, {
        const vf y = get(h + i, left);
        put(da + i, left, flushed(get(dh + i, left) * (1.0f - y * y)));
    });
}

INLINE void gru_rows(const mlj_cell *c, int64_t from, int64_t to) {
    const int64_t units = c->units;
    for (int64_t row = from; row < to; row++) {
        float *a = c->gates + row * 4 * units;
        const float *u = c->u + row * 3 * units;
        EACH_VECTOR(2 * units, { put(a + i, left, vgate(get(a + i, left) + get(u + i, left))); });
    }
    for (int64_t row = from; row < to; row++) {
        float *a = c->gates + row * 4 * units, *h1 = c->h1 + row * c->h_row;
        const float *u = c->u + row * 3 * units + 2 * units, *h0 = c->h0 + row * c->h_row;
        EACH_VECTOR(units, {
            const vf inside = get(u + i, left) + get(c->bias + i, left);
            const vf n = vsquash(vfma(get(a + i, left), inside, get(a + 2 * units + i, left)));
            put(a + 2 * units + i, left, n);
            put(a + 3 * units + i, left, inside);
            put(h1 + i, left, vfma(get(a + units + i, left), get(h0 + i, left) - n, n));
        });
    }
}

INLINE void gru_row_back(const mlj_cell *c, int64_t row) {
    const int64_t units = c->units;
    float *a = c->gates + row * 4 * units, *u = c->du + row * 3 * units, *dh = c->dh + row * units;
    const float *h0 = c->h0 + row * c->h_row;
    EACH_VECTOR(units, {
        const vf r = get(a + i, left), z = get(a + units + i, left), n = get(a + 2 * units + i, left);
        const vf d = get(dh + i, left), inside = get(a + 3 * units + i, left);
        const vf dn = flushed(d * (1.0f - z) * (1.0f - n * n));
        const vf dz = flushed(d * (get(h0 + i, left) - n) * (z * (1.0f - z)));
        const vf dr = flushed(dn * inside * (r * (1.0f - r)));
        put(a + i, left, dr);
        put(u + i, left, dr);
        put(a + units + i, left, dz);
        put(u + units + i, left, dz);
        put(a + 2 * units + i, left, dn);
        put(u + 2 * units + i, left, dn * r);
        put(dh + i, left, d * z);
    });
}

INLINE void lstm_rows(const mlj_cell *c, int64_t from, int64_t to) {
    const int64_t units = c->units;
    for (int64_t row = from; row < to; row++) {
        float *a = c->gates + row * 4 * units;
        gates_of(2 * units, a);
        squash(units, a + 2 * units, a + 2 * units);
        gates_of(units, a + 3 * units);
    }
    for (int64_t row = from; row < to; row++) {
        const float *a = c->gates + row * 4 * units, *c0 = c->c0 + row * units;
        float *c1 = c->c1 + row * units;
        EACH_VECTOR(units, {
            const vf in = get(a + i, left), keep = get(a + units + i, left), new = get(a + 2 * units + i, left);
            put(c1 + i, left, vfma(keep, get(c0 + i, left), in * new));
        });
    }
    for (int64_t row = from; row < to; row++) {
        const float *out = c->gates + row * 4 * units + 3 * units, *c1 = c->c1 + row * units;
        float *shown = c->shown + row * units, *h1 = c->h1 + row * c->h_row;
        EACH_VECTOR(units, {
            const vf seen = vsquash(get(c1 + i, left));
            put(shown + i, left, seen);
            put(h1 + i, left, get(out + i, left) * seen);
        });
    }
}

INLINE void lstm_row_back(const mlj_cell *c, int64_t row) {
    const int64_t units = c->units;
    float *a = c->gates + row * 4 * units, *dc = c->dc + row * units;
    const float *c0 = c->c0 + row * units, *shown = c->shown + row * units, *dh = c->dh + row * units;
    EACH_VECTOR(units, {
        const vf in = get(a + i, left), keep = get(a + units + i, left), new = get(a + 2 * units + i, left);
        const vf out = get(a + 3 * units + i, left), seen = get(shown + i, left), d = get(dh + i, left);
        const vf memory = vfma(d * out, 1.0f - seen * seen, get(dc + i, left));
        put(a + i, left, flushed(memory * new *(in * (1.0f - in))));
        put(a + units + i, left, flushed(memory * get(c0 + i, left) * (keep * (1.0f - keep))));
        put(a + 2 * units + i, left, flushed(memory * in * (1.0f - new *new)));
        put(a + 3 * units + i, left, flushed(d * seen * (out * (1.0f - out))));
        put(dc + i, left, flushed(memory * keep));
    });
}

/* A few rows at a time from one sort of function to the next: a row alone would wait for each. */
enum { TOGETHER = 8 };

static void cell(const mlj_cell *c) {
    for (int64_t row = 0; row < c->rows; row += TOGETHER) {
        const int64_t end = smaller(row + TOGETHER, c->rows);
        switch (c->kind) {
        case MLJ_RNN: rnn_rows(c, row, end); break;
        case MLJ_GRU: gru_rows(c, row, end); break;
        case MLJ_LSTM: lstm_rows(c, row, end); break;
        }
    }
}

static void cell_backward(const mlj_cell *c) {
    switch (c->kind) {
    case MLJ_RNN:
        for (int64_t row = 0; row < c->rows; row++) rnn_row_back(c, row);
        break;
    case MLJ_GRU:
        for (int64_t row = 0; row < c->rows; row++) gru_row_back(c, row);
        break;
    case MLJ_LSTM:
        for (int64_t row = 0; row < c->rows; row++) lstm_row_back(c, row);
        break;
    }
}
