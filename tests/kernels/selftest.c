/* Every kernel of every tier against plain loops in double, as a program without Python: for compilers and processors
 * that are not here (`make neon`), and natively (test_selftest.py).
 *
 * Prints `tier checksum numbers` for each tier: the checksum is that of the bits of all results, a NaN being a NaN, so
 * tiers with fused multiply-add have to print the same one. Arrays end at a page nobody may touch. Ends with 1 where a
 * result is further off than kernels/README.md promises. */
#include "selftest_ground.h"
#include "selftest_images.h"
#include "selftest_losses.h"
#include "selftest_norms.h"
#include "selftest_plan.h"
#include "selftest_recurrent.h"
#include "selftest_scan.h"

/* ---- plain truths ---- */

#define ALPHA 0.25 /* of leaky_relu and elu */

static double f(int kind, double x) {
    switch (kind) {
    case MLJ_RELU: return x > 0 || isnan(x) ? x : 0;
    case MLJ_RELU6: return isnan(x) ? x : x < 0 ? 0 : x > 6 ? 6 : x;
    case MLJ_SIGMOID: return 1 / (1 + exp(-x));
    case MLJ_TANH: return tanh(x);
    case MLJ_LEAKY_RELU: return x > 0 ? x : ALPHA * x;
    case MLJ_ELU: return x > 0 ? x : ALPHA * expm1(x);
    case MLJ_SOFTPLUS: return x > 0 ? x + log1p(exp(-x)) : log1p(exp(x));
    case MLJ_SILU: return x / (1 + exp(-x));
    case MLJ_GELU: return x * erfc(-x / sqrt(2)) / 2;
    default: return x;
    }
}
static double slope(int kind, double y) { /* of silu and those behind it by x */
    const double s = 1 / (1 + exp(-y));
    switch (kind) {
    case MLJ_RELU: return y > 0;
    case MLJ_RELU6: return y > 0 && y < 6;
    case MLJ_SIGMOID: return y * (1 - y);
    case MLJ_TANH: return 1 - y * y;
    case MLJ_LEAKY_RELU: return y > 0 ? 1 : ALPHA;
    case MLJ_ELU: return y > 0 ? 1 : y + ALPHA;
    case MLJ_SOFTPLUS: return -expm1(-y);
    case MLJ_SILU: return s * (1 + y * (1 - s));
    case MLJ_GELU: return erfc(-y / sqrt(2)) / 2 + y * exp(-y * y / 2) / sqrt(2 * acos(-1));
    default: return 1;
    }
}

/* ---- products ---- */

static int64_t panels(int64_t rows, int64_t cols) { return (cols + 15) / 16 * 16 * rows; }

/* A [rows, cols] matrix in panels, filled up with zeros. */
static float *to_panels(int64_t rows, int64_t cols, const float *x) {
    float *to = room(panels(rows, cols));
    for (int64_t i = 0; i < panels(rows, cols); i++) to[i] = 0;
    for (int64_t r = 0; r < rows; r++)
        for (int64_t c = 0; c < cols; c++) to[in_panels(rows, r, c)] = x[r * cols + c];
    return to;
}

enum { BY_ROWS, BY_COLUMNS, IN_PANELS };
static float *turned_over(int64_t rows, int64_t cols, const float *x) {
    float *to = room(rows * cols);
    for (int64_t i = 0; i < rows * cols; i++) to[i % cols * rows + i / cols] = x[i];
    return to;
}

/* Forward: B by rows, by columns or in panels, bias, activation, slope. Rows of C are `gap` apart. */
static void product(int64_t m, int64_t n, int64_t k, int turned, int form, int kind, int mask) {
    const int64_t gap = below(3), middle = below(m + 1);
    const float *a = draw(m * k, 1), *b = draw(k * n, 1), *bias = below(2) ? draw(n, 1) : NULL;
    const float *y = mask ? draw(m * n, 7) : NULL;
    float *c = room(m * (n + gap));
    mlj_matmul p = {.m = m, .n = n, .k = k, .a = a, .a_row = turned ? 1 : k, .a_col = turned ? m : 1, .b_row = n};
    switch (form) {
    case BY_ROWS: p.b = b, p.b_col = 1; break;
    case BY_COLUMNS: p.b = turned_over(k, n, b), p.b_row = 1, p.b_col = k; break;
    case IN_PANELS: p.b = to_panels(k, n, b), p.b_col = 1, p.b_panel = k * 16; break;
    }
    p.c = c, p.c_row = n + gap, p.bias = bias, p.activation = kind;
    p.mask_y = y, p.mask_y_row = n, p.mask_activation = mask;
    ops->matmul(&p, 0, middle);
    ops->matmul(&p, middle, m);
    for (int64_t i = 0; i < m; i++)
        for (int64_t j = 0; j < n; j++) {
            double sum = 0, size = 0;
            for (int64_t l = 0; l < k; l++) {
                const double term = (double)a[turned ? l * m + i : i * k + l] * b[l * n + j];
                sum += term, size += fabs(term);
            }
            const double z = sum + (bias ? bias[j] : 0), value = f(kind, z), at = y ? y[i * n + j] : 0;
            const double s = y ? slope(mask, at) : 1, roundings = (y ? 4 * (1 + at * at) : 0) + 4 * fabs(s);
            const double bound = (k + 2) * U * size + (bias || kind ? 3 * U * (fabs(z) + fabs(z - sum) + 1) : 0);
            near(i * n + j, c[i * (n + gap) + j], value * s, bound * fabs(s) + roundings * U * fabs(value) + 1e-44);
        }
    leave();
}

/* One step of a rule with constants that are used by it alone. */
enum { KINDS = 6 };
static mlj_rule rule_of(int kind) {
    mlj_rule rule;
    switch (kind) {
    case 1: rule = mlj_rule_sgd(0.1, 0.0, 0); break;
    case 2: rule = mlj_rule_sgd(0.1, 0.9, 1); break;
    case 3: rule = mlj_rule_rmsprop(0.1, 0.9, 1e-8); break;
    case 4: rule = mlj_rule_adagrad(0.1, 1e-10); break;
    default: rule = mlj_rule_adam(0.1, 0.9, 0.99, 1e-8, 0.1, 0.01);
    }
    if (kind == 6) rule.kind = MLJ_ADAMW;
    mlj_penalise(&rule, 0.01, 0.02);
    rule.clip = 0.5f;
    return rule;
}

/* A gradient in panels, added to what is there, and W moved by it: the bits of gradient and update one by one. */
static void gradient(int64_t m, int64_t n, int64_t k, int kind, int accumulate) {
    const int64_t size = panels(m, n);
    const float *a = draw(k * m, 1), *b = draw(k * n, 1), *before = to_panels(m, n, draw(m * n, 1));
    const float *w = to_panels(m, n, draw(m * n, 1)), *m1 = to_panels(m, n, draw(m * n, 1)), *g = copy(size, before);
    const mlj_rule rule = rule_of(kind);
    float *m2 = copy(size, m1), *plain[3], *moved[3];
    for (int64_t i = 0; i < size; i++) m2[i] = fabsf(m2[i]);
    const float *const first[3] = {w, kind == 3 || kind == 4 ? m2 : m1, m2};
    for (int i = 0; i < 3; i++) plain[i] = copy(size, first[i]), moved[i] = copy(size, first[i]);
    mlj_matmul p = {
        .m = m, .n = n, .k = k, .a = a, .a_row = 1, .a_col = m, .b = b, .b_row = n, .b_col = 1, .c_panel = m * 16};
    p.c = (float *)g, p.accumulate = accumulate;
    ops->matmul(&p, 0, m);
    for (int64_t i = 0; i < m; i++)
        for (int64_t j = 0; j < n; j++) {
            double sum = accumulate ? before[in_panels(m, i, j)] : 0, total = fabs(sum);
            for (int64_t l = 0; l < k; l++) {
                const double term = (double)a[l * m + i] * b[l * n + j];
                sum += term, total += fabs(term);
            }
            near(i * n + j, g[in_panels(m, i, j)], sum, (k + 2) * U * total + 1e-44);
        }
    ops->update(&rule, size, plain[0], g, plain[1], plain[2]);
    const int64_t middle = below(m + 1);
    p.c = copy(size, before), p.rule = &rule, p.w = moved[0], p.moment1 = moved[1], p.moment2 = moved[2];
    ops->matmul(&p, 0, middle);
    ops->matmul(&p, middle, m);
    for (int i = 0; i < 3; i++) equal(size, moved[i], plain[i]);
    leave();
}

static void products(void) {
    static const int64_t large[][3] = {{70, 33, 1100}, {130, 140, 600}, {200, 5, 700}, {1, 200, 50}, {100, 17, 300}};
    doing = "matmul";
    for (int i = 0; i < 500; i++) {
        const int64_t m = some(), n = some(), k = some();
        const int kind = (int)below(5), mask = (int)below(15);
        product(m, n, k, i & 1, i % 3, kind, mask > MLJ_TANH ? MLJ_LINEAR : mask);
    }
    for (int i = 0; i < COUNT(large) * 6; i++)
        product(large[i / 6][0], large[i / 6][1], large[i / 6][2], i & 1, i % 3, MLJ_RELU, 0);
    doing = "matmul to panels, with an update";
    for (int i = 0; i < 300; i++) {
        const int64_t m = some(), n = some(), k = some();
        gradient(m, n, k, i % KINDS + 1, i / 2 % 3 == 0);
    }
    for (int i = 0; i < COUNT(large); i++) gradient(large[i][0], large[i][1], large[i][2], KINDS - i, i & 1);
}

/* ---- element by element ---- */

static void activations(void) {
    static const float special[] = {NAN, INFINITY, -INFINITY, 0.0f, -0.0f, 6, 88.8f, -88.8f, -104.5f, 1e-45f, -LEAST};
    static char what[40];
    doing = what;
    for (int kind = MLJ_LINEAR; kind < MLJ_ACTIVATIONS; kind++)
        for (int64_t n = 0; n < 130; n++) {
            snprintf(what, sizeof what, "activate, kind %d", kind); /* a new one has a line in f and in slope above */
            float *x = draw(n, n % 3 ? 8 : 100), *y = room(n), *dx = room(n);
            for (int64_t i = 0; i < n; i++)
                if (!below(4)) x[i] = special[below(COUNT(special))];
            ops->activate(kind, ALPHA, n, x, y);
            for (int64_t i = 0; i < n; i++) {
                const double exact = f(kind, x[i]), least = kind >= MLJ_SILU ? LEAST : 0; /* zero below it */
                near(i, y[i], exact, kind < MLJ_SIGMOID ? 0 : (kind < MLJ_SILU ? 3 : 6.5) * unit(exact) + least);
            }
            const float *dy = draw(n, 1);
            const float *told = kind >= MLJ_SILU ? x : y;
            ops->activate_backward(kind, ALPHA, n, told, dy, dx);
            for (int64_t i = 0; i < n; i++) near(i, dx[i], dy[i] * slope(kind, told[i]), 12 * U * fabs(dy[i]));
            leave();
        }
}

static void updates(void) {
    doing = "update";
    for (int kind = 1; kind <= KINDS; kind++)
        for (int64_t n = 0; n < 70; n++) {
            const mlj_rule r = rule_of(kind);
            const float *g = draw(n, 1), *w = draw(n, 1), *m = draw(n, 1), *v = draw(n, 1);
            float *w1 = copy(n, w), *m1 = copy(n, m), *v1 = copy(n, v);
            for (int64_t i = 0; i < n; i++) v1[i] = fabsf(v[i]), m1[i] = kind == 3 || kind == 4 ? v1[i] : m[i];
            ops->update(&r, n, w1, g, m1, v1);
            for (int64_t i = 0; i < n; i++) {
                const double l1 = 0.02 * ((w[i] > 0) - (w[i] < 0)), decay = kind == 6 ? 0 : 0.01 * w[i];
                const double slope = 0.5 * g[i] + decay + l1, speed = 0.9 * m[i] + slope;
                const double mean = 0.9 * m[i] + 0.1 * slope, sum = fabs(v[i]) + slope * slope;
                const double rho = 0.9 * fabs(v[i]) + 0.1 * slope * slope;
                const double size = 0.99 * fabs(v[i]) + 0.01 * slope * slope;
                const double adam = 0.1 * (mean / 0.1) / (sqrt(size / 0.01) + 1e-8);
                const double steps[] = {0.1 * slope,
                                        0.1 * (slope + 0.9 * speed),
                                        0.1 * slope / (sqrt(rho) + 1e-8),
                                        0.1 * slope / (sqrt(sum) + 1e-10),
                                        adam,
                                        adam + 0.1 * 0.01 * w[i]};
                near(i, w1[i], w[i] - steps[kind - 1], 32 * U * (fabs(w[i]) + fabs(steps[kind - 1]) + 1));
                sign(m1[i]), sign(v1[i]);
            }
            double squares = 0;
            for (int64_t i = 0; i < n; i++) squares += (double)g[i] * g[i];
            near(n, (float)ops->sum_of_squares(n, g), squares, 2 * U * squares);
            leave();
        }
}

/* ---- rows ---- */

static void softmaxes(int64_t rows, int64_t n) {
    float *z = draw(rows * n, 4), *y = room(rows * n), *dz = room(rows * n), *loss = room(rows);
    int32_t *labels = (int32_t *)room(rows);
    for (int64_t r = 0; r < rows; r++) labels[r] = (int32_t)below(n + 1); /* n is no class */
    if (rows > 2) z[below(n)] = NAN, z[n + below(n)] = -INFINITY, z[2 * n + below(n)] = 100;
    ops->softmax(rows, n, z, y);
    ops->softmax_cross_entropy(rows, n, z, labels, 0.5f, dz, loss);
    for (int64_t r = 0; r < rows; r++) {
        const float *row = z + r * n;
        double most = -INFINITY, total = 0;
        for (int64_t i = 0; i < n; i++) most = isnan(row[i]) || row[i] > most ? row[i] : most;
        if (rows > 2 && r == 0) most = NAN;
        for (int64_t i = 0; i < n; i++) total += exp(row[i] - most);
        const double exact = labels[r] < n ? log(total) + most - row[labels[r]] : NAN;
        near(r, loss[r], exact, 32 * U * (1 + fabs(exact)));
        for (int64_t i = 0; i < n; i++) {
            const double p = exp(row[i] - most) / total;
            near(i, y[r * n + i], p, 64 * U * p + LEAST);
            near(i, dz[r * n + i], 0.5 * (p - (labels[r] == i)), 64 * U * (p + (labels[r] == i)) + LEAST);
        }
    }
    const float *p = draw(rows * n, 1), *g = draw(rows * n, 1);
    ops->softmax_backward(rows, n, p, g, dz);
    for (int64_t r = 0; r < rows; r++) {
        double dot = 0, size = 0;
        for (int64_t i = r * n; i < r * n + n; i++) dot += (double)p[i] * g[i], size += fabs((double)p[i] * g[i]);
        for (int64_t i = r * n; i < r * n + n; i++)
            near(i, dz[i], p[i] * (g[i] - dot), (n + 4) * U * fabs(p[i]) * (fabs(g[i]) + size));
    }
    leave();
}

static void errors(int64_t rows, int64_t n) {
    float *z = draw(rows * n, 4), *y = draw(rows * n, 4), *dz = room(rows * n), *loss = room(rows);
    for (int power = 1; power <= 3; power++) {
        if (power == 3)
            ops->huber(rows, n, z, y, 1.5f, 0.5f, dz, loss);
        else
            (power == 2 ? ops->squared_error : ops->absolute_error)(rows, n, z, y, 0.5f, dz, loss);
        for (int64_t r = 0; r < rows; r++) {
            double sum = 0;
            for (int64_t i = r * n; i < r * n + n; i++) {
                const double e = fabs((double)z[i] - y[i]), bent = fmin(e, 1.5);
                sum += (power == 3 ? bent * (e - bent / 2) : pow(e, power)) / (double)n;
            }
            near(r, loss[r], sum, (n + 6) * U * sum);
            for (int64_t i = r * n; i < r * n + n; i++) {
                const double e = (double)z[i] - y[i];
                const double s = power == 3 ? fmax(-1.5, fmin(1.5, e)) : power == 2 ? 2 * e : (e > 0) - (e < 0);
                near(i, dz[i], 0.5 * s / (double)n, 6 * U * fabs(s));
            }
        }
    }
    const int64_t all = rows * n;
    float *t = draw(all, 1), *dx = room(all), *each = room(all);
    for (int64_t i = 0; i < all; i++) t[i] = fabsf(t[i]);
    for (int way = 0; way < 2; way++) {
        const float penalty = way ? 0.25f : 0;
        ops->binary_cross_entropy(all, z, t, penalty, 0.5f, dx, each);
        for (int64_t i = 0; i < all; i++) {
            const double x = z[i], p = 1 / (1 + exp(-x)), q = 1 / (1 + exp(x));
            const double sure = penalty * (log(2) + p * log(p) + q * log(q));
            const double exact = (x > 0 ? x : 0) - x * t[i] + log1p(exp(-fabs(x))) + sure;
            near(i, each[i], exact, 16 * U * (1 + fabs(x)));
            near(i, dx[i], 0.5 * (p - t[i] + penalty * p * q * x), 16 * U);
        }
    }
    leave();
}

static void rows_and_columns(void) {
    static const int64_t widths[] = {1, 2, 3, 4, 5, 8, 10, 15, 16, 17, 31, 32, 33, 47, 64, 65, 100};
    for (int64_t i = 0; i < COUNT(widths); i++)
        for (int64_t rows = 0; rows < 36; rows += rows < 20 ? 1 : 5) {
            const int64_t n = widths[i];
            doing = "softmax", softmaxes(rows, n);
            doing = "softened", softened(rows, n);
            doing = "counts", counts(rows, n);
            doing = "errors", errors(rows, n);
            const float *x = draw(rows * n, 1);
            float *turned = room(rows * n), *sum = draw(n, 1);
            const float *before = copy(n, sum);
            doing = "transpose", ops->transpose(rows, n, x, n, turned, rows);
            for (int64_t r = 0; r < rows; r++)
                for (int64_t c = 0; c < n; c++) near(c, turned[c * rows + r], x[r * n + c], 0);
            doing = "column_sum", ops->column_sum(rows, n, x, n, sum, (int32_t)i & 1);
            for (int64_t c = 0; c < n; c++) {
                float expected = i & 1 ? before[c] : 0.0f;
                for (int64_t r = 0; r < rows; r++) expected += x[r * n + c];
                equal(1, sum + c, &expected);
            }
            leave();
        }
}

/* ---- batches ---- */

static void batches(void) {
    static const uint32_t known[4] = {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}; /* Random123: all zero */
    uint32_t found[4];
    int32_t order[1000], seen[1000] = {0};
    doing = "words", ops->words(0, 0, 0, 0, 0, 0, 4, found);
    if (memcmp(found, known, sizeof known)) fail(0, found[0], known[0]);
    doing = "order", ops->order(7, 3, 1000, order);
    for (int i = 0; i < 1000; i++) seen[order[i]]++, sign((float)order[i]);
    for (int i = 0; i < 1000; i++)
        if (seen[i] != 1) fail(i, seen[i], 1);
    doing = "gather";
    for (int64_t n = 0; n < 70; n++) {
        const float *x = draw(20 * n, 1);
        const uint8_t *bytes = (const uint8_t *)copy(5 * n, x);
        int32_t *rows = (int32_t *)room(9);
        float *out = room(9 * n), *pixels = room(9 * n);
        for (int i = 0; i < 9; i++) rows[i] = (int32_t)below(20);
        ops->gather(9, n, rows, x, 0, 1, out, n);
        ops->gather(9, n, rows, bytes, 1, 1 / 255.0f, pixels, n);
        for (int64_t i = 0; i < 9 * n; i++) {
            const int64_t from = rows[i / n] * n + i % n;
            const float pixel = (float)bytes[from] * (1 / 255.0f);
            equal(1, out + i, x + from), equal(1, pixels + i, &pixel);
        }
        leave();
    }
}

int main(void) {
    static const char *const tiers[] = {"baseline", "avx2", "avx512"};
    for (int i = 0; i < 3; i++) {
        if (!(ops = mlj_ops_for(tiers[i]))) continue;
        state = 1, checksum = 14695981039346656037u, numbers = 0;
        mlj_select(tiers[i]);
        products(), activations(), norms(), chances(), updates(), rows_and_columns(), batches(), plans();
        convolutions(), pooled(), poolings(), sequences(), scans();
        printf("%s %016llx %lld\n", ops->name, (unsigned long long)checksum, (long long)numbers);
    }
    return failures > 0;
}
