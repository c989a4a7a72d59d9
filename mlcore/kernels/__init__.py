"""Every C kernel as a NumPy function.

Inputs may be of any real type and any strides; they are computed in float32 and the result is float32. `out=` is a
float32, C-contiguous array of the result's shape and may be an input. Shapes, labels and sizes are checked here, and
refused with a ValueError, before C sees them. Large calls are split over threads; the result does not depend on how
many. `python -m mlcore.kernels` prints each kernel's error and speed on every instruction set.
"""

from __future__ import annotations

from mlcore.kernels.activations import (
    elu,
    elu_backward,
    gelu,
    gelu_backward,
    leaky_relu,
    leaky_relu_backward,
    relu,
    relu6,
    relu6_backward,
    relu_backward,
    sigmoid,
    sigmoid_backward,
    silu,
    silu_backward,
    softplus,
    softplus_backward,
    tanh,
    tanh_backward,
)
from mlcore.kernels.batches import gather, order, words
from mlcore.kernels.images import (
    avg_pool2d,
    avg_pool2d_backward,
    conv2d,
    conv2d_backward,
    max_pool2d,
    max_pool2d_backward,
)
from mlcore.kernels.library import isa, set_threads, threads, tiers, unavailable, use
from mlcore.kernels.losses import (
    absolute_error,
    binary_cross_entropy,
    huber,
    kl_divergence,
    poisson_deviance,
    softmax,
    softmax_backward,
    softmax_cross_entropy,
    squared_error,
)
from mlcore.kernels.norms import batch_norm, batch_norm_backward, dropout, layer_norm, layer_norm_backward
from mlcore.kernels.optimizers import adagrad, adam, adamw, clip, rmsprop, sgd
from mlcore.kernels.products import column_sum, matmul, transpose
from mlcore.kernels.recurrent import cell, cell_backward

__all__ = [
    "absolute_error",
    "adagrad",
    "adam",
    "adamw",
    "avg_pool2d",
    "avg_pool2d_backward",
    "batch_norm",
    "batch_norm_backward",
    "binary_cross_entropy",
    "cell",
    "cell_backward",
    "clip",
    "column_sum",
    "conv2d",
    "conv2d_backward",
    "dropout",
    "elu",
    "elu_backward",
    "gather",
    "gelu",
    "gelu_backward",
    "huber",
    "isa",
    "kl_divergence",
    "layer_norm",
    "layer_norm_backward",
    "leaky_relu",
    "leaky_relu_backward",
    "matmul",
    "max_pool2d",
    "max_pool2d_backward",
    "order",
    "poisson_deviance",
    "relu",
    "relu6",
    "relu6_backward",
    "relu_backward",
    "rmsprop",
    "set_threads",
    "sgd",
    "sigmoid",
    "sigmoid_backward",
    "silu",
    "silu_backward",
    "softmax",
    "softmax_backward",
    "softmax_cross_entropy",
    "softplus",
    "softplus_backward",
    "squared_error",
    "tanh",
    "tanh_backward",
    "threads",
    "tiers",
    "transpose",
    "unavailable",
    "use",
    "words",
]
