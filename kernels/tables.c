/* Tables that are learned, in a plan: an embedding looks up a row of W for each token, a look-up for the token in one
   column of a table, positions add a row to each step.

   The gradient of a row of W is a sum of rows of dy, added in the order in which they lie; `reduce` is cut by rows of
   W, each of which is summed up whole by one part. In a fused plan W is in panels, and moves where its gradient is
   made. */
#include <math.h>
#include <string.h>

#include "parts.h"

/* Columns of W that lie beside each other: those of a panel, or all. */
static int64_t wide_of(const mlj_block *b, const mlj_call *c) { return b->plan->panels ? PANEL : c->columns; }

/* A row of a table like W, from column o on, with which a panel begins. */
static float *row_at(const mlj_block *b, const mlj_call *c, int64_t table, int64_t row, int64_t o) {
    return at(b, table) + o * c->features + row * wide_of(b, c);
}

/* Adds dy [columns] to a row of dW. */
static void add_row(const mlj_block *b, const mlj_call *c, int64_t row, const float *dy) {
    const int64_t wide = wide_of(b, c);
    for (int64_t o = 0; o < c->columns; o += wide) {
        float *g = row_at(b, c, c->dw, row, o);
        for (int64_t j = 0; j < smaller(wide, c->columns - o); j++) g[j] += dy[o + j];
    }
}

static void clear_rows(const mlj_block *b, const mlj_call *c, int64_t from, int64_t to) {
    const int64_t wide = wide_of(b, c);
    if (b->accumulate) return;
    for (int64_t o = 0; o < c->columns; o += wide)
        memset(row_at(b, c, c->dw, from, o), 0, (size_t)((to - from) * wide) * sizeof(float));
}

/* Rows of W moved by their gradient, where the call has a rule. */
static void move_rows(const mlj_block *b, const mlj_call *c, int64_t from, int64_t to) {
    const int64_t wide = wide_of(b, c);
    if (!c->rule || !b->rule) return;
    for (int64_t o = 0; o < c->columns; o += wide)
        mlj_move(b, b->rule, c->w + o * c->features + from * wide, (to - from) * wide, row_at(b, c, c->dw, from, o));
}

/* ---- embedding: x is a token for each step, y [columns] of each ---- */

static int is_padding(const mlj_block *b, const mlj_call *c, int64_t step) {
    return b->lengths && step % c->each >= length_at(b, step / c->each, c->each);
}

/* The row of a token of so many, or -1 for what is none. */
static int64_t row_of(float token, int64_t vocabulary) {
    const int64_t row = token >= 0 && token < (float)vocabulary ? (int64_t)token : -1;
    return (float)row == token ? row : -1;
}

/* y [columns] = a row of W; what is no token gives NaN, which ends a run by its loss. */
static void copy_row(const mlj_block *b, const mlj_call *c, int64_t row, float *y) {
    const int64_t wide = wide_of(b, c);
    for (int64_t o = 0; o < c->columns; o += wide) {
        const int64_t n = smaller(wide, c->columns - o);
        if (row >= 0) memcpy(y + o, row_at(b, c, c->w, row, o), (size_t)n * sizeof *y);
        for (int64_t j = 0; row < 0 && j < n; j++) y[o + j] = NAN;
    }
}

/* What only fills the batch is as good as token 0. */
void mlj_part_embedding(const mlj_block *b, const mlj_call *c, int64_t from, int64_t to) {
    for (int64_t i = from; i < to; i++) {
        const int64_t row = is_padding(b, c, i) ? 0 : row_of(rows_at(b, c->x)[i], c->features);
        copy_row(b, c, row, at(b, c->y) + i * c->columns);
    }
}

void mlj_part_embedding_dx(const mlj_block *b, const mlj_call *c, int64_t from, int64_t to) {
    if (c->dx >= 0) memset(at(b, c->dx) + from, 0, (size_t)(to - from) * sizeof(float));
}

void mlj_part_embedding_gradient(const mlj_block *b, const mlj_call *c, int64_t from, int64_t to) {
    clear_rows(b, c, from, to);
    for (int64_t i = 0; i < rows_of_call(b, c); i++) {
        const int64_t row = row_of(rows_at(b, c->x)[i], c->features);
        if (row >= from && row < to && !is_padding(b, c, i)) add_row(b, c, row, at(b, c->dy) + i * c->columns);
    }
    move_rows(b, c, from, to);
}

/* ---- columns of a table: rows of [inputs] numbers become rows of [outputs], column by column ---- */

void mlj_part_pass(const mlj_block *b, const mlj_call *c, int64_t from, int64_t to) {
    const float *x = rows_at(b, c->x);
    float *y = at(b, c->y);
    for (int64_t i = from; i < to; i++) memcpy(y + i * c->outputs, x + i * c->inputs, (size_t)c->columns * sizeof *y);
}

void mlj_part_pass_back(const mlj_block *b, const mlj_call *c, int64_t from, int64_t to) {
    const float *dy = at(b, c->dy);
    float *dx = at(b, c->dx);
    for (int64_t i = from; i < to; i++)
        memcpy(dx + i * c->inputs, dy + i * c->outputs, (size_t)c->columns * sizeof *dx);
}

void mlj_part_look_up(const mlj_block *b, const mlj_call *c, int64_t from, int64_t to) {
    for (int64_t i = from; i < to; i++) {
        const int64_t row = row_of(rows_at(b, c->x)[i * c->inputs + c->place], c->units);
        copy_row(b, c, row < 0 ? row : c->begin + row, at(b, c->y) + i * c->outputs + c->column);
    }
}

void mlj_part_look_up_dx(const mlj_block *b, const mlj_call *c, int64_t from, int64_t to) {
    for (int64_t i = from; c->dx >= 0 && i < to; i++) at(b, c->dx)[i * c->inputs + c->place] = 0;
}

void mlj_part_look_up_gradient(const mlj_block *b, const mlj_call *c, int64_t from, int64_t to) {
    clear_rows(b, c, c->begin + from, c->begin + to);
    for (int64_t i = 0; i < rows_of_call(b, c); i++) {
        const int64_t row = row_of(rows_at(b, c->x)[i * c->inputs + c->place], c->units);
        if (row >= from && row < to) add_row(b, c, c->begin + row, at(b, c->dy) + i * c->outputs + c->column);
    }
    move_rows(b, c, c->begin + from, c->begin + to);
}

/* ---- positions: row t of W belongs to step t ---- */

void mlj_part_positions(const mlj_block *b, const mlj_call *c, int64_t from, int64_t to) {
    const int64_t wide = wide_of(b, c);
    for (int64_t i = from; i < to; i++) {
        const float *x = rows_at(b, c->x) + i * c->columns;
        float *y = at(b, c->y) + i * c->columns;
        for (int64_t o = 0; o < c->columns; o += wide) {
            const float *w = row_at(b, c, c->w, i % c->each, o);
            for (int64_t j = 0; j < smaller(wide, c->columns - o); j++) y[o + j] = x[o + j] + w[j];
        }
    }
}

void mlj_part_positions_dx(const mlj_block *b, const mlj_call *c, int64_t from, int64_t to) {
    const size_t bytes = (size_t)((to - from) * c->columns) * sizeof(float);
    if (c->dx >= 0) memcpy(at(b, c->dx) + from * c->columns, at(b, c->dy) + from * c->columns, bytes);
}

void mlj_part_positions_gradient(const mlj_block *b, const mlj_call *c, int64_t from, int64_t to) {
    clear_rows(b, c, from, to);
    for (int64_t row = 0; row < b->rows; row++)
        for (int64_t step = from; step < to; step++)
            add_row(b, c, step, at(b, c->dy) + (row * c->each + step) * c->columns);
    move_rows(b, c, from, to);
}
