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

INLINE void rnn_row(const mlj_cell *c, int64_t row) {
    const float *a = c->gates + row * c->units;
    float *h = c->h1 + row * c->h_row;
    EACH_VECTOR(c->units, { put(h + i, left, vtanh(get(a + i, left))); });
}

INLINE void rnn_row_back(const mlj_cell *c, int64_t row) {
    float *da = c->gates + row * c->units;
    const float *h = c->h1 + row * c->h_row, *dh = c->dh + row * c->units;
    EACH_VECTOR(c->units, {
        const vf y = get(h + i, left);
        put(da + i, left, flushed(get(dh + i, left) * (1.0f - y * y)));
    });
}

INLINE void gru_row(const mlj_cell *c, int64_t row) {
    const int64_t units = c->units;
    float *a = c->gates + row * 4 * units, *h1 = c->h1 + row * c->h_row;
    const float *u = c->u + row * 3 * units, *h0 = c->h0 + row * c->h_row;
    EACH_VECTOR(units, {
        const vf r = vsigmoid(get(a + i, left) + get(u + i, left));
        const vf z = vsigmoid(get(a + units + i, left) + get(u + units + i, left));
        const vf inside = get(u + 2 * units + i, left) + get(c->bias + i, left);
        const vf n = vtanh(vfma(r, inside, get(a + 2 * units + i, left)));
        put(a + i, left, r);
        put(a + units + i, left, z);
        put(a + 2 * units + i, left, n);
        put(a + 3 * units + i, left, inside);
        put(h1 + i, left, vfma(z, get(h0 + i, left) - n, n));
    });
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

INLINE void lstm_row(const mlj_cell *c, int64_t row) {
    const int64_t units = c->units;
    float *a = c->gates + row * 4 * units, *h1 = c->h1 + row * c->h_row;
    const float *c0 = c->c0 + row * units;
    float *c1 = c->c1 + row * units, *shown = c->shown + row * units;
    EACH_VECTOR(units, {
        const vf in = vsigmoid(get(a + i, left)), keep = vsigmoid(get(a + units + i, left));
        const vf new = vtanh(get(a + 2 * units + i, left)), out = vsigmoid(get(a + 3 * units + i, left));
        const vf memory = vfma(keep, get(c0 + i, left), in * new), seen = vtanh(memory);
        put(a + i, left, in);
        put(a + units + i, left, keep);
        put(a + 2 * units + i, left, new);
        put(a + 3 * units + i, left, out);
        put(c1 + i, left, memory);
        put(shown + i, left, seen);
        put(h1 + i, left, out * seen);
    });
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

static void cell(const mlj_cell *c) {
    switch (c->kind) {
    case MLJ_RNN:
        for (int64_t row = 0; row < c->rows; row++) rnn_row(c, row);
        break;
    case MLJ_GRU:
        for (int64_t row = 0; row < c->rows; row++) gru_row(c, row);
        break;
    case MLJ_LSTM:
        for (int64_t row = 0; row < c->rows; row++) lstm_row(c, row);
        break;
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
