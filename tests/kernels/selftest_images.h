/* Convolution and pooling of every tier, against plain loops in double. */

static int64_t places_of(int64_t side, int64_t pad, int64_t size, int64_t step) {
    return (side + 2 * pad - size) / step + 1;
}

static mlj_windows some_windows(int pads) {
    mlj_windows w = {
        .tall = 1 + below(4), .wide = 1 + below(5), .step_down = 1 + below(3), .step_across = 1 + below(3)};
    if (pads) w.pad_down = below(3), w.pad_across = below(3);
    w.height = w.tall + below(9), w.width = w.wide + below(12);
    w.down = places_of(w.height, w.pad_down, w.tall, w.step_down);
    w.across = places_of(w.width, w.pad_across, w.wide, w.step_across);
    return w;
}

/* Where number (u, v) of the window at (i, j) lies among the pixels of an image, or -1. */
static int64_t met(const mlj_windows *w, int64_t i, int64_t j, int64_t u, int64_t v) {
    const int64_t row = i * w->step_down + u - w->pad_down, column = j * w->step_across + v - w->pad_across;
    return row < 0 || row >= w->height || column < 0 || column >= w->width ? -1 : row * w->width + column;
}

/* Number (u, v, c) of filter o in panels of sixteen. */
static int64_t weight(const mlj_convolution *c, int64_t u, int64_t v, int64_t in, int64_t o) {
    const int64_t row = (u * c->at.wide + v) * c->channels + in;
    return (o / 16 * c->at.tall * c->at.wide * c->channels + row) * 16 + o % 16;
}

static void judge_convolution(const mlj_convolution *c, int64_t images) {
    const mlj_windows *w = &c->at;
    const int64_t pixels = w->height * w->width, rows = w->tall * w->wide * c->channels, n = c->channels;
    double *dx = calloc((size_t)(images * pixels * n), sizeof *dx), *dw = calloc((size_t)(rows * c->dy_pixel), 8);
    for (int64_t place = 0; place < images * w->down * w->across; place++)
        for (int64_t o = 0; o < c->filters; o++) {
            const int64_t image = place / (w->down * w->across), j = place % w->across;
            const int64_t i = place / w->across % w->down;
            const double slope = c->dy[place * c->dy_pixel + o];
            double sum = c->bias[o];
            for (int64_t u = 0; u < w->tall; u++)
                for (int64_t v = 0; v < w->wide; v++)
                    for (int64_t in = 0, at = met(w, i, j, u, v); at >= 0 && in < n; in++) {
                        const int64_t from = (image * pixels + at) * n + in, k = weight(c, u, v, in, o);
                        sum += (double)c->x[from] * c->w[k];
                        dx[from] += c->w[k] * slope, dw[k] += c->x[from] * slope;
                    }
            near(place, c->y[place * c->filters + o], sum, 1e-4);
        }
    for (int64_t i = 0; i < images * pixels * n; i++) near(i, c->dx[i], dx[i], 1e-4);
    for (int64_t i = 0; i < rows * c->dy_pixel; i++) near(i, c->dw[i], dw[i], 1e-3);
    free(dx), free(dw);
}

static void convolutions(void) {
    doing = "convolution";
    for (int64_t round = 0; round < 60; round++) {
        const int64_t images = 1 + below(19);
        mlj_convolution c = {.at = some_windows(1), .channels = 1 + below(20), .filters = 1 + below(40)};
        const int64_t outputs = (c.filters + 15) / 16 * 16, inputs = (c.channels + 15) / 16 * 16;
        const int64_t rows = c.at.tall * c.at.wide * c.channels, places = c.at.down * c.at.across;
        const int64_t numbers_in = images * c.at.height * c.at.width * c.channels;
        float *dy = draw(images * places * outputs, 1), *w = draw(rows * outputs, 1), *db = room(c.filters);
        for (int64_t i = 0; i < rows * outputs; i++)
            if (i / (16 * rows) * 16 + i % 16 >= c.filters) w[i] = 0;
        for (int64_t i = 0; i < images * places * outputs; i++)
            if (i % outputs >= c.filters) dy[i] = 0;
        c.x = draw(numbers_in, 1), c.w = w, c.bias = draw(c.filters, 1), c.y = room(images * places * c.filters);
        c.wt = room(c.at.tall * c.at.wide * outputs * inputs), c.dy = dy, c.dx = room(numbers_in);
        memset(c.wt, 0, (size_t)(c.at.tall * c.at.wide * outputs * inputs) * sizeof *c.wt);
        c.dy_pixel = outputs, c.dy_image = places * outputs;
        c.dw = room(rows * outputs), c.db = db;
        memset(c.dw, 0, (size_t)(rows * outputs) * sizeof *c.dw);
        memset(db, 0, (size_t)c.filters * sizeof *db);
        ops->convolve(&c, 0, images);
        ops->turn_filters(&c, 0, rows);
        ops->convolve_back(&c, 0, images);
        ops->convolve_gradient(&c, 0, images);
        judge_convolution(&c, images);
        for (int64_t o = 0; o < c.filters; o++) {
            double sum = 0;
            for (int64_t i = 0; i < images * places; i++) sum += dy[i * outputs + o];
            near(o, db[o], sum, 1e-3);
        }
        leave();
    }
}

/* A convolution and a pooling by twos as one call and as two. */
static void pooled(void) {
    doing = "convolution with pooling";
    for (int64_t round = 0; round < 30; round++) {
        const int64_t images = 1 + below(19);
        mlj_convolution c = {.at = some_windows(1), .channels = 1 + below(9), .filters = 1 + below(40)};
        const int64_t places = c.at.down * c.at.across;
        c.x = draw(images * c.at.height * c.at.width * c.channels, 1), c.bias = draw(c.filters, 1);
        c.w = draw((c.filters + 15) / 16 * 16 * c.at.tall * c.at.wide * c.channels, 1);
        c.y = room(images * places * c.filters), c.activation = MLJ_TANH;
        ops->convolve(&c, 0, images);
        if (c.at.down > 1 && c.at.across > 1) {
            mlj_pooling p = {.channels = c.filters, .kind = MLJ_POOL_MAX, .x = c.y};
            p.at = (mlj_windows){.height = c.at.down, .width = c.at.across, .tall = 2, .wide = 2, .step_down = 2};
            p.at.step_across = 2, p.at.down = c.at.down / 2, p.at.across = c.at.across / 2;
            const int64_t n = images * p.at.down * p.at.across * c.filters;
            p.y = room(n), p.where = room(n), c.y = room(n), c.where = room(n), c.pool = p.at;
            ops->pool(&p, 0, images);
            ops->convolve(&c, 0, images);
            equal(n, c.y, p.y), equal(n, c.where, p.where);
        }
        leave();
    }
}

static void poolings(void) {
    doing = "pooling";
    for (int64_t round = 0; round < 60; round++) {
        const int64_t images = 1 + below(5);
        mlj_pooling p = {.at = some_windows(0), .channels = 1 + below(40), .kind = 1 + (int32_t)below(2)};
        const mlj_windows *w = &p.at;
        const int64_t n = p.channels, places = images * w->down * w->across, pixels = images * w->height * w->width;
        p.x = draw(pixels * n, 1), p.y = room(places * n), p.where = room(places * n), p.dy = draw(places * n, 1);
        p.dx = room(pixels * n), p.dx_pixel = n, p.dx_image = w->height * w->width * n;
        ops->pool(&p, 0, images);
        ops->pool_backward(&p, 0, images);
        double *dx = calloc((size_t)(pixels * n), sizeof *dx);
        for (int64_t i = 0; i < places * n; i++) {
            const int64_t place = i / n, image = place / (w->down * w->across);
            double sum = 0, best = -INFINITY;
            for (int64_t u = 0; u < w->tall; u++)
                for (int64_t v = 0; v < w->wide; v++) {
                    const int64_t at = met(w, place / w->across % w->down, place % w->across, u, v);
                    const int64_t from = (image * w->height * w->width + at) * n + i % n;
                    sum += p.x[from], best = fmax(best, p.x[from]);
                    if (p.kind == MLJ_POOL_MEAN)
                        dx[from] += p.dy[i] / (double)(w->tall * w->wide);
                    else if ((float)(u * w->wide + v) == p.where[i])
                        dx[from] += p.dy[i];
                }
            near(i, p.y[i], p.kind == MLJ_POOL_MEAN ? sum / (double)(w->tall * w->wide) : best, 1e-6);
        }
        for (int64_t i = 0; i < pixels * n; i++) near(i, p.dx[i], dx[i], 1e-5);
        free(dx);
        leave();
    }
}
