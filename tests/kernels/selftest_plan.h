/* A plan: 20 -> 70 relu -> 5, softmax cross-entropy, shuffled batches of 16 out of 50 rows. Its first step against
   plain loops in double; later ones, for every optimizer, plain beside fused bit by bit. */

enum { IN = 20, HID = 70, OUT = 5, PLAN_ROWS = 50, BATCH = 16, STEPS = 9 };
enum { W1 = 0, W2 = W1 + IN * 80, B1 = W2 + HID * 16, B2 = B1 + 80, SIZE = B2 + 16, M = SIZE, G = M + 2 * SIZE };
enum { X0 = G + SIZE, H = X0 + BATCH * IN, Z = H + BATCH * HID, LOSS = Z + BATCH * OUT, DZ = LOSS + BATCH };
enum { DH = DZ + BATCH * OUT, WT = DH + BATCH * HID, END = WT + OUT * 80 };

/* Trains from w1 and w2 on; leaves both as they are then. */
static void train(int fused, int rule, const float *x, const int32_t *labels, float *w1, float *w2, float *losses,
                  int steps) {
    mlj_call calls[] = {
        {MLJ_GATHER, .inputs = IN, .y = X0},
        {MLJ_DENSE, .activation = MLJ_RELU, .inputs = IN, .outputs = HID, .x = X0, .w = W1, .b = B1, .y = H},
        {MLJ_DENSE, .inputs = HID, .outputs = OUT, .x = H, .w = W2, .b = B2, .y = Z},
        {MLJ_SOFTMAX_CROSS_ENTROPY, .inputs = OUT, .outputs = OUT, .x = Z, .w = -1, .b = -1, .y = LOSS, .dx = DZ},
        {MLJ_DENSE_BACKWARD, .mask = MLJ_RELU, .inputs = HID, .outputs = OUT, .x = H, .w = W2, .b = B2, .dy = DZ,
         .dw = G + W2, .db = G + B2, .dx = DH, .wt = WT},
        {MLJ_DENSE_BACKWARD, .inputs = IN, .outputs = HID, .x = X0, .w = W1, .b = B1, .dy = DH, .dw = G + W1,
         .db = G + B1, .dx = -1, .wt = -1},
        {MLJ_UPDATE, .rule = rule, .inputs = SIZE, .outputs = 1, .w = W1, .y = -1, .dw = G},
    };
    const double constants[] = {0, 0, 0, 0.9, rule == MLJ_SGD ? 0 : 0.99, 1e-8};
    for (int i = 0; i < 7; i++) calls[i].each = 1;
    for (int i = 4; i < 7; i++) {
        memcpy(calls[i].constants, constants, sizeof constants);
        calls[i].rule = i == 6 || fused ? rule : MLJ_NO_RULE;
    }
    int32_t batch_labels[BATCH], order[PLAN_ROWS], count_up[BATCH];
    for (int i = 0; i < BATCH; i++) count_up[i] = i;
    float *arena = room(END);
    for (int i = 0; i < END; i++) arena[i] = 0;
    mlj_plan p = {.calls = calls,
                  .count = fused ? 6 : 7,
                  .loss = 3,
                  .update = 6,
                  .arena = arena,
                  .input = X0,
                  .output = Z,
                  .row_loss = LOSS,
                  .vector = 0,
                  .moments = M,
                  .size = SIZE,
                  .panels = fused,
                  .features = IN,
                  .outputs = OUT,
                  .answers = 1,
                  .rows = PLAN_ROWS,
                  .batch = BATCH,
                  .chunk = 32,
                  .block = BATCH,
                  .factor = 1,
                  .x = x,
                  .labels = labels,
                  .batch_labels = batch_labels,
                  .order = order,
                  .count_up = count_up,
                  .seed = 7,
                  .epoch = -1};
    double rates[STEPS];
    mlj_progress progress = {0};
    for (int i = 0; i < STEPS; i++) rates[i] = 0.05 / (i + 1);
    for (int way = 0; way < 2; way++) { /* in, and out again */
        for (int r = 0; r < IN; r++)
            for (int c = 0; c < HID; c++) {
                float *at = arena + W1 + (fused ? in_panels(IN, r, c) : r * HID + c);
                *(way ? &w1[r * HID + c] : at) = *(way ? at : &w1[r * HID + c]);
            }
        for (int r = 0; r < HID; r++)
            for (int c = 0; c < OUT; c++) {
                float *at = arena + W2 + (fused ? in_panels(HID, r, c) : r * OUT + c);
                *(way ? &w2[r * OUT + c] : at) = *(way ? at : &w2[r * OUT + c]);
            }
        if (!way) near(0, (float)mlj_train(&p, 0, steps, rates, losses, &progress), steps, 0);
    }
}

/* Mean loss of the first batch, and w1 and w2 (in double) after a step of sgd at rate 0.05, all by plain loops. */
static double first_step(const float *x, const int32_t *labels, double *w1, double *w2) {
    static double h[HID], dh[HID], g1[IN * HID], g2[HID * OUT];
    int32_t order[PLAN_ROWS];
    double loss = 0;
    memset(g1, 0, sizeof g1), memset(g2, 0, sizeof g2);
    ops->order(7, 0, PLAN_ROWS, order);
    for (int b = 0; b < BATCH; b++) {
        const float *row = x + order[b] * IN;
        double z[OUT] = {0}, total = 0;
        for (int j = 0; j < HID; j++) {
            h[j] = dh[j] = 0;
            for (int i = 0; i < IN; i++) h[j] += row[i] * w1[i * HID + j];
            h[j] = h[j] > 0 ? h[j] : 0;
            for (int o = 0; o < OUT; o++) z[o] += h[j] * w2[j * OUT + o];
        }
        for (int o = 0; o < OUT; o++) total += exp(z[o]);
        loss += (log(total) - z[labels[order[b]]]) / BATCH;
        for (int o = 0; o < OUT; o++) {
            const double dz = (exp(z[o]) / total - (labels[order[b]] == o)) / BATCH;
            for (int j = 0; j < HID; j++) g2[j * OUT + o] += h[j] * dz, dh[j] += h[j] > 0 ? dz * w2[j * OUT + o] : 0;
        }
        for (int i = 0; i < IN; i++)
            for (int j = 0; j < HID; j++) g1[i * HID + j] += row[i] * dh[j];
    }
    for (int i = 0; i < IN * HID; i++) w1[i] -= 0.05 * g1[i];
    for (int i = 0; i < HID * OUT; i++) w2[i] -= 0.05 * g2[i];
    return loss;
}

static void plans(void) {
    static double exact1[IN * HID], exact2[HID * OUT];
    int32_t labels[PLAN_ROWS];
    for (int i = 0; i < PLAN_ROWS; i++) labels[i] = (int32_t)below(OUT);
    for (int rule = MLJ_SGD; rule <= MLJ_ADAMW; rule++) {
        const float *x = draw(PLAN_ROWS * IN, 1), *w1 = draw(IN * HID, 0.3f), *w2 = draw(HID * OUT, 0.3f);
        float *found[2][3];
        for (int i = 0; i < IN * HID; i++) exact1[i] = w1[i];
        for (int i = 0; i < HID * OUT; i++) exact2[i] = w2[i];
        const double loss = first_step(x, labels, exact1, exact2);
        for (int fused = 0; fused < 2; fused++) {
            float *const *at = found[fused];
            found[fused][0] = copy(IN * HID, w1), found[fused][1] = copy(HID * OUT, w2), found[fused][2] = room(STEPS);
            doing = "a step of a plan", train(fused, rule, x, labels, at[0], at[1], at[2], 1);
            near(0, at[2][0], loss, 1e-6);
            for (int i = 0; rule == MLJ_SGD && i < IN * HID; i++) near(i, at[0][i], exact1[i], 1e-6);
            for (int i = 0; rule == MLJ_SGD && i < HID * OUT; i++) near(i, at[1][i], exact2[i], 1e-6);
            train(fused, rule, x, labels, at[0], at[1], at[2], STEPS);
        }
        doing = "a fused plan beside a plain one";
        equal(IN * HID, found[1][0], found[0][0]), equal(HID * OUT, found[1][1], found[0][1]);
        equal(STEPS, found[1][2], found[0][2]);
        leave();
    }
}
