/* Every declaration of the kernels, once: C includes this file, and build.py hands it to cffi without its # lines.
   Matrices are float32, a row after the other; x_row is the distance in floats from a row of x to the next. Sizes are
   int64 and may be zero. Nothing allocates, prints or exits, and nothing but the outputs is written. */
#ifndef MLJ_H
#define MLJ_H
#include <stdint.h>

/* ---- Operations: every tier fills this table ---- */

enum {
    MLJ_LINEAR = 0,
    MLJ_RELU = 1,
    MLJ_RELU6 = 2,
    MLJ_SIGMOID = 3,
    MLJ_TANH = 4,
    MLJ_LEAKY_RELU = 5, /* alpha is its slope below zero */
    MLJ_ELU = 6,        /* alpha is how far below zero it goes */
    MLJ_SOFTPLUS = 7,
    MLJ_SILU = 8, /* this one and those behind it are told by x in a backward pass, the others by y */
    MLJ_GELU = 9,
    MLJ_ACTIVATIONS /* how many there are */
};
enum { MLJ_SPAN = 16384 }; /* numbers whose squares are added together */
enum {
    MLJ_NO_RULE = 0,
    MLJ_SGD = 1,
    MLJ_RMSPROP = 2,
    MLJ_ADAGRAD = 3,
    MLJ_ADAM = 4,
    MLJ_ADAMW = 5,
    MLJ_ADAM_HAT = 6 /* adam whose epsilon is added before the correction: to its rule only another epsilon */
};

/* One step of an optimizer with every constant as its loop uses it; mlj_rule_… below make them. sgd: keep1 is the
   momentum; rmsprop: keep2 is rho; adagrad: keep2 = take2 = 1; adam: keep1, keep2 are beta1, beta2; else take = 1 -
   keep; step is the rate, for adam over its first correction; shrink is 1 over the root of its second.
   Before that the gradient is multiplied by clip, decay w and l1 sign(w) are added, and w loses its fade-th part. */
typedef struct {
    int32_t kind, nesterov;
    double rate;
    float step, keep1, take1, keep2, take2, shrink, epsilon;
    float clip, decay, l1, fade;
} mlj_rule;

/* Where dropout takes its random words from, and what it does: a number stays, times `scale`, where the upper 24 bits
   of its word are below `keep`. */
typedef struct {
    uint64_t seed;
    uint32_t layer, epoch, step;
    int32_t keep;
    float scale;
} mlj_chance;

/* c[i, j] = epilogue(sum over k of a[i * a_row + k * a_col] * b[k, j]), i < m, j < n; a_row or a_col is 1.
   The sum is one chain of fused multiply-adds over rising k, from 0 or, with accumulate, from the c that is there.
   Epilogue: + bias[j] (or NULL), activation, times the slope of mask_activation where mask_y[i, j] (or NULL) is its
   output. c overlaps none of a, b and bias; it may be mask_y.

   b[k, j] lies at b + k * b_row + j * b_col, one of which is 1, or with panels at b + (j / 16) * b_panel + k * 16 + j %
   16, whole panels of sixteen columns of which the last is filled up with zeros; likewise c (0 for b_panel or c_panel:
   no panels). With a rule (or NULL) c is in panels and is a gradient: instead of an epilogue w, which lies like c, as
   do its moments, is moved by it, and what c holds afterwards is undefined. */
typedef struct {
    int64_t m, n, k;
    const float *a;
    int64_t a_row, a_col;
    const float *b;
    int64_t b_row, b_col, b_panel;
    float *c;
    int64_t c_row, c_panel;
    const float *bias;
    const float *mask_y;
    int64_t mask_y_row;
    int32_t activation, mask_activation, accumulate;
    const mlj_rule *rule;
    float *w, *moment1, *moment2;
    float alpha, mask_alpha; /* of activation and mask_activation */
} mlj_matmul;

/* A step of a recurrent cell for `rows` rows of `units` numbers, forward and backward; ops/recurrent.h has the
   formulas. gates [rows, gates * units] are a = x W + b (of an LSTM + h U) before and the gates after, their gradients
   in the end; h0, h1 the state before and after, rows h_row apart. GRU: u = h U [rows, 3 units], bias c [units], du the
   gradient of u. LSTM: memories c0, c1 and shown = tanh c1, [rows, units]. dh and dc [rows, units] are those of h1 and
   c1, and become those of the state before but for what comes through U. */
typedef struct {
    int32_t kind;
    int64_t rows, units, h_row;
    float *gates, *h0, *h1;
    const float *u, *bias;
    float *du, *c0, *c1, *shown, *dh, *dc;
} mlj_cell;
enum { MLJ_RNN = 0, MLJ_GRU = 1, MLJ_LSTM = 2 };
/* A window of tall x wide numbers over an image of height x width with a border of pad numbers, which stands at down x
   across places, `step` numbers apart. Images are [rows][height][width][channels]. A sequence is an image of height 1.
 */
typedef struct {
    int64_t height, width, down, across;
    int64_t tall, wide, step_down, step_across, pad_down, pad_across;
} mlj_windows;

/* A convolution of images and what belongs to it. w is in panels of sixteen filters, [filters / 16][tall][wide]
   [channels][16], the last filled up with zeros; so is dw; wt is room for w turned, in panels of sixteen channels. With
   pool.tall y and `where` are pooled, of as many places as there are on the windows' outputs; dy never is: of its
   pixels `dy_pixel` numbers apart every sixteen begun are read. dy begins with the first image of a call; its images
   are dy_image numbers apart. */
typedef struct {
    mlj_windows at, pool;
    int64_t channels, filters;
    const float *x, *w, *bias;
    float *y, *where, *wt;
    int32_t activation, mask;
    float alpha, mask_alpha;
    const float *dy;
    int64_t dy_pixel, dy_image;
    float *dx, *dw, *db;
} mlj_convolution;

enum { MLJ_NO_POOL = 0, MLJ_POOL_MAX = 1, MLJ_POOL_MEAN = 2 };
enum { MLJ_IMAGES = 16 }; /* images that are worked on together, whose gradients are added together */

/* Pooling, and the way back: `where` [as y] says which number of its window y is (or NULL). dx begins with the first
   image of a call; its pixels and images are dx_pixel and dx_image numbers apart. */
typedef struct {
    mlj_windows at;
    int64_t channels;
    int32_t kind, activation; /* whose slope, told by y, dy is multiplied by */
    float alpha;
    const float *x;
    float *y, *where;
    const float *dy;
    float *dx;
    int64_t dx_pixel, dx_image;
} mlj_pooling;

/* What a softmax cross-entropy wants of a row beside the probability of its class: share[n] of each class, which is
   multiplied by inverse[class of the row], and keep for its own; penalty times KL(p || uniform) is added. */
typedef struct {
    float keep, penalty;
    const float *share, *inverse;
} mlj_soft;

typedef struct mlj_walk mlj_walk; /* scan.h */

/* matmul                 rows row0 ... row1 - 1 of c
   transpose              dst [cols, rows] = src [rows, cols] transposed
   column_sum             out [cols] = (out if accumulate) + the rows of x [rows, cols], added from the first row down
   activate               y = f(x); y may be x
   activate_backward      dx = dy f'(x), told by y = f(x), or by x where `kind` says so; dx may be dy or y
   softmax                y [rows, n] = softmax of each row of z; y may be z
   softmax_backward       dz = y (dy - sum of y dy along the row); dz may be dy or y
   softmax_cross_entropy  row_loss [rows] = log sum exp(z) - z[label]; dz = scale (softmax(z) - onehot(label)); a label
                          outside 0 ... n - 1 makes that row's loss NaN; dz may be z, or NULL
   softened_cross_entropy the same with the targets and the penalty of an mlj_soft; dz is not z
   kl_divergence          row_loss [rows] = sum of y (log y - log p), p = softmax(z); dz = scale (p sum(y) - y), not z
   binary_cross_entropy   row_loss [n] = max(z, 0) - z y + log(1 + exp(-|z|)) + penalty KL(p || uniform), p = sigmoid(z)
                          dz = scale (p - y + penalty p (1 - p) z), which may be z, or NULL
   squared_error          row_loss [rows] = mean of (z - y)^2 over n; dz = scale 2 (z - y) / n; dz as above
   absolute_error         row_loss [rows] = mean of |z - y| over n; dz = scale sign(z - y) / n; dz as above
   huber                  row_loss [rows] = mean over n of e^2 / 2, or delta (|e| - delta / 2) where e = z - y is more
                          dz = scale e / n, from -delta to delta in place of e; dz as above
   poisson_deviance       row_loss [rows] = sum of y (log y - z) - y + exp z; dz = scale (exp z - y); dz as above
   weigh                  row_loss and dz [rows, n], or NULL, times the weight of each row, w [rows]
   update                 one step of mlcore/optimizers.py over n numbers, in place; moments that the rule has none of
                          are not used
   sum_of_squares         of n numbers, in double: sixteen sums (number mod 16), folded 8, 4, 2, 1
   gather                 out [count, features] = x at `rows`; x holds float32, or uint8 to be multiplied by factor
   words, order           as in mlcore/philox.py, words from the four of counter `first` on; n below 2^31 for order
   dropout                m [n] = scale or 0, y = x m; the numbers are those from place `first` of the batch on
   column_moments         mean and variance [cols] of the columns of x [rows, cols], row_moments [rows] of its rows
   normalize              y [rows, cols] = gain n + bias, n = (x - mean) inverse, mean and inverse [rows] if by_row,
                          else [cols]
   normalize_sums         dgain = sum of dy n and dbias = sum of dy down the columns, added to what is there or not
   batch_norm_backward    dx = gain inverse (dy - share (dbias + n dgain)); mean, inverse [cols]
   layer_norm_backward    dx = inverse (g - mean of g - n mean of (g n)), g = dy gain; mean, inverse [rows]
   cell, cell_backward    a step of a recurrent layer and the way back
   convolve               y of images from … to - 1, pooled where pool says so
   turn_filters           wt from rows (u, v, c) from … to - 1 of w
   convolve_back          dx times the slope of mask, told by x; needs wt, and dy_pixel whole groups of sixteen
   convolve_gradient      dw and db, added image by image to what is there
   pool, pool_backward    images from … to - 1
   blocks                 of sixty-four bytes of a table, up to one that has to be walked through; returns the fault */
typedef struct {
    const char *name;
    int32_t vector_bytes;
    void (*matmul)(const mlj_matmul *m, int64_t row0, int64_t row1);
    void (*transpose)(int64_t rows, int64_t cols, const float *src, int64_t src_row, float *dst, int64_t dst_row);
    void (*column_sum)(int64_t rows, int64_t cols, const float *x, int64_t x_row, float *out, int32_t accumulate);
    void (*activate)(int32_t kind, float alpha, int64_t n, const float *x, float *y);
    void (*activate_backward)(int32_t kind, float alpha, int64_t n, const float *y, const float *dy, float *dx);
    void (*softmax)(int64_t rows, int64_t n, const float *z, float *y);
    void (*softmax_backward)(int64_t rows, int64_t n, const float *y, const float *dy, float *dz);
    void (*softmax_cross_entropy)(int64_t rows, int64_t n, const float *z, const int32_t *labels, float scale,
                                  float *dz, float *row_loss);
    void (*softened_cross_entropy)(int64_t rows, int64_t n, const float *z, const int32_t *labels, const mlj_soft *soft,
                                   float scale, float *dz, float *row_loss);
    void (*kl_divergence)(int64_t rows, int64_t n, const float *z, const float *y, float scale, float *dz,
                          float *row_loss);
    void (*binary_cross_entropy)(int64_t n, const float *z, const float *y, float penalty, float scale, float *dz,
                                 float *row_loss);
    void (*squared_error)(int64_t rows, int64_t n, const float *z, const float *y, float scale, float *dz,
                          float *row_loss);
    void (*absolute_error)(int64_t rows, int64_t n, const float *z, const float *y, float scale, float *dz,
                           float *row_loss);
    void (*huber)(int64_t rows, int64_t n, const float *z, const float *y, float delta, float scale, float *dz,
                  float *row_loss);
    void (*poisson_deviance)(int64_t rows, int64_t n, const float *z, const float *y, float scale, float *dz,
                             float *row_loss);
    void (*weigh)(int64_t rows, int64_t n, const float *w, float *dz, float *row_loss);
    void (*update)(const mlj_rule *rule, int64_t n, float *w, const float *g, float *moment1, float *moment2);
    double (*sum_of_squares)(int64_t n, const float *x);
    void (*gather)(int64_t count, int64_t features, const int32_t *rows, const void *x, int32_t is_uint8, float factor,
                   float *out, int64_t out_row);
    void (*words)(uint64_t seed, uint32_t purpose, uint32_t layer, uint32_t epoch, uint32_t step, int64_t first,
                  int64_t n, uint32_t *out);
    void (*order)(uint64_t seed, uint32_t epoch, int64_t n, int32_t *out);
    void (*dropout)(const mlj_chance *chance, int64_t first, int64_t n, const float *x, float *m, float *y);
    void (*column_moments)(int64_t rows, int64_t cols, const float *x, int64_t x_row, float *mean, float *variance);
    void (*row_moments)(int64_t rows, int64_t cols, const float *x, float *mean, float *variance);
    void (*normalize)(int64_t rows, int64_t cols, const float *x, const float *mean, const float *inverse,
                      int32_t by_row, const float *gain, const float *bias, float *y);
    void (*normalize_sums)(int64_t rows, int64_t cols, const float *x, const float *dy, int64_t row, const float *mean,
                           const float *inverse, int32_t by_row, int32_t accumulate, float *dgain, float *dbias);
    void (*batch_norm_backward)(int64_t rows, int64_t cols, const float *x, const float *dy, const float *mean,
                                const float *inverse, const float *gain, const float *dgain, const float *dbias,
                                float share, float *dx);
    void (*layer_norm_backward)(int64_t rows, int64_t cols, const float *x, const float *dy, const float *mean,
                                const float *inverse, const float *gain, float *dx);
    void (*cell)(const mlj_cell *c);
    void (*cell_backward)(const mlj_cell *c);
    void (*convolve)(const mlj_convolution *c, int64_t from, int64_t to);
    void (*turn_filters)(const mlj_convolution *c, int64_t from, int64_t to);
    void (*convolve_back)(const mlj_convolution *c, int64_t from, int64_t to);
    void (*convolve_gradient)(const mlj_convolution *c, int64_t from, int64_t to);
    void (*pool)(const mlj_pooling *p, int64_t from, int64_t to);
    void (*pool_backward)(const mlj_pooling *p, int64_t from, int64_t to);
    int32_t (*blocks)(mlj_walk *w, int64_t end);
} mlj_ops;

/* Constants are made in double and rounded once; correction = 1 - beta^t, t counted from 1. */
mlj_rule mlj_rule_sgd(double rate, double momentum, int32_t nesterov);
mlj_rule mlj_rule_rmsprop(double rate, double rho, double epsilon);
mlj_rule mlj_rule_adagrad(double rate, double epsilon);
mlj_rule mlj_rule_adam(double rate, double beta1, double beta2, double epsilon, double correction1, double correction2);
/* Give a rule its decay, in the gradient or, for adamw, beside it, and its l1; a new rule has neither. */
void mlj_penalise(mlj_rule *rule, double decay, double l1);
/* What a gradient of that length is multiplied by, so that it is no longer than `longest`. */
float mlj_clip(double longest, double sum_of_squares);

/* ---- Tiers: the table for this CPU, chosen once; MLJ_ISA names another ---- */

const mlj_ops *mlj_ops_now(void);
const mlj_ops *mlj_ops_for(const char *name); /* NULL when this CPU or build has no such tier */
int32_t mlj_select(const char *name);         /* 0, or -1 when there is no such tier */

/* ---- Threads: one pool; the caller takes part ---- */

typedef void mlj_task(void *context, int64_t chunk);
void mlj_parallel_for(int64_t chunks, mlj_task *run, void *context);
int32_t mlj_threads(void);
void mlj_set_threads(int32_t count); /* 1 ... 64; waits for a job that runs; not from inside a job */

/* The operations of the table in use, large ones in pieces for the threads: the same bits for any number of them. */
void mlj_parallel_matmul(int64_t m, int64_t n, int64_t k, const float *a, int64_t a_row, int64_t a_col, const float *b,
                         int64_t b_row, int64_t b_col, float *c, const float *bias, int32_t activation);
void mlj_parallel_transpose(int64_t rows, int64_t cols, const float *src, int64_t src_row, float *dst, int64_t dst_row);
void mlj_parallel_column_sum(int64_t rows, int64_t cols, const float *x, int64_t x_row, float *out, int32_t accumulate);
void mlj_parallel_activate(int32_t kind, float alpha, int64_t n, const float *x, float *y);
void mlj_parallel_activate_backward(int32_t kind, float alpha, int64_t n, const float *y, const float *dy, float *dx);
void mlj_parallel_update(const mlj_rule *rule, int64_t n, float *w, const float *g, float *moment1, float *moment2);
/* Spans of MLJ_SPAN numbers by themselves, then the spans in order; `spans` has room for one number for each. */
double mlj_parallel_sum_of_squares(int64_t n, const float *x, double *spans);
void mlj_parallel_softmax(int64_t rows, int64_t n, const float *z, float *y);
void mlj_parallel_softmax_backward(int64_t rows, int64_t n, const float *y, const float *dy, float *dz);
/* These return the mean of the rows' losses, weighted by w [rows] (or NULL) and added in double in their order, and its
   gradient dz; scale is 1 over the sum of the weights. soft may be NULL. */
double mlj_parallel_softmax_cross_entropy(int64_t rows, int64_t n, const float *z, const int32_t *labels,
                                          const mlj_soft *soft, const float *w, float *dz, float *row_loss);
double mlj_parallel_kl_divergence(int64_t rows, int64_t n, const float *z, const float *y, const float *w, float *dz,
                                  float *row_loss);
double mlj_parallel_binary_cross_entropy(int64_t n, const float *z, const float *y, double penalty, const float *w,
                                         float *dz, float *row_loss);
double mlj_parallel_squared_error(int64_t rows, int64_t n, const float *z, const float *y, const float *w, float *dz,
                                  float *row_loss);
double mlj_parallel_absolute_error(int64_t rows, int64_t n, const float *z, const float *y, const float *w, float *dz,
                                   float *row_loss);
double mlj_parallel_huber(int64_t rows, int64_t n, const float *z, const float *y, double delta, const float *w,
                          float *dz, float *row_loss);
double mlj_parallel_poisson_deviance(int64_t rows, int64_t n, const float *z, const float *y, const float *w, float *dz,
                                     float *row_loss);
void mlj_parallel_gather(int64_t count, int64_t features, const int32_t *rows, const void *x, int32_t is_uint8,
                         float factor, float *out, int64_t out_row);

/* ---- The text of a table, looked at before it is read ---- */

enum { MLJ_RAGGED = 1, MLJ_OPEN = 2, MLJ_AFTER = 3, MLJ_NUL = 4, MLJ_ENCODING = 5, MLJ_LONG = 6 };

/* What the bytes hold up to the first fault. records that are no empty lines, of `fields` fields each; first, body: the
   bytes at which the first and the second begin. padded: blanks lie beside a delimiter, a quote or a line end, or there
   are no-break spaces. returns: a carriage return alone ends a record. fault: 0, or one of the above: fields `found`, a
   quote that is never closed, something after a closing quote, a NUL, no UTF-8, a field of more than `longest` bytes,
   which are 64 or more; its byte and line. before: bytes of the records that are done; done: those of this call. */
typedef struct {
    int64_t records, fields, first, body, byte, line, found, before, done;
    int32_t padded, returns, fault;
} mlj_scan;

/* Goes on with `found`, whose line is 1 and all else 0 at first. With `more` to come the last record is left for the
   next call, which begins with the bytes that are not done. quote is -1 for none; a space as delimiter is any number
   of blanks. Returns the fault. */
int32_t mlj_scan_table(const uint8_t *bytes, int64_t n, int32_t more, int32_t delimiter, int32_t quote, int64_t longest,
                       mlj_scan *found);

#include "plan.h"
#endif
