/* What a call of a plan does in each phase, and the rows it does it with. plan.c runs these; parts.c lists them. */
#ifndef MLJ_PARTS_H
#define MLJ_PARTS_H
#include <stddef.h>

#include "mlj.h"

#define PANEL 16 /* columns of W that lie together in a fused plan */

enum { PREPARE, MEET, ROWS, REDUCE, NORM, UPDATE, PHASES };

typedef struct { /* the rows in hand and where they come from */
    const mlj_plan *plan;
    const mlj_ops *ops;
    const int32_t *order;  /* places of the rows in the data; NULL: they follow each other from `x` */
    const void *x;         /* rows as stored: the whole data, or the first row of the block */
    const float *input;    /* rows as the first layer reads them */
    const int32_t *labels; /* targets of the block's rows */
    const float *targets;
    const float *weights;   /* or NULL */
    const int32_t *lengths; /* steps of each row that are real, or NULL where all are */
    int32_t is_uint8;
    int64_t rows;
    int training;               /* else as in prediction: nothing is dropped, and statistics are the running ones */
    int64_t epoch, step, first; /* of training, and the place of the first row in the batch */
    float scale;                /* 1 / weight of the step's rows */
    double share;               /* what decay is multiplied by: 1, or where it is a penalty of the loss, the scale */
    int accumulate;             /* add to the gradient of the blocks before */
    const mlj_rule *rule;       /* with which reduce and update move the parameters, or NULL */
} mlj_block;

/* Does a call's share of a phase: rows from ... to - 1 of the block as it counts them (rows), of W (prepare, reduce),
   columns (meet), numbers of the gradient (norm) or of the call's span of the parameters (update). */
typedef void mlj_part(const mlj_block *b, const mlj_call *c, int64_t from, int64_t to);

extern mlj_part *const mlj_parts[MLJ_OPCODES][PHASES]; /* NULL where a call has nothing to do in a phase */

mlj_part mlj_part_dense, mlj_part_dense_dx, mlj_part_dense_gradient, mlj_part_transpose_weights; /* dense.c */
mlj_part mlj_part_dropout, mlj_part_dropout_backward;                                            /* dropout.c */
mlj_part mlj_part_augment, mlj_part_augment_backward;                                            /* augment.c */
mlj_part mlj_part_batch_moments, mlj_part_batch_norm, mlj_part_batch_statistics;                 /* norms.c */
mlj_part mlj_part_batch_sums, mlj_part_batch_norm_dx, mlj_part_norm_update;
mlj_part mlj_part_layer_norm, mlj_part_layer_norm_dx, mlj_part_layer_norm_gradient;
mlj_part mlj_part_scale, mlj_part_scale_dx, mlj_part_scale_gradient; /* scale.c */
mlj_part mlj_part_recurrent, mlj_part_recurrent_back, mlj_part_recurrent_gradient, mlj_part_recurrent_turn;

/* Multiply-adds of a row in a recurrent layer, or of all in the phase `prepare`. */
int64_t mlj_recurrent_work(const mlj_call *c, int phase);
mlj_part mlj_part_convolution, mlj_part_turn_filters, mlj_part_convolution_back, mlj_part_convolution_gradient;
mlj_part mlj_part_pool, mlj_part_pool_back, mlj_part_turn;                       /* images.c */
mlj_part mlj_part_embedding, mlj_part_embedding_dx, mlj_part_embedding_gradient; /* tables.c */
mlj_part mlj_part_pass, mlj_part_pass_back, mlj_part_look_up, mlj_part_look_up_dx, mlj_part_look_up_gradient;
mlj_part mlj_part_positions, mlj_part_positions_dx, mlj_part_positions_gradient;
mlj_part mlj_part_summary, mlj_part_summary_back;                     /* summaries.c */
mlj_part mlj_part_clear, mlj_part_attention, mlj_part_attention_back; /* attention.c */

/* Multiply-adds of a row in attention. */
int64_t mlj_attention_work(const mlj_call *c);

/* Rows of W, or columns, by which a call's share of a phase other than rows is cut. */
int64_t mlj_length_of(const mlj_call *c);
/* The rule of a call at the step in hand. */
mlj_rule mlj_rule_of(const mlj_call *c, double rate, int64_t updates);
/* n numbers of the parameters from `place` on, moved by their gradient. */
void mlj_move(const mlj_block *b, const mlj_rule *rule, int64_t place, int64_t n, const float *g);

static inline int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }
static inline int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }

/* So many numbers, filled up to whole panels. */
static inline int64_t whole(int64_t n) { return (n + PANEL - 1) / PANEL * PANEL; }

static inline float *at(const mlj_block *b, int64_t place) { return place < 0 ? NULL : b->plan->arena + place; }

static inline const float *rows_at(const mlj_block *b, int64_t place) {
    return place == b->plan->input ? b->input : at(b, place);
}

/* How many of its steps are real in a row of the block. */
static inline int64_t length_at(const mlj_block *b, int64_t row, int64_t steps) {
    return b->lengths ? larger(smaller(b->lengths[row], steps), 0) : steps;
}

/* Rows of the block as a call counts them. */
static inline int64_t rows_of_call(const mlj_block *b, const mlj_call *c) { return b->rows * c->each; }

/* From one panel to the next of a matrix with so many rows; 0 where matrices are not in panels. */
static inline int64_t panel_of(const mlj_block *b, int64_t rows) { return b->plan->panels ? rows * PANEL : 0; }
#endif
