"""Kernels of our own for a GPU, where PyTorch's are many or have few blocks: updates, dropout, and small dense layers.

Written in CUDA C and compiled by NVRTC when they are first needed, which takes no compiler and half a second. Where
this PyTorch has no such door, everything is made of its own operations, and tests hold the two to each other.
Measured on an H100 (benchmarks/results/gpu/profile.txt) for 535,818 weights: Adam of eight operations 19 us, fused by
PyTorch 38 us (nine blocks for 132 processors), here 4 us; dropout's masks are 140 operations on integers there and one
kernel here. A dense layer's bias, ReLU and the sums of its bias's gradient are two kernels instead of six, softmax
cross-entropy is one instead of six.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, TypeAlias

import torch

from mlcore.backends.pytorch.optimizers import Rule
from mlcore.optimizers import Optimizer
from mlcore.philox import M0, M1, ROUNDS, W0, W1, Purpose
from mlcore.spec import kind_of

Tensor: TypeAlias = Any
THREADS = 256
# 1 and 2: SGD with momentum, and Nesterov's
KINDS = {"sgd": 0, "rmsprop": 3, "adagrad": 4, "adam": 5, "adamw": 5, "adam_hat": 5}

UPDATE = """
extern "C" __global__ void update(float *w, const float *g, float *first, float *second, const float *rate,
        const float *move, const float *scale, const float *decay, const float *l1, const float *set,
        int kind, int decoupled, int weights, int size) {
    int i = blockIdx.x * blockDim.x + threadIdx.x, lane = blockIdx.y;
    if (i >= size) return;
    long long at = (long long)lane * size + i;
    float x = w[at], d = g[at], step = move[lane];
    if (i < weights) {
        float shrink = decay[lane];
        float sign = (float)((x > 0.0f) - (x < 0.0f));
        if (!decoupled) d += shrink * x;
        d += l1[lane] * sign;
        if (decoupled) x *= 1.0f - rate[lane] * shrink;
    }
    if (kind == 0) {
        x += step * d;
    } else if (kind == 1 || kind == 2) {
        float v = set[0] * first[at] + d;
        first[at] = v;
        x += step * (kind == 2 ? d + set[0] * v : v);
    } else if (kind == 3 || kind == 4) {
        float s = kind == 3 ? set[0] * first[at] + set[1] * d * d : first[at] + d * d;
        first[at] = s;
        x += step * (d / (sqrtf(s) + set[4]));
    } else {
        float m = set[0] * first[at] + set[1] * d, v = set[2] * second[at] + set[3] * d * d;
        first[at] = m;
        second[at] = v;
        x += step * (m / (sqrtf(v * scale[lane]) + set[4]));
    }
    w[at] = x;
}
"""
# One thread a block of four words; y counts steps and lanes. The generator is that of mlcore/philox.py.
MASKS = f"""
extern "C" __global__ void masks(float *out, const long long *places, const long long *seeds, const long long *bounds,
        const float *scales, int stream, int count, int steps, int lanes) {{
    int b = blockIdx.x * blockDim.x + threadIdx.x, row = blockIdx.y, step = row / lanes, lane = row % lanes;
    if (4 * b >= count) return;
    unsigned long long seed = (unsigned long long)seeds[lane];
    unsigned c0 = b, c1 = stream, c2 = (unsigned)places[step], c3 = (unsigned)places[steps + step];
    unsigned k0 = (unsigned)seed, k1 = (unsigned)(seed >> 32);
    for (int i = 0; i < {ROUNDS}; i++) {{
        unsigned h0 = __umulhi(c0, {M0}u), l0 = c0 * {M0}u, h1 = __umulhi(c2, {M1}u), l1 = c2 * {M1}u;
        unsigned n0 = h1 ^ c1 ^ k0, n2 = h0 ^ c3 ^ k1;
        c0 = n0, c1 = l1, c2 = n2, c3 = l0;
        k0 += {W0}u, k1 += {W1}u;
    }}
    unsigned words[4] = {{c0, c1, c2, c3}};
    long long at = (long long)row * count + 4 * b;
    for (int i = 0; i < 4 && 4 * b + i < count; i++)
        out[at + i] = (long long)(words[i] >> 8) < bounds[lane] ? scales[lane] : 0.0f;
}}
"""

AFTER = """
extern "C" __global__ void after(float *y, const float *b, int relu, int columns, int total) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= total) return;
    float v = y[i] + b[i % columns];
    y[i] = relu && v < 0.0f ? 0.0f : v;
}
"""
# 32 columns a block, 8 rows at a time; NaN passes as it does in PyTorch.
BEFORE = """
extern "C" __global__ void before(const float *dy, const float *y, float *d, float *db,
        int relu, int rows, int columns) {
    __shared__ float sums[8][33];
    int c = blockIdx.x * 32 + threadIdx.x;
    float sum = 0.0f;
    if (c < columns) {
        for (int r = threadIdx.y; r < rows; r += 8) {
            long long at = (long long)r * columns + c;
            float v = dy[at];
            if (relu) {
                v = y[at] <= 0.0f ? 0.0f : v;
                d[at] = v;
            }
            sum += v;
        }
    }
    sums[threadIdx.y][threadIdx.x] = sum;
    __syncthreads();
    if (threadIdx.y || c >= columns) return;
    for (int k = 1; k < 8; k++) sum += sums[k][threadIdx.x];
    db[c] = sum;
}
"""
# One block: a row is a thread's, the sum over rows has one order.
SOFTMAX = """
extern "C" __global__ void softmax(const float *z, const long long *y, float *dz, float *loss, int rows, int classes) {
    __shared__ float sums[256];
    float total = 0.0f, share = 1.0f / rows;
    for (int r = threadIdx.x; r < rows; r += 256) {
        const float *own = z + (long long)r * classes;
        float *out = dz + (long long)r * classes;
        float most = own[0], sum = 0.0f;
        for (int k = 1; k < classes; k++) most = own[k] > most || own[k] != own[k] ? own[k] : most;
        for (int k = 0; k < classes; k++) sum += expf(own[k] - most);
        for (int k = 0; k < classes; k++) out[k] = (expf(own[k] - most) / sum - (k == y[r])) * share;
        total += logf(sum) + most - own[y[r]];
    }
    sums[threadIdx.x] = total;
    for (int half = 128; half; half /= 2) {
        __syncthreads();
        if (threadIdx.x < half) sums[threadIdx.x] += sums[threadIdx.x + half];
    }
    if (!threadIdx.x) loss[0] = sums[0] * share;
}
"""
FEW = 2048  # rows up to which these kernels have the right shape
SMALL = 1 << 16  # outputs of all rows up to which one block computes a loss


NAMES = ("update", "masks", "after", "before", "softmax")
SOURCE = UPDATE + MASKS + AFTER + BEFORE + SOFTMAX


@cache
def kernels(device: int) -> Mapping[str, Any]:
    """All of them by name, compiled at once: half a second where each by itself takes a quarter.

    Called when a program is made: in a capture, or on a thread that has not used the device yet, it cannot be done.
    """
    from torch.cuda import _utils

    with torch.cuda.device(device):
        try:
            made: Any = _utils._nvrtc_compile(SOURCE, NAMES[0])
            found = _utils._cuda_load_module(made[0] if isinstance(made, tuple) else made, list(NAMES))
            return {name: found[name] for name in NAMES}  # type: ignore[index]
        except (AttributeError, KeyError, TypeError, RuntimeError):  # what this PyTorch calls them is its own affair
            return {name: torch.cuda._compile_kernel(SOURCE, name) for name in NAMES}


def offered(device: torch.device, dtype: torch.dtype) -> bool:
    """Whether kernels of our own run there: in float32 on a GPU of NVIDIA's, if PyTorch lets us compile them."""
    cuda = device.type == "cuda" and torch.version.hip is None
    return cuda and dtype == torch.float32 and hasattr(torch.cuda, "_compile_kernel")


class OneKernel(Rule):
    """A rule with its penalties as one kernel: each number is read and written once."""

    def __init__(self, optimizers: Sequence[Optimizer], like: Tensor) -> None:
        super().__init__(optimizers, like)
        o: Any = self.optimizer
        self._kind = KINDS[kind_of(o)]
        if kind_of(o) == "sgd" and o.momentum:
            self._kind = 2 if o.nesterov else 1
        shares = [getattr(o, name, 0.0) for name in ("momentum", "rho", "beta1")]
        first, second = max(shares), getattr(o, "beta2", 0.0)
        self._settings = like.new_tensor([first, 1 - first, second, 1 - second, getattr(o, "epsilon", 0.0)])
        self._decay, self._l1 = (
            like.new_tensor([getattr(each, name) for each in optimizers]) for name in ("weight_decay", "l1")
        )
        self._run = kernels(like.device.index)["update"]

    def update(self, w: Tensor, g: Tensor, moments: Tensor, numbers: Sequence[Tensor], weights: int) -> None:
        self.clip(g)
        rate, move, *scale = numbers
        kept = (moments[0], moments[-1]) if len(moments) else (w, w)
        size, lanes = w.shape[-1], 1 if w.dim() == 1 else len(w)
        values = [w, g, *kept, rate, move, scale[0] if scale else move, self._decay, self._l1, self._settings]
        whole = [self._kind, int(self.optimizer.decoupled), weights, size]
        grid = (-(-size // THREADS), lanes, 1)
        self._run(grid=grid, block=(THREADS, 1, 1), args=[*values, *whole])


def masks(places: Tensor, seeds: Tensor, bounds: Tensor, scales: Tensor, layer: int, count: int) -> Tensor:
    """What a dropout multiplies by: [steps, lanes, count] for places [2, steps] (epoch, step) and columns of lanes."""
    steps, lanes = places.shape[1], seeds.numel()
    out = torch.empty((steps, lanes, count), dtype=scales.dtype, device=places.device)
    stream = (int(Purpose.DROPOUT) << 24) + layer
    values = [out, places.contiguous(), seeds, bounds, scales, stream, count, steps, lanes]
    grid = (-(-((count + 3) // 4) // THREADS), steps * lanes, 1)
    kernels(places.device.index)["masks"](grid=grid, block=(THREADS, 1, 1), args=values)
    return out


def affine(x: Tensor, w: Tensor, b: Tensor, relu: bool) -> Tensor:
    """A dense layer y = x w + b for few rows, and the ReLU that follows it where there is one: [B, O]."""
    return _Affine.apply(x, w, b, relu)  # type: ignore[no-untyped-call]


class _Affine(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, w: Tensor, b: Tensor, relu: bool) -> Tensor:
        y = x @ w
        grid = (-(-y.numel() // THREADS), 1, 1)
        run = kernels(y.device.index)["after"]
        run(grid=grid, block=(THREADS, 1, 1), args=[y, b, int(relu), y.shape[1], y.numel()])
        ctx.relu = relu
        ctx.save_for_backward(x, w, y)
        return y

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, Tensor, Tensor, None]:
        x, w, y = ctx.saved_tensors
        dy = gradients[0].contiguous()
        rows, columns = dy.shape
        d, db = torch.empty_like(dy) if ctx.relu else dy, dy.new_empty(columns)
        run = kernels(dy.device.index)["before"]
        grid = (-(-columns // 32), 1, 1)
        run(grid=grid, block=(32, 8, 1), args=[dy, y, d, db, int(ctx.relu), rows, columns])
        return (d @ w.t() if ctx.needs_input_grad[0] else None), x.t() @ d, db, None


def softmax_cross_entropy(z: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """The mean loss of outputs z [B, K] for class numbers y [B], and its gradient dz [B, K]."""
    loss, dz = z.new_empty(()), torch.empty_like(z)
    run = kernels(z.device.index)["softmax"]
    run(grid=(1, 1, 1), block=(256, 1, 1), args=[z, y.contiguous(), dz, loss, *z.shape])
    return loss, dz
