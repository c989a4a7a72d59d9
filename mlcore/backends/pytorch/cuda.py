"""Kernels of our own for a GPU, where PyTorch's take many passes: an update of all weights, the masks of dropout.

Written in CUDA C and compiled by NVRTC when they are first needed, which takes no compiler and half a second. Where
this PyTorch has no such door, everything is made of its own operations, and tests hold the two to each other.
Measured on an H100 for 535,818 weights: Adam of eight operations 19 us, fused by PyTorch 38 us (nine blocks for 132
processors), here 4 us; the masks of dropout are 140 operations on integers there and one kernel here.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, TypeAlias

import torch

from mlcore.backends.pytorch.optimizers import Rule
from mlcore.optimizers import Optimizer
from mlcore.philox import M0, M1, ROUNDS, W0, W1, Purpose
from mlcore.spec import kind_of

Tensor: TypeAlias = Any
THREADS = 256
KINDS = {"sgd": 0, "rmsprop": 3, "adagrad": 4, "adam": 5, "adamw": 5}  # 1 and 2: SGD with momentum, and Nesterov's

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


@cache
def _kernel(source: str, name: str, device: int) -> Any:
    with torch.cuda.device(device):
        return torch.cuda._compile_kernel(source, name)


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
        self._run = _kernel(UPDATE, "update", like.device.index)

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
    _kernel(MASKS, "masks", places.device.index)(grid=grid, block=(THREADS, 1, 1), args=values)
    return out
