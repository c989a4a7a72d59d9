/* The kernels of the table in use, large calls cut into pieces for the threads.
 *
 * A call works on units that do not depend on each other: numbers, rows, or columns of a sum. A piece is the same call
 * on some of them, every pointer moved along. Its size follows from the shape, and no sum crosses a cut, so any number
 * of threads gives the same bits. */
#include "mlj.h"

enum {
    PIECE = 32768,       /* numbers of a piece, at least */
    PIECE_WORK = 150000, /* multiply-adds from which a second thread pays for a product */
    PIECE_ROWS = 42,     /* rows of a product in a piece are multiples of this: whole tiles of 6 and of 14 */
    PIECE_COLUMNS = 64,
    PIECES = 4 /* of a product for each thread, at least */
};

/* A call and its arguments by their roles. A unit has `width` numbers; `part` does `count` units from `first` on. */
typedef struct call {
    void (*part)(const mlj_ops *ops, const struct call *c, int64_t first, int64_t count);
    int64_t units, width, row, out_row;
    const float *x, *y;
    float *out, *out2, *out3;
    const float *weights;
    const int32_t *index;
    const void *data;
    double number, scale;
    int32_t kind;
    const mlj_ops *ops;
    int64_t size; /* units of a piece */
} call;

static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }
static float *at(float *p, int64_t i) { return p ? p + i : p; }

static void run_piece(void *context, int64_t piece) {
    const call *c = context;
    const int64_t first = piece * c->size;
    c->part(c->ops, c, first, smaller(c->size, c->units - first));
}

static void run(call c) {
    c.ops = mlj_ops_now();
    c.size = c.width > 0 ? (PIECE / c.width / 16 + 1) * 16 : c.units;
    if (c.units <= c.size || mlj_threads() < 2)
        c.part(c.ops, &c, 0, c.units);
    else
        mlj_parallel_for((c.units + c.size - 1) / c.size, run_piece, &c);
}

/* ---- matmul: by rows, or by columns where there are few rows ---- */

typedef struct {
    const mlj_ops *ops;
    const mlj_matmul *m;
    int by_columns;
    int64_t size; /* rows or columns of a piece */
} product;

static void product_piece(void *context, int64_t piece) {
    const product *p = context;
    const int64_t first = piece * p->size;
    if (!p->by_columns) {
        p->ops->matmul(p->m, first, smaller(first + p->size, p->m->m));
        return;
    }
    mlj_matmul m = *p->m;
    m.n = smaller(p->size, m.n - first);
    m.b += first * m.b_col;
    m.c += first;
    if (m.bias) m.bias += first;
    if (m.mask_y) m.mask_y += first;
    p->ops->matmul(&m, 0, m.m);
}

void mlj_parallel_matmul(int64_t m, int64_t n, int64_t k, const float *a, int64_t a_row, int64_t a_col, const float *b,
                         int64_t b_row, int64_t b_col, float *c, const float *bias, int32_t activation) {
    const mlj_matmul whole = {m, n, k, a, a_row, a_col, b, b_row, b_col, 0, c, n, 0, bias, .activation = activation};
    const int by_columns = m < 2 * PIECE_ROWS && n > PIECE_COLUMNS;
    const int64_t length = by_columns ? n : m, unit = by_columns ? PIECE_COLUMNS : PIECE_ROWS;
    product p = {mlj_ops_now(), &whole, by_columns, (length / (PIECES * mlj_threads()) / unit + 1) * unit};
    if ((double)m * (double)n * (double)k < PIECE_WORK || mlj_threads() < 2)
        p.ops->matmul(&whole, 0, m);
    else
        mlj_parallel_for((length + p.size - 1) / p.size, product_piece, &p);
}

/* ---- transpose, column_sum ---- */

static void transpose_part(const mlj_ops *ops, const call *c, int64_t first, int64_t count) {
    ops->transpose(count, c->width, c->x + first * c->row, c->row, c->out + first, c->out_row);
}
void mlj_parallel_transpose(int64_t rows, int64_t cols, const float *src, int64_t src_row, float *dst,
                            int64_t dst_row) {
    run((call){transpose_part, rows, cols, src_row, dst_row, .x = src, .out = dst});
}

static void column_sum_part(const mlj_ops *ops, const call *c, int64_t first, int64_t count) {
    ops->column_sum(c->width, count, c->x + first, c->row, c->out + first, c->kind);
}
void mlj_parallel_column_sum(int64_t rows, int64_t cols, const float *x, int64_t x_row, float *out,
                             int32_t accumulate) {
    run((call){column_sum_part, cols, rows, x_row, .x = x, .out = out, .kind = accumulate});
}

/* ---- element by element ---- */

static void activate_part(const mlj_ops *ops, const call *c, int64_t first, int64_t count) {
    ops->activate(c->kind, (float)c->number, count, c->x + first, c->out + first);
}
void mlj_parallel_activate(int32_t kind, float alpha, int64_t n, const float *x, float *y) {
    run((call){activate_part, n, 1, .x = x, .out = y, .kind = kind, .number = alpha});
}

static void activate_backward_part(const mlj_ops *ops, const call *c, int64_t first, int64_t count) {
    ops->activate_backward(c->kind, (float)c->number, count, c->y + first, c->x + first, c->out + first);
}
void mlj_parallel_activate_backward(int32_t kind, float alpha, int64_t n, const float *y, const float *dy, float *dx) {
    run((call){activate_backward_part, n, 1, .x = dy, .y = y, .out = dx, .kind = kind, .number = alpha});
}

static void update_part(const mlj_ops *ops, const call *c, int64_t first, int64_t count) {
    ops->update(c->data, count, c->out + first, c->x + first, at(c->out2, first), at(c->out3, first));
}
void mlj_parallel_update(const mlj_rule *rule, int64_t n, float *w, const float *g, float *moment1, float *moment2) {
    run((call){update_part, n, 1, .x = g, .out = w, .out2 = moment1, .out3 = moment2, .data = rule});
}

typedef struct {
    const mlj_ops *ops;
    int64_t n;
    const float *x;
    double *spans;
} squares;

static void squares_piece(void *context, int64_t piece) {
    const squares *s = context;
    const int64_t first = piece * MLJ_SPAN;
    s->spans[piece] = s->ops->sum_of_squares(smaller(MLJ_SPAN, s->n - first), s->x + first);
}
double mlj_parallel_sum_of_squares(int64_t n, const float *x, double *spans) {
    squares s = {mlj_ops_now(), n, x, spans};
    const int64_t pieces = (n + MLJ_SPAN - 1) / MLJ_SPAN;
    double sum = 0;
    mlj_parallel_for(pieces, squares_piece, &s);
    for (int64_t i = 0; i < pieces; i++) sum += spans[i];
    return sum;
}

/* ---- row by row ---- */

static void softmax_part(const mlj_ops *ops, const call *c, int64_t first, int64_t count) {
    ops->softmax(count, c->width, c->x + first * c->width, c->out + first * c->width);
}
void mlj_parallel_softmax(int64_t rows, int64_t n, const float *z, float *y) {
    run((call){softmax_part, rows, n, .x = z, .out = y});
}

static void softmax_backward_part(const mlj_ops *ops, const call *c, int64_t first, int64_t count) {
    const int64_t from = first * c->width;
    ops->softmax_backward(count, c->width, c->y + from, c->x + from, c->out + from);
}
void mlj_parallel_softmax_backward(int64_t rows, int64_t n, const float *y, const float *dy, float *dz) {
    run((call){softmax_backward_part, rows, n, .x = dy, .y = y, .out = dz});
}

/* ---- losses ---- */

static void weigh_part(const mlj_ops *ops, const call *c, int64_t first, int64_t count) {
    ops->weigh(count, c->width, c->weights + first, at(c->out, first * c->width), c->out2 + first);
}
/* Runs a loss and returns the weighted mean of its row losses, which lie at out2; NaN of none. */
static double mean_of(call c) {
    double sum = 0, total = c.weights ? 0 : (double)c.units;
    for (int64_t i = 0; c.weights && i < c.units; i++) total += c.weights[i];
    c.scale = 1 / (total > 0 ? total : 1);
    run(c);
    c.part = weigh_part;
    if (c.weights) run(c);
    for (int64_t i = 0; i < c.units; i++) sum += c.out2[i];
    return sum / (total > 0 || !c.weights ? total : 1);
}

static void softmax_cross_entropy_part(const mlj_ops *ops, const call *c, int64_t first, int64_t count) {
    const int64_t from = first * c->width;
    if (c->data)
        ops->softened_cross_entropy(count, c->width, c->x + from, c->index + first, c->data, (float)c->scale,
                                    at(c->out, from), c->out2 + first);
    else
        ops->softmax_cross_entropy(count, c->width, c->x + from, c->index + first, (float)c->scale, at(c->out, from),
                                   c->out2 + first);
}
double mlj_parallel_softmax_cross_entropy(int64_t rows, int64_t n, const float *z, const int32_t *labels,
                                          const mlj_soft *soft, const float *w, float *dz, float *row_loss) {
    return mean_of((call){softmax_cross_entropy_part, rows, n, .x = z, .index = labels, .data = soft, .weights = w,
                          .out = dz, .out2 = row_loss});
}

static void kl_divergence_part(const mlj_ops *ops, const call *c, int64_t first, int64_t count) {
    const int64_t from = first * c->width;
    ops->kl_divergence(count, c->width, c->x + from, c->y + from, (float)c->scale, at(c->out, from), c->out2 + first);
}
double mlj_parallel_kl_divergence(int64_t rows, int64_t n, const float *z, const float *y, const float *w, float *dz,
                                  float *row_loss) {
    return mean_of((call){kl_divergence_part, rows, n, .x = z, .y = y, .weights = w, .out = dz, .out2 = row_loss});
}

static void binary_cross_entropy_part(const mlj_ops *ops, const call *c, int64_t first, int64_t count) {
    ops->binary_cross_entropy(count, c->x + first, c->y + first, (float)c->number, (float)c->scale, at(c->out, first),
                              c->out2 + first);
}
double mlj_parallel_binary_cross_entropy(int64_t n, const float *z, const float *y, double penalty, const float *w,
                                         float *dz, float *row_loss) {
    return mean_of((call){binary_cross_entropy_part, n, 1, .x = z, .y = y, .number = penalty, .weights = w, .out = dz,
                          .out2 = row_loss});
}

static void error_part(const mlj_ops *ops, const call *c, int64_t first, int64_t count) {
    const int64_t from = first * c->width;
    (c->kind == 2 ? ops->squared_error : ops->absolute_error)(count, c->width, c->x + from, c->y + from,
                                                              (float)c->scale, at(c->out, from), c->out2 + first);
}
double mlj_parallel_squared_error(int64_t rows, int64_t n, const float *z, const float *y, const float *w, float *dz,
                                  float *row_loss) {
    return mean_of((call){error_part, rows, n, .x = z, .y = y, .weights = w, .out = dz, .out2 = row_loss, .kind = 2});
}
double mlj_parallel_absolute_error(int64_t rows, int64_t n, const float *z, const float *y, const float *w, float *dz,
                                   float *row_loss) {
    return mean_of((call){error_part, rows, n, .x = z, .y = y, .weights = w, .out = dz, .out2 = row_loss, .kind = 1});
}

static void huber_part(const mlj_ops *ops, const call *c, int64_t first, int64_t count) {
    const int64_t from = first * c->width;
    ops->huber(count, c->width, c->x + from, c->y + from, (float)c->number, (float)c->scale, at(c->out, from),
               c->out2 + first);
}
double mlj_parallel_huber(int64_t rows, int64_t n, const float *z, const float *y, double delta, const float *w,
                          float *dz, float *row_loss) {
    return mean_of(
        (call){huber_part, rows, n, .x = z, .y = y, .number = delta, .weights = w, .out = dz, .out2 = row_loss});
}

static void poisson_deviance_part(const mlj_ops *ops, const call *c, int64_t first, int64_t count) {
    const int64_t from = first * c->width;
    ops->poisson_deviance(count, c->width, c->x + from, c->y + from, (float)c->scale, at(c->out, from),
                          c->out2 + first);
}
double mlj_parallel_poisson_deviance(int64_t rows, int64_t n, const float *z, const float *y, const float *w, float *dz,
                                     float *row_loss) {
    return mean_of((call){poisson_deviance_part, rows, n, .x = z, .y = y, .weights = w, .out = dz, .out2 = row_loss});
}

static void gather_part(const mlj_ops *ops, const call *c, int64_t first, int64_t count) {
    ops->gather(count, c->width, c->index + first, c->data, c->kind, (float)c->number, c->out + first * c->out_row,
                c->out_row);
}
void mlj_parallel_gather(int64_t count, int64_t features, const int32_t *rows, const void *x, int32_t is_uint8,
                         float factor, float *out, int64_t out_row) {
    run((call){gather_part, count, features, 0, out_row, .index = rows, .data = x, .out = out, .number = factor,
               .kind = is_uint8});
}
