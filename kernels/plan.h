/* Plans: a network as a list of calls over one arena; plan.c runs them. The end of mlj.h, of which it is a part: cffi
   reads both. */
#ifndef MLJ_PLAN_H
#define MLJ_PLAN_H
#include "mlj.h"

enum {
    MLJ_GATHER,
    MLJ_SPLIT,
    MLJ_DENSE,
    MLJ_DENSE_BACKWARD,
    MLJ_ACTIVATE,
    MLJ_ACTIVATE_BACKWARD,
    MLJ_SOFTMAX_CROSS_ENTROPY,
    MLJ_BINARY_CROSS_ENTROPY,
    MLJ_MULTILABEL_CROSS_ENTROPY,
    MLJ_SQUARED_ERROR,
    MLJ_HALF_SQUARED_ERROR,
    MLJ_ABSOLUTE_ERROR,
    MLJ_HUBER,
    MLJ_POISSON_DEVIANCE,
    MLJ_KL_DIVERGENCE,
    MLJ_CLIP,
    MLJ_UPDATE,
    MLJ_DROPOUT,
    MLJ_DROPOUT_BACKWARD,
    MLJ_AUGMENT,
    MLJ_AUGMENT_BACKWARD,
    MLJ_BATCH_NORM,
    MLJ_BATCH_NORM_BACKWARD,
    MLJ_LAYER_NORM,
    MLJ_LAYER_NORM_BACKWARD,
    MLJ_SCALE,
    MLJ_SCALE_BACKWARD,
    MLJ_RECURRENT,
    MLJ_RECURRENT_BACKWARD,
    MLJ_CONVOLUTION,
    MLJ_CONVOLUTION_BACKWARD,
    MLJ_POOL,
    MLJ_POOL_BACKWARD,
    MLJ_TURN,
    MLJ_EMBEDDING,
    MLJ_EMBEDDING_BACKWARD,
    MLJ_PASS,
    MLJ_PASS_BACKWARD,
    MLJ_LOOK_UP,
    MLJ_LOOK_UP_BACKWARD,
    MLJ_POSITIONS,
    MLJ_POSITIONS_BACKWARD,
    MLJ_ADD,
    MLJ_SUMMARY,
    MLJ_SUMMARY_BACKWARD,
    MLJ_CLEAR,
    MLJ_ATTENTION,
    MLJ_ATTENTION_BACKWARD,
    MLJ_OPCODES
};

/* One call. x … wt are offsets into the arena in floats, -1 where the call has none. A row has `inputs` numbers before
   and `outputs` after; an update moves `inputs` numbers from w on, by the gradient at dw, clipped where y is what a
   clip made of it. With a rule a dense_backward moves its own w and b, w with the decay and l1. A softmax_cross_entropy
   has share and inverse of an mlj_soft at w and b, or -1. To a call a row of the batch is `each` rows of its
   own, those of a sequence one after the other. A split takes rows that begin with their length apart; a clear makes y
   of x with zeros behind the ends of sequences; an add makes y = x + b. */
typedef struct {
    int32_t opcode;
    int32_t activation; /* applied to what the call computes, or undone by it */
    int32_t mask;       /* the activation whose slope is multiplied into dx */
    int32_t rule;       /* of an update, MLJ_SGD … */
    int64_t inputs, outputs;
    int64_t x, w, b, y;
    int64_t dx, dw, db, dy;
    int64_t wt;          /* room for w transposed */
    double constants[6]; /* of a loss or a layer: its own; of a rule: decay, l1, clip_norm, its own, in their order */
    float alpha, mask_alpha; /* of activation and mask */
    int32_t layer;           /* its number in the network, of which random words depend */
    int64_t room;            /* what a forward call leaves for its backward call */
    int64_t mean, variance;  /* running statistics */
    int64_t each;            /* rows of its own that a row of the batch is to it, mostly 1 */
    /* Of one direction of a recurrent layer: its second matrix and the bias inside a GRU; rows are [steps, features]
       before, [steps, …] or with `last` one step after, where its states stand from `column` on. W is [features,
       columns], U [units, columns]; inputs is the rows of both, those of W in panels filled up to whole ones. `packed`
       is room for both matrices in the order of use, for every 32 rows of a block. */
    int64_t u, b2, du, db2, packed;
    int64_t steps, features, units, columns, column;
    int32_t cell, back, last; /* MLJ_RNN …; whether it goes from the last step to the first */
    /* An embedding and positions have W [features, columns], a row for each token or step. Attention has rows [steps,
       features], heads of `units` numbers, and with `causal` a step hears none that come after it. A pass takes the
       first `columns` numbers of a row along; a look_up is an embedding of the number at `place` of a row, whose
       `units` rows of W begin at `begin`, to the numbers from `column` on. */
    int32_t causal;
    int64_t place, begin;
    /* Of images, whose rows are [pixels, channels]; channels is 0 where it does not matter. A turn makes of rows
       [inputs / channels, channels] rows [channels, inputs / channels]. */
    int64_t channels, filters;
    mlj_windows at, pool; /* windows of a convolution, and of the pooling */
    int32_t pooling;      /* MLJ_POOL_… */
    int64_t where;        /* what a pooling leaves for its backward call */
    int64_t sums;         /* room for the gradients of each MLJ_IMAGES images, w and then b */
    int64_t spread;       /* room for dy as windows saw it, of MLJ_IMAGES images each or, without dx, of one; or -1 */
} mlj_call;

/* A network on its rows. The caller owns every array. */
typedef struct {
    const mlj_call *calls;
    int64_t count, loss, update; /* calls; the loss among them; the first that moves parameters */
    float *arena;
    int64_t input, output;                          /* offsets: the first layer's input and z, */
    int64_t row_loss, batch_targets, batch_weights; /* losses, targets and weights of rows */
    int64_t vector, moments, size; /* offsets of the parameters and of the first moment, and their distance */
    int64_t weights_end;           /* numbers of the parameters that are weights, which come first */
    double penalty;                /* decay that is in the loss: penalty / 2 |W|^2 over what the rows of a step weigh */
    double least, most;            /* what the loss of an answer is told as, where it is bounded */
    int32_t bounded;
    int32_t panels;             /* w and wt are in panels; else a row after the other */
    int64_t features, outputs;  /* numbers in a row of x and of z */
    int64_t answers;            /* labels, targets, weights and losses of a row: 1, or the steps of z */
    int64_t rows, batch, block; /* rows of the data, of a batch, in the arena at a time */
    int64_t chunk;              /* rows a thread takes are multiples of this */
    int32_t images;             /* rows are images: one thread takes them by chunks, too */
    int32_t is_uint8;
    float factor; /* multiplies uint8 inputs */
    const void *x;
    const int32_t *labels; /* class of each answer, or NULL */
    const float *targets;  /* `outputs` numbers for each row, or NULL */
    const float *weights;  /* how much each answer counts, or NULL where all count the same */
    int32_t *batch_labels; /* room for a block of labels */
    int32_t *lengths;      /* room for the lengths of a block's rows, or NULL where all are whole */
    int32_t *order;        /* room for the order of an epoch, or NULL where a batch holds every row */
    const int32_t *given;  /* the orders of epochs from given_first on, in place of those of the seed, or NULL */
    int64_t given_first;
    const int32_t *count_up; /* 0, 1, … block - 1 */
    uint64_t seed;
    int64_t epoch;   /* the epoch whose order is in `order`, -1 for none */
    int64_t updates; /* made so far */
} mlj_plan;

/* Shared with other threads while mlj_train runs: updates made, and a flag that ends it after the step in hand. */
typedef struct {
    int64_t step;
    int32_t stop;
} mlj_progress;

/* Rows a network is measured on while it trains, in their own order, stored like those it is trained on. labels and
   targets as its loss reads them, NULL where the loss is not wanted; classes [rows] the class of each row, or NULL for
   a regression, whose `numbers` [rows, outputs] are met instead. */
typedef struct {
    int64_t rows;
    const void *x;
    const int32_t *labels;
    const float *targets, *weights;
    const int32_t *classes;
    const float *numbers;
} mlj_split;

/* Run `steps` steps from step `first`, one rate each; losses[i] is the mean loss before update i. Returns how many
   steps have a loss: fewer than asked when one is not finite (its update is not made) or after a stop. */
int64_t mlj_train(mlj_plan *plan, int64_t first, int64_t steps, const double *rates, float *losses,
                  mlj_progress *progress);
/* What the present parameters make of a split, as sums over its rows: found[0] of their losses, times their weights (0
   where the loss is not wanted), found[1] of rows whose class is right, found[2] of |z - y|, and found[3 + j] of (z -
   y)^2 of output j. The class of a row is that of its largest output, or whether its only one is above zero; a row with
   a NaN has none. */
void mlj_measure(const mlj_plan *plan, const mlj_split *split, double *found);
/* As mlj_train; at the end of every epoch it measures `count` splits, found[epoch, split, 3 + outputs], and copies
   `numbers` floats of parameters and moments, from plan->vector on, to states[epoch, numbers]. */
int64_t mlj_train_epochs(mlj_plan *plan, int64_t first, int64_t steps, const double *rates, float *losses,
                         mlj_progress *progress, const mlj_split *splits, int64_t count, double *found, int64_t numbers,
                         float *states);
/* The same for `count` networks at once, each trained whole by one thread: rates and losses are [count, steps], made
   [count] how many steps of each have a loss; each has its own progress. Returns the sum of made. */
int64_t mlj_train_many(mlj_plan *const *plans, int64_t count, int64_t first, int64_t steps, const double *rates,
                       float *losses, int64_t *made, mlj_progress *const *progress);
/* Raw outputs for any number of rows, float32 or uint8; the parameters are not changed. */
void mlj_predict(const mlj_plan *plan, const void *x, int32_t is_uint8, int64_t rows, float *out);
/* Run one call alone on the first `rows` rows, all its phases; `rate` is for optimizers. As in step `step` of training
   or, with a step below 0, as in prediction. */
void mlj_run_call(mlj_plan *plan, int64_t number, int64_t rows, int64_t step, double rate);
#endif
