/* Recurrent layers in a plan, there and back: rows of differing lengths, whose padding is rubbish, beside each row
 * alone.
 */
#include "parts.h"

enum { CELL_ROWS = 35, CELL_STEPS = 7, CELL_IN = 5, CELL_UNITS = 9, CELL_MOST = 4 * CELL_UNITS };
enum { /* places in the arena, of one row after the other where there are several */
       CX = 0,
       CY = CX + CELL_ROWS * CELL_STEPS * CELL_IN,
       CDX = CY + CELL_ROWS * CELL_STEPS * CELL_UNITS,
       CDY = CDX + CELL_ROWS * CELL_STEPS * CELL_IN,
       CW = CDY + CELL_ROWS * CELL_STEPS * CELL_UNITS,
       CU = CW + CELL_IN * CELL_MOST,
       CB = CU + CELL_UNITS * CELL_MOST,
       CB2 = CB + CELL_MOST,
       CG = CB2 + CELL_UNITS, /* the gradients, in the same order */
       CWT = CG + CG - CW,
       CPACKED = CWT + CELL_MOST * 32,
       CROOM = CPACKED + 2 * (CELL_IN + CELL_UNITS) * 48,
       CEND = CROOM + CELL_ROWS * 64 * CELL_STEPS * CELL_MOST
};

/* Output, dx and gradients of `rows` rows of so many steps, in the arena. */
static void there_and_back(float *arena, int cell, int back, int last, int64_t rows, int64_t steps,
                           const int32_t *lengths) {
    const mlj_plan plan = {.arena = arena, .input = -1, .block = rows};
    const mlj_block b = {.plan = &plan, .ops = ops, .rows = rows, .lengths = lengths, .training = 1};
    const int64_t columns = CELL_UNITS * (cell == MLJ_RNN ? 1 : cell == MLJ_GRU ? 3 : 4);
    mlj_call c = {.opcode = MLJ_RECURRENT, .inputs = 16 + CELL_UNITS, .outputs = (last ? 1 : steps) * CELL_UNITS};
    c.x = CX, c.y = CY, c.w = CW, c.u = CU, c.b = CB, c.b2 = cell == MLJ_GRU ? CB2 : -1;
    c.dw = CG, c.du = CG + CU - CW, c.db = CG + CB - CW, c.db2 = cell == MLJ_GRU ? CG + CB2 - CW : -1;
    c.wt = CWT, c.packed = CPACKED, c.room = CROOM, c.dx = CDX, c.dy = CDY;
    c.steps = steps, c.features = CELL_IN, c.units = CELL_UNITS, c.columns = columns;
    c.cell = cell, c.back = back, c.last = last;
    if (back) memset(arena + CDX, 0, (CDY - CDX) * sizeof *arena); /* it adds */
    mlj_parts[MLJ_RECURRENT][ROWS](&b, &c, 0, rows);
    c.opcode = MLJ_RECURRENT_BACKWARD;
    mlj_parts[c.opcode][PREPARE](&b, &c, 0, c.inputs);
    mlj_parts[c.opcode][ROWS](&b, &c, 0, rows);
    mlj_parts[c.opcode][REDUCE](&b, &c, 0, c.inputs);
}

/* One row of a buffer to or from its place, `steps` of them real. */
static void row_of(float *from, float *to, int64_t row, int64_t to_row, int64_t numbers, int64_t real) {
    memcpy(to + to_row * numbers, from + row * numbers, (size_t)real * sizeof *to);
}

static void one_sequence_setting(int cell, int back, int last) {
    static double sums[CG - CW];
    int32_t lengths[CELL_ROWS];
    float *all = draw(CEND, 0.5f), *alone = room(CEND);
    const int64_t x_row = CELL_STEPS * CELL_IN, y_row = (last ? 1 : CELL_STEPS) * CELL_UNITS;
    for (int i = 0; i < CELL_ROWS; i++) {
        lengths[i] = (int32_t)(1 + below(CELL_STEPS));
        for (int64_t k = lengths[i] * CELL_IN; k < x_row; k++) all[CX + i * x_row + k] = i % 2 ? NAN : 1e30f;
        for (int64_t k = lengths[i] * CELL_UNITS; !last && k < y_row; k++) all[CDY + i * y_row + k] = NAN;
    }
    there_and_back(all, cell, back, last, CELL_ROWS, CELL_STEPS, lengths);
    memset(sums, 0, sizeof sums);
    for (int i = 0; i < CELL_ROWS; i++) {
        const int64_t x = lengths[i] * CELL_IN, y = last ? CELL_UNITS : lengths[i] * CELL_UNITS;
        for (int k = 0; k < CEND; k++) alone[k] = 0;
        memcpy(alone + CW, all + CW, (CG - CW) * sizeof *all);
        row_of(all + CX, alone + CX, i, 0, x_row, x), row_of(all + CDY, alone + CDY, i, 0, y_row, y);
        there_and_back(alone, cell, back, last, 1, lengths[i], NULL);
        for (int64_t k = 0; k < y_row; k++) near(k, all[CY + i * y_row + k], k < y ? alone[CY + k] : 0, 1e-6);
        for (int64_t k = 0; k < x_row; k++) near(k, all[CDX + i * x_row + k], k < x ? alone[CDX + k] : 0, 1e-6);
        for (int k = 0; k < CG - CW; k++) sums[k] += alone[CG + k];
    }
    const int64_t columns = CELL_UNITS * (cell == MLJ_RNN ? 1 : cell == MLJ_GRU ? 3 : 4);
    for (int k = 0; k < CELL_IN * columns; k++) near(k, all[CG + k], sums[k], 1e-4);
    for (int k = CU - CW; k < CU - CW + CELL_UNITS * columns; k++) near(k, all[CG + k], sums[k], 1e-4);
    for (int k = CB - CW; k < CB - CW + columns; k++) near(k, all[CG + k], sums[k], 1e-4);
    for (int k = CB2 - CW; cell == MLJ_GRU && k < CG - CW; k++) near(k, all[CG + k], sums[k], 1e-4);
    leave();
}

static void sequences(void) {
    doing = "rows of differing lengths";
    for (int cell = MLJ_RNN; cell <= MLJ_LSTM; cell++)
        for (int back = 0; back < 2; back++)
            for (int last = 0; last < 2; last++) one_sequence_setting(cell, back, last);
}
