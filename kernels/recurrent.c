/* Recurrent layers in a plan: one direction of a layer is one call.

   Rows go through the whole sequence GROUP at a time, and nobody meets on the way. What a group leaves behind lies
   together in the call's room, step by step, so that the states of its rows follow each other: xh [T + 1, rows, D + H]
   is x_t beside h_{t-1}, gates [T, rows, …] are the gates, and later their gradients. Steps are counted in the order in
   which the cell sees them. The call that goes backward is given the real steps of each row turned around: so they come
   first in both, and what lies behind them can be anything that is finite, as no gradient enters there.

   The sums of dW, dU and db run over the steps and rows of a group at once, group after group: the same for any number
   of threads, which share the rows of W and U. */
#include <string.h>

#include "parts.h"

enum { GROUP = 32 }; /* rows that go through the sequence together; a chunk of rows is whole groups */

typedef struct { /* a group and its room */
    const mlj_block *b;
    const mlj_call *c;
    int64_t first, rows, steps; /* steps of its longest row */
    int64_t width;              /* of a row of gates */
    float *xh, *gates, *du;     /* du: where gradients of h U lie, of the GRU apart from those of x W */
    int64_t du_row;
    float *memory, *shown; /* of the LSTM */
    float *u, *dh, *dc, *dx;
    const float *both; /* W above U in panels, filled up with zeros */
} group;

static int64_t length_of(const mlj_block *b, const mlj_call *c, int64_t row) {
    return b->lengths ? smaller(b->lengths[row], c->steps) : c->steps;
}

/* Numbers of a row in the room; `lowering.py` makes room for them. */
static int64_t numbers_of(const mlj_call *c) {
    const int64_t t = c->steps, h = c->units, more = c->cell == MLJ_RNN ? t : c->cell == MLJ_GRU ? 7 * t : 6 * t + 1;
    return (t + 1) * (c->features + h) + (more + 3) * h + c->features;
}

static group group_of(const mlj_block *b, const mlj_call *c, int64_t first, int64_t end) {
    const int64_t rows = smaller(GROUP, end - first), t = c->steps, h = c->units;
    group g = {.b = b, .c = c, .first = first, .rows = rows, .width = c->cell == MLJ_RNN ? h : 4 * h};
    for (int64_t i = first; i < first + rows; i++) g.steps = larger(g.steps, length_of(b, c, i));
    float *room = at(b, c->room) + first * numbers_of(c);
    g.xh = room, room += (t + 1) * rows * (c->features + h);
    g.gates = room, room += t * rows * g.width;
    g.du = g.gates, g.du_row = g.width;
    if (c->cell == MLJ_GRU) g.du = room, g.du_row = 3 * h, room += t * rows * 3 * h;
    if (c->cell == MLJ_LSTM) {
        g.memory = room, room += (t + 1) * rows * h;
        g.shown = room, room += t * rows * h;
    }
    g.u = g.dh = room; /* one is of forward, the others are of backward */
    g.dc = room + rows * h;
    g.dx = room + 2 * rows * h;
    return g;
}

/* x_t and h_{t-1} of the rows, at a step. */
static float *x_at(const group *g, int64_t step) { return g->xh + step * g->rows * (g->c->features + g->c->units); }
static float *h_at(const group *g, int64_t step) { return x_at(g, step) + g->c->features; }

/* Where in the sequence a row is at a step that is real. */
static int64_t time_of(const mlj_call *c, int64_t length, int64_t step) { return c->back ? length - 1 - step : step; }

static mlj_cell cell_at(const group *g, int64_t step) {
    const int64_t rows = g->rows, h = g->c->units;
    mlj_cell cell = {.kind = g->c->cell, .rows = rows, .units = h, .h_row = g->c->features + h};
    cell.gates = g->gates + step * rows * g->width;
    cell.h0 = h_at(g, step), cell.h1 = h_at(g, step + 1);
    cell.u = g->u, cell.bias = at(g->b, g->c->b2);
    cell.dh = g->dh, cell.dc = g->dc, cell.du = g->du + step * rows * g->du_row;
    if (g->memory) {
        cell.c0 = g->memory + step * rows * h, cell.c1 = cell.c0 + rows * h;
        cell.shown = g->shown + step * rows * h;
    }
    return cell;
}

/* A product of rows of the group: c = (c if add, else 0) + a w + bias, w being `k` rows of a matrix in panels. */
static void product(const group *g, const float *a, int64_t a_row, int64_t k, const float *w, int64_t panel, int64_t n,
                    float *c, int64_t c_row, const float *bias, int add) {
    const mlj_matmul m = {
        .m = g->rows,
        .n = n,
        .k = k,
        .a = a,
        .a_row = a_row,
        .a_col = 1,
        .b = w,
        .b_row = PANEL,
        .b_col = 1,
        .b_panel = panel,
        .c = c,
        .c_row = c_row,
        .bias = bias,
        .accumulate = add,
    };
    g->b->ops->matmul(&m, 0, g->rows);
}

/* ---- forward ---- */

/* The steps of the rows side by side, zeros behind the real ones. */
static void copy_in(const group *g) {
    const mlj_call *c = g->c;
    const size_t bytes = (size_t)c->features * sizeof(float);
    for (int64_t i = 0; i < g->rows; i++) {
        const float *x = rows_at(g->b, c->x) + (g->first + i) * c->steps * c->features;
        const int64_t length = length_of(g->b, c, g->first + i);
        float *to = g->xh + i * (c->features + c->units);
        for (int64_t step = 0; step < g->steps; step++, to += g->rows * (c->features + c->units)) {
            if (step < length) {
                memcpy(to, x + time_of(c, length, step) * c->features, bytes);
            } else {
                memset(to, 0, bytes);
            }
        }
        memset(h_at(g, 0) + i * (c->features + c->units), 0, (size_t)c->units * sizeof(float));
    }
}

/* The states where they are wanted: those of every step, or the one after a row's last. */
static void copy_out(const group *g) {
    const mlj_call *c = g->c;
    const int64_t row = c->outputs / (c->last ? 1 : c->steps), next = c->features + c->units;
    const size_t bytes = (size_t)c->units * sizeof(float);
    for (int64_t i = 0; i < g->rows; i++) {
        const int64_t length = length_of(g->b, c, g->first + i);
        float *y = at(g->b, c->y) + (g->first + i) * c->outputs + c->column;
        if (c->last) {
            memcpy(y, h_at(g, length) + i * next, bytes);
            continue;
        }
        for (int64_t step = 0; step < length; step++)
            memcpy(y + time_of(c, length, step) * row, h_at(g, step + 1) + i * next, bytes);
        for (int64_t step = length; step < c->steps; step++) memset(y + step * row, 0, bytes);
    }
}

/* Rows of a matrix [rows, columns], as it lies in the plan, to their place in every panel of another. */
static void pack(const mlj_block *b, int64_t rows, int64_t columns, const float *w, float *to, int64_t panel) {
    for (int64_t col = 0; col < columns; col += PANEL, to += panel) {
        if (b->plan->panels) {
            memcpy(to, w + col * rows, (size_t)(rows * PANEL) * sizeof(float));
            continue;
        }
        for (int64_t i = 0; i < rows; i++)
            for (int64_t j = 0; j < PANEL; j++) to[i * PANEL + j] = col + j < columns ? w[i * columns + col + j] : 0;
    }
}

static void forward(const group *g) {
    const mlj_call *c = g->c;
    const int64_t d = c->features, both = d + c->units, panel = both * PANEL;
    const float *bias = at(g->b, c->b);
    copy_in(g);
    if (g->memory) memset(g->memory, 0, (size_t)(g->rows * c->units) * sizeof(float));
    for (int64_t step = 0; step < g->steps; step++) {
        const mlj_cell cell = cell_at(g, step);
        if (c->cell == MLJ_GRU) {
            product(g, x_at(g, step), both, d, g->both, panel, c->columns, cell.gates, g->width, bias, 0);
            product(g, cell.h0, both, c->units, g->both + d * PANEL, panel, c->columns, g->u, c->columns, NULL, 0);
        } else {
            product(g, x_at(g, step), both, both, g->both, panel, c->columns, cell.gates, g->width, bias, 0);
        }
        g->b->ops->cell(&cell);
    }
    copy_out(g);
}

/* Products of a step are small: the matrices are put in order once for all steps and rows of a chunk. */
void mlj_part_recurrent(const mlj_block *b, const mlj_call *c, int64_t from, int64_t to) {
    const int64_t panel = (c->features + c->units) * PANEL;
    float *both = at(b, c->packed) + from / GROUP * whole(c->columns) * (c->features + c->units);
    pack(b, c->features, c->columns, at(b, c->w), both, panel);
    pack(b, c->units, c->columns, at(b, c->u), both + c->features * PANEL, panel);
    for (; from < to; from += GROUP) {
        group g = group_of(b, c, from, to);
        g.both = both;
        forward(&g);
    }
}

/* ---- backward ---- */

/* Adds to dh what a step gives away directly. */
static void add_outputs(const group *g, int64_t step) {
    const mlj_call *c = g->c;
    const int64_t row = c->outputs / (c->last ? 1 : c->steps);
    for (int64_t i = 0; i < g->rows; i++) {
        const int64_t length = length_of(g->b, c, g->first + i);
        if (step >= length || (c->last && step < length - 1)) continue;
        const float *dy = at(g->b, c->dy) + (g->first + i) * c->outputs + c->column;
        if (!c->last) dy += time_of(c, length, step) * row;
        float *dh = g->dh + i * c->units;
        for (int64_t j = 0; j < c->units; j++) dh[j] += dy[j];
    }
}

/* dx of a step to its place, or onto what the other direction has left there. */
static void give_inputs(const group *g, int64_t step) {
    const mlj_call *c = g->c;
    for (int64_t i = 0; i < g->rows; i++) {
        const int64_t length = length_of(g->b, c, g->first + i);
        if (step >= length) continue;
        float *dx = at(g->b, c->dx) + ((g->first + i) * c->steps + time_of(c, length, step)) * c->features;
        const float *from = g->dx + i * c->features;
        if (c->back)
            for (int64_t j = 0; j < c->features; j++) dx[j] += from[j];
        else
            memcpy(dx, from, (size_t)c->features * sizeof(float));
    }
}

static void clear_inputs(const group *g) {
    const mlj_call *c = g->c;
    for (int64_t i = g->first; i < g->first + g->rows; i++) {
        const int64_t length = length_of(g->b, c, i), left = (c->steps - length) * c->features;
        memset(at(g->b, c->dx) + (i * c->steps + length) * c->features, 0, (size_t)left * sizeof(float));
    }
}

/* W and U transposed, in panels, one behind the other. */
static float *turned_u(const mlj_block *b, const mlj_call *c) { return at(b, c->wt) + c->columns * whole(c->features); }

static void backward(const group *g) {
    const mlj_call *c = g->c;
    const int64_t h = c->units, panel = c->columns * PANEL;
    memset(g->dh, 0, (size_t)(2 * g->rows * h) * sizeof(float)); /* and dc */
    if (c->dx >= 0 && !c->back) clear_inputs(g);
    for (int64_t step = g->steps - 1; step >= 0; step--) {
        const mlj_cell cell = cell_at(g, step);
        add_outputs(g, step);
        g->b->ops->cell_backward(&cell);
        if (step > 0)
            product(g, cell.du, g->du_row, c->columns, turned_u(g->b, c), panel, h, g->dh, h, NULL, c->cell == MLJ_GRU);
        if (c->dx < 0) continue;
        product(g, cell.gates, g->width, c->columns, at(g->b, c->wt), panel, c->features, g->dx, c->features, NULL, 0);
        give_inputs(g, step);
    }
}

void mlj_part_recurrent_back(const mlj_block *b, const mlj_call *c, int64_t from, int64_t to) {
    for (; from < to; from += GROUP) {
        const group g = group_of(b, c, from, to);
        backward(&g);
    }
}

/* Rows from … to - 1 of a matrix [rows, columns] transposed, into panels of sixteen of them. */
static void turn(const mlj_block *b, int64_t rows, int64_t columns, const float *w, float *wt, int64_t from,
                 int64_t to) {
    for (int64_t i = from, next; i < to; i = next) {
        next = smaller(i / PANEL * PANEL + PANEL, to);
        float *panel = wt + i / PANEL * PANEL * columns + i % PANEL;
        if (!b->plan->panels) {
            b->ops->transpose(next - i, columns, w + i * columns, columns, panel, PANEL);
            continue;
        }
        for (int64_t o = 0; o < columns; o += PANEL)
            b->ops->transpose(next - i, smaller(PANEL, columns - o), w + (o * rows + i * PANEL), PANEL,
                              panel + o * PANEL, PANEL);
    }
}

/* Calls are cut by rows of W and then of U, as they are or, in panels, with those of W filled up to whole ones. */
static int64_t above_u(const mlj_block *b, const mlj_call *c) {
    return b->plan->panels ? whole(c->features) : c->features;
}

void mlj_part_recurrent_turn(const mlj_block *b, const mlj_call *c, int64_t from, int64_t to) {
    const int64_t above = above_u(b, c);
    if (c->dx >= 0) turn(b, c->features, c->columns, at(b, c->w), at(b, c->wt), from, smaller(to, c->features));
    turn(b, c->units, c->columns, at(b, c->u), turned_u(b, c), larger(from - above, 0), smaller(to - above, c->units));
}

/* The gradient of rows from … to - 1 of a matrix, and their move where the rule is given: of W, of U, or of both where
   they lie behind each other and what they are multiplied with is the same. */
static void gradient(const mlj_block *b, const mlj_call *c, int is_u, int64_t rows, int64_t from, int64_t to) {
    const int64_t w = is_u ? c->u : c->w;
    float *moment = b->plan->arena + b->plan->moments + (w - b->plan->vector);
    for (int64_t first = 0; first < b->rows; first += GROUP) {
        const group g = group_of(b, c, first, b->rows);
        const mlj_matmul m = {
            .m = rows,
            .n = c->columns,
            .k = g.steps * g.rows,
            .a = is_u ? h_at(&g, 0) : x_at(&g, 0),
            .a_row = 1,
            .a_col = c->features + c->units,
            .b = is_u ? g.du : g.gates,
            .b_row = is_u ? g.du_row : g.width,
            .b_col = 1,
            .c = at(b, is_u ? c->du : c->dw),
            .c_row = c->columns,
            .c_panel = panel_of(b, rows),
            .accumulate = b->accumulate || first > 0,
            .rule = c->rule && first + GROUP >= b->rows ? b->rule : NULL,
            .w = at(b, w),
            .moment1 = moment,
            .moment2 = moment + b->plan->size,
        };
        b->ops->matmul(&m, from, to);
    }
}

/* The same of the biases, which do not decay. */
static void bias_gradients(const mlj_block *b, const mlj_call *c) {
    const int64_t inside = c->columns - c->units;
    for (int64_t first = 0; first < b->rows; first += GROUP) {
        const group g = group_of(b, c, first, b->rows);
        const int64_t rows = g.steps * g.rows;
        const int32_t add = b->accumulate || first > 0;
        b->ops->column_sum(rows, c->columns, g.gates, g.width, at(b, c->db), add);
        if (c->db2 >= 0) b->ops->column_sum(rows, c->units, g.du + inside, g.du_row, at(b, c->db2), add);
    }
    if (!c->rule || !b->rule) return;
    mlj_rule plain = *b->rule;
    mlj_penalise(&plain, 0, 0);
    mlj_move(b, &plain, c->b, c->columns, at(b, c->db));
    if (c->db2 >= 0) mlj_move(b, &plain, c->b2, c->units, at(b, c->db2));
}

void mlj_part_recurrent_gradient(const mlj_block *b, const mlj_call *c, int64_t from, int64_t to) {
    const int64_t above = above_u(b, c), d = c->features;
    if (!b->plan->panels && c->cell != MLJ_GRU && c->u == c->w + d * c->columns) {
        gradient(b, c, 0, d + c->units, from, smaller(to, d + c->units));
    } else {
        if (from < d) gradient(b, c, 0, d, from, smaller(to, d));
        if (to > above) gradient(b, c, 1, c->units, larger(from - above, 0), smaller(to - above, c->units));
    }
    if (from == 0) bias_gradients(b, c);
    if (c->rule && b->rule) mlj_part_recurrent_turn(b, c, from, to);
}

int64_t mlj_recurrent_work(const mlj_call *c, int phase) {
    const int64_t both = (c->features + c->units) * c->columns;
    if (phase == PREPARE) return both;
    if (phase == ROWS && c->opcode == MLJ_RECURRENT_BACKWARD && c->dx < 0) return c->steps * (c->units * c->columns);
    return c->steps * both;
}
