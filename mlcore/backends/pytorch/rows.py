"""Layers in PyTorch: one row for each kind, over torch's own functions."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from typing import Any, NamedTuple, TypeAlias

Tensor: TypeAlias = Any  # torch.Tensor, which must not be imported here
Row: TypeAlias = Callable[..., Any]


class Whole(NamedTuple):
    """A batch whose rows lie in several processes: how many there are in all, and what adds values over all of them."""

    rows: int
    sum: Callable[[Tensor], Tensor]


class Pass(NamedTuple):
    """How a forward pass is meant.

    layer: which one is asked; masks: what each dropout multiplies by, by layer; moved: where training leaves the new
    statistics of a layer, {layer: {name: values}}; whole: the batch, where these are only some of its rows;
    own_kernels: dense layers may take those of `cuda.py`; channels_last: how images lie; lengths [B]: how many steps of
    each sequence are real; kept: what the `skip` of an `add` kept; plain: attention is made of plain operations, which
    can be mapped over many networks; on a GPU PyTorch promises the same bits each time of these alone; mapped: whether
    this is inside torch.func.vmap.
    """

    training: bool = False
    layer: int = 0
    masks: Mapping[int, Tensor] = {}
    moved: dict[int, dict[str, Tensor]] = {}  # noqa: RUF012  (nothing is ever put into this one)
    whole: Whole | None = None
    own_kernels: bool = False
    channels_last: bool = False
    lengths: Tensor | None = None
    kept: Tensor | None = None
    plain: bool = False
    mapped: bool = False


INFERENCE = Pass()


def table() -> dict[str, Row]:
    """layer kind -> f(layer, parameters by name, x, mode)"""
    import torch
    from torch.nn import functional as f

    from mlcore.backends.pytorch import recurrent

    return {
        "dense": _dense,
        "relu": lambda layer, p, x, mode: f.relu(x),
        "relu6": lambda layer, p, x, mode: f.relu6(x),
        "sigmoid": lambda layer, p, x, mode: torch.sigmoid(x),
        "tanh": lambda layer, p, x, mode: torch.tanh(x),
        "leaky_relu": lambda layer, p, x, mode: f.leaky_relu(x, layer.negative_slope),
        "elu": lambda layer, p, x, mode: f.elu(x, layer.alpha),
        "softplus": lambda layer, p, x, mode: f.softplus(x),
        "silu": lambda layer, p, x, mode: f.silu(x),
        "gelu": lambda layer, p, x, mode: f.gelu(x),
        "augment": lambda layer, p, x, mode: _augment(layer, x, mode.masks[mode.layer]) if mode.training else x,
        "dropout": lambda layer, p, x, mode: x * mode.masks[mode.layer] if mode.training else x,
        "batch_norm": _batch_norm,
        "layer_norm": lambda layer, p, x, mode: f.layer_norm(x, p["gain"].shape, p["gain"], p["bias"], layer.eps),
        "scale": lambda layer, p, x, mode: x * p["gain"],
        "conv2d": _conv2d,
        "max_pool2d": lambda layer, p, x, mode: f.max_pool2d(_image(x), layer.size, layer.stride or layer.size),
        "avg_pool2d": lambda layer, p, x, mode: f.avg_pool2d(_image(x), layer.size, layer.stride or layer.size),
        "conv1d": lambda layer, p, x, mode: f.conv1d(x.mT, p["w"], p["b"], layer.stride, layer.padding).mT,
        "max_pool1d": lambda layer, p, x, mode: f.max_pool1d(x.mT, layer.size, layer.stride or layer.size).mT,
        "avg_pool1d": lambda layer, p, x, mode: f.avg_pool1d(x.mT, layer.size, layer.stride or layer.size).mT,
        "mean": _mean,
        "max": _max,
        "embedding": _embedding,
        "column_embedding": _column_embedding,
        "positions": lambda layer, p, x, mode: x + p["w"],
        "attention": _attention,
        "skip": lambda layer, p, x, mode: x,
        "add": lambda layer, p, x, mode: x + mode.kept,
        **dict.fromkeys(("rnn", "gru", "lstm"), recurrent.row),
        "flatten": lambda layer, p, x, mode: x.flatten(1),
    }


def _dense(layer: Any, p: dict[str, Tensor], x: Tensor, mode: Pass) -> Tensor:
    """As its page has it: the steps of sequences as rows of one product."""
    import torch

    y = torch.addmm(p["b"], x.flatten(0, -2), p["w"])
    return y if x.dim() == 2 else y.view(*x.shape[:-1], -1)


def _image(x: Tensor) -> Tensor:
    """Images [B, C, H, W]; those [B, H, W] have one channel."""
    return x if x.dim() == 4 else x.unsqueeze(1)


def _conv2d(layer: Any, p: dict[str, Tensor], x: Tensor, mode: Pass) -> Tensor:
    """As its page has it; where there are channels they may lie beside each other, as tensor cores take them."""
    import torch
    from torch.nn import functional as f

    x, w = _image(x), p["w"]
    if mode.channels_last and x.shape[1] > 1:
        x = x.contiguous(memory_format=torch.channels_last)
        w = w.contiguous(memory_format=torch.channels_last)
    return f.conv2d(x, w, p["b"], layer.stride, layer.padding)


def _batch_norm(layer: Any, p: dict[str, Tensor], x: Tensor, mode: Pass) -> Tensor:
    """As its page has it. What the statistics become is left in `mode.moved`, so that the pass changes nothing."""
    import torch
    from torch.nn import functional as f

    if x.dim() == 3:  # sequences: every step is a row
        whole = mode.whole and mode.whole._replace(rows=mode.whole.rows * x.shape[1])
        return _batch_norm(layer, p, x.flatten(0, 1), mode._replace(whole=whole)).unflatten(0, x.shape[:2])
    rows = mode.whole.rows if mode.whole else len(x)
    numbers = rows * math.prod(x.shape[2:])  # that share their statistics
    if not (mode.training and numbers > 1):
        return f.batch_norm(x, p["mean"], p["variance"], p["gain"], p["bias"], False, eps=layer.eps)
    if mode.whole:
        return _norm_of_all(layer, p, x, mode, mode.whole, numbers)
    variance, mean = torch.var_mean(x.detach().to(p["mean"].dtype), _but_features(x))
    batch = {"mean": mean, "variance": variance}
    mode.moved[mode.layer] = {name: torch.lerp(p[name], value, layer.momentum) for name, value in batch.items()}
    return f.batch_norm(x, None, None, p["gain"], p["bias"], True, eps=layer.eps)


def _norm_of_all(layer: Any, p: dict[str, Tensor], x: Tensor, mode: Pass, whole: Whole, numbers: int) -> Tensor:
    """As `_batch_norm`, with mean and variance of the rows of all processes."""
    import torch

    wide, form, others = x.to(p["mean"].dtype), (-1, *(1,) * (x.dim() - 2)), _but_features(x)
    mean = whole.sum(wide.sum(others)) / numbers
    centred = wide - mean.view(form)
    variance = whole.sum(centred.square().sum(others)) / numbers
    batch = {"mean": mean.detach(), "variance": variance.detach() * (numbers / (numbers - 1))}
    mode.moved[mode.layer] = {name: torch.lerp(p[name], value, layer.momentum) for name, value in batch.items()}
    scaled = centred * ((variance + layer.eps).rsqrt() * p["gain"]).view(form)
    return (scaled + p["bias"].view(form)).to(x.dtype)


def _but_features(x: Tensor) -> tuple[int, ...]:
    """Every axis of rows [B, F] or images [B, C, H, W] but that of the features."""
    return (0, *range(2, x.dim()))


def _real(x: Tensor, lengths: Tensor) -> Tensor:
    """Which steps of sequences [B, T, …] are real: bool [B, T]."""
    import torch

    return torch.arange(x.shape[1], device=x.device) < lengths.unsqueeze(1)


def _mean(layer: Any, p: dict[str, Tensor], x: Tensor, mode: Pass) -> Tensor:
    if x.dim() == 4:
        return x.mean((2, 3))
    if mode.lengths is None:
        return x.mean(1)
    real = _real(x, mode.lengths).unsqueeze(2)
    return x.where(real, 0).sum(1) / real.sum(1).clamp(min=1)


def _max(layer: Any, p: dict[str, Tensor], x: Tensor, mode: Pass) -> Tensor:
    if x.dim() == 4:
        return x.flatten(2).max(2).values
    if mode.lengths is not None:
        x = x.where(_real(x, mode.lengths).unsqueeze(2), -math.inf)
    return x.max(1).values


def _embedding(layer: Any, p: dict[str, Tensor], x: Tensor, mode: Pass) -> Tensor:
    """As its page has it, but what is no token becomes NaN, and so does the loss, which ends the run.

    An index out of range would end the process on a GPU, and asking for it would wait for the device.
    """
    if mode.lengths is not None:
        x = x.where(_real(x, mode.lengths), 0)
    return _looked_up(x, p["w"])


def _looked_up(x: Tensor, w: Tensor) -> Tensor:
    """The row of w of each token, NaN for what is none."""
    from torch.nn import functional as f

    known = (x >= 0) & (x < len(w)) & (x == x.floor())
    return f.embedding(x.where(known, 0).long(), w).where(known.unsqueeze(-1), math.nan)


def _column_embedding(layer: Any, p: dict[str, Tensor], x: Tensor, mode: Pass) -> Tensor:
    """As its page has it, column by column: where each table begins is known to Python, and no tensor."""
    import torch

    numbers = x.shape[1] - layer.token_columns
    tables = p["w"].split(layer.vocabularies)
    found = [_looked_up(x[:, numbers + place], w) for place, w in enumerate(tables)]
    return torch.cat([x[:, :numbers], *found], dim=1)


def _attention(layer: Any, p: dict[str, Tensor], x: Tensor, mode: Pass) -> Tensor:
    """As its page has it: steps that only fill the batch are zeros, are not heard, and hear themselves alone."""
    import torch
    from torch.nn import functional as f
    from torch.nn.attention import SDPBackend, sdpa_kernel

    (batch, steps, _), heard, real = x.shape, None, None
    if mode.lengths is not None:
        real = _real(x, mode.lengths)
        x = x.where(real.unsqueeze(2), 0)
        heard = real[:, None, None, :] | torch.eye(steps, dtype=torch.bool, device=x.device)
        heard = heard.tril() if layer.causal else heard
    qkv = torch.addmm(p["bqkv"], x.flatten(0, 1), p["wqkv"])
    q, k, v = qkv.view(batch, steps, 3, layer.heads, -1).permute(2, 0, 3, 1, 4).unbind(0)
    with sdpa_kernel(SDPBackend.MATH) if mode.plain else nullcontext():
        o = f.scaled_dot_product_attention(q, k, v, heard, is_causal=layer.causal and heard is None)
    y = torch.addmm(p["bo"], o.transpose(1, 2).reshape(batch * steps, -1), p["wo"]).view(x.shape)
    return y if real is None else y.where(real.unsqueeze(2), 0)


def _augment(layer: Any, x: Tensor, drawn: Tensor) -> Tensor:
    """As its page has it, for four numbers from 0 to 1 of each image [B, 4]."""
    import math

    import torch

    height, width = x.shape[-2:]
    down, across, turn = (2 * drawn[:, k, None] - 1 for k in range(3))
    mirror = 1 - 2 * (drawn[:, 3, None] < 0.5).to(x.dtype) * layer.flip
    cos, sin = torch.cos(turn * math.radians(layer.rotate)), torch.sin(turn * math.radians(layer.rotate))
    middle, centre = (height - 1) / 2, (width - 1) / 2
    each = torch.arange(height * width, device=x.device)
    i = (each // width).to(x.dtype) - middle - layer.shift * down
    j = (each % width).to(x.dtype) - centre - layer.shift * across
    u, v = middle + cos * i - sin * j, centre + mirror * (sin * i + cos * j)
    pixels = x.reshape(x.shape[0], -1, height * width)
    y = torch.zeros_like(pixels)
    for one, two in ((0, 0), (0, 1), (1, 0), (1, 1)):
        row, column = u.floor() + one, v.floor() + two
        inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
        share = (1 - (u - row).abs()) * (1 - (v - column).abs()) * inside
        place = torch.where(inside, row * width + column, torch.zeros_like(row)).long()
        y = y + pixels.gather(2, place[:, None].expand(-1, pixels.shape[1], -1)) * share[:, None]
    return y.reshape(x.shape)
