/* Every kernel of one tier, and the table of them. A tier file includes this with TIER and LANES set. */
#include "../mlj.h"

#include "../tier.h"

#include "../simd.h"

#include "activations.h"
#include "transpose.h"

#include "blocks.h"
#include "few.h"
#include "gather.h"
#include "losses.h"
#include "optimizers.h"

#include "matmul.h"

#include "convolve.h"
#include "convolve_gradient.h"
#include "norms.h"
#include "pool.h"
#include "random.h"
#include "recurrent.h"
#include "softmax.h"

#include "softened.h"

#define NAME_OF(tier) #tier
#define QUOTED(tier) NAME_OF(tier)
#define JOINED(a, b) a##b
#define TABLE(tier) JOINED(mlj_ops_, tier)

const mlj_ops TABLE(TIER) = {
    .name = QUOTED(TIER),
    .vector_bytes = 4 * LANES,
    .matmul = matmul,
    .transpose = transpose,
    .column_sum = column_sum,
    .activate = activate,
    .activate_backward = activate_backward,
    .softmax = softmax,
    .softmax_backward = softmax_backward,
    .softmax_cross_entropy = softmax_cross_entropy,
    .binary_cross_entropy = binary_cross_entropy,
    .squared_error = squared_error,
    .absolute_error = absolute_error,
    .huber = huber,
    .poisson_deviance = poisson_deviance,
    .softened_cross_entropy = softened_cross_entropy,
    .kl_divergence = kl_divergence,
    .weigh = weigh,
    .update = update,
    .sum_of_squares = sum_of_squares,
    .gather = gather,
    .dropout = dropout,
    .column_moments = column_moments,
    .row_moments = row_moments,
    .normalize = normalize,
    .normalize_sums = normalize_sums,
    .batch_norm_backward = batch_norm_backward,
    .layer_norm_backward = layer_norm_backward,
    .cell = cell,
    .cell_backward = cell_backward,
    .convolve = convolve,
    .turn_filters = turn_filters,
    .convolve_back = convolve_back,
    .convolve_gradient = convolve_gradient,
    .pool = pool,
    .pool_backward = pool_backward,
    .order = order,
    .words = words,
    .blocks = blocks,
};
