/* Softened cross-entropies, divergences and the weights of rows, against plain loops in double. */

/* Counts, many of them zero, and outputs of which some have no exponential. */
static void counts(int64_t rows, int64_t n) {
    float *z = draw(rows * n, 4), *y = room(rows * n), *dz = room(rows * n), *loss = room(rows);
    for (int64_t i = 0; i < rows * n; i++) y[i] = (float)below(4) * (float)below(40);
    if (rows > 2) z[below(n)] = NAN, z[n + below(n)] = 100, z[2 * n + below(n)] = -200;
    ops->poisson_deviance(rows, n, z, y, 0.5f, dz, loss);
    for (int64_t r = 0; r < rows; r++) {
        double exact = 0, size = 0;
        for (int64_t i = r * n; i < r * n + n; i++) {
            const double p = z[i] > 89 ? INFINITY : exp(z[i]), own = y[i] > 0 ? y[i] * log(y[i]) : 0;
            exact += own - (double)y[i] * z[i] - y[i] + p, size += own + fabs((double)y[i] * z[i]) + y[i] + p;
            near(i, dz[i], 0.5 * (p - y[i]), 8 * U * (p + y[i]) + LEAST);
        }
        near(r, loss[r], exact, (n + 8) * U * size + LEAST);
    }
    leave();
}

/* Targets of every kind at once, weights of classes, a penalty; and a distribution as target. */
static void softened(int64_t rows, int64_t n) {
    float *z = draw(rows * n, 4), *y = draw(rows * n, 1), *dz = room(rows * n), *loss = room(rows);
    float *share = draw(n, 0.2f), *inverse = draw(n, 1);
    for (int64_t i = 0; i < n; i++) share[i] = fabsf(share[i]), inverse[i] = fabsf(inverse[i]);
    for (int64_t i = 0; i < rows * n; i++) y[i] = below(3) ? fabsf(y[i]) : 0;
    int32_t *labels = (int32_t *)room(rows);
    for (int64_t r = 0; r < rows; r++) labels[r] = (int32_t)below(n + 1); /* n is no class */
    for (int way = 0; way < 3; way++) {
        const mlj_soft soft = {0.9f, way == 1 ? 0.3f : 0, share, inverse};
        const int distributions = way == 2;
        if (distributions)
            ops->kl_divergence(rows, n, z, y, 0.5f, dz, loss);
        else
            ops->softened_cross_entropy(rows, n, z, labels, &soft, 0.5f, dz, loss);
        for (int64_t r = 0; r < rows; r++) {
            const float *row = z + r * n;
            const int known = labels[r] < n;
            double total = 0, exact = 0, mass = 0, mean = 0, size = 0;
            for (int64_t i = 0; i < n; i++) total += exp(row[i]);
            for (int64_t i = 0; i < n; i++) {
                const double log_p = row[i] - log(total), own = labels[r] == i ? soft.keep : 0;
                const double t = distributions ? y[r * n + i] : own + share[i] * (known ? inverse[labels[r]] : 1);
                exact += t * ((distributions && t > 0 ? log(t) : 0) - log_p), mass += t;
                mean += exp(log_p) * log_p, size += fabs(t * log_p) + fabs(t);
            }
            if (way == 1) exact += soft.penalty * (log((double)n) + mean), size += fabs(mean) + 1;
            if (!distributions && !known) exact = NAN, mass += soft.keep;
            near(r, loss[r], exact, 64 * U * (8 + size));
            for (int64_t i = 0; i < n; i++) {
                const double log_p = row[i] - log(total), p = exp(log_p), own = labels[r] == i ? soft.keep : 0;
                const double t = distributions ? y[r * n + i] : own + share[i] * (known ? inverse[labels[r]] : 1);
                const double more = way == 1 ? soft.penalty * p * (log_p - mean) : 0;
                near(i, dz[r * n + i], 0.5 * (p * mass - t + more), 64 * U * (1 + p * mass + t + fabs(more)) + LEAST);
            }
        }
    }
    float *w = draw(rows, 1), *before = copy(rows * n, dz), *losses = copy(rows, loss);
    ops->weigh(rows, n, w, dz, loss);
    for (int64_t r = 0; r < rows; r++) near(r, loss[r], (double)w[r] * losses[r], U * fabs(w[r] * losses[r]) + LEAST);
    for (int64_t i = 0; i < rows * n; i++)
        near(i, dz[i], (double)w[i / n] * before[i], U * fabs(w[i / n] * before[i]) + LEAST);
    leave();
}
