"""Layers in PyTorch: one row for each kind, over torch's own functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
    own_kernels: dense layers may take those of `cuda.py`; channels_last: how images lie; lengths: how many steps of
    each row are real [B], or None where all are; mapped: whether this is inside torch.func.vmap.
    """

    training: bool = False
    layer: int = 0
    masks: Mapping[int, Tensor] = {}
    moved: dict[int, dict[str, Tensor]] = {}  # noqa: RUF012  (nothing is ever put into this one)
    whole: Whole | None = None
    own_kernels: bool = False
    channels_last: bool = False
    lengths: Tensor | None = None
    mapped: bool = False


INFERENCE = Pass()


def table() -> dict[str, Row]:
    """layer kind -> f(layer, parameters by name, x, mode)"""
    import torch
    from torch.nn import functional as f

    from mlcore.backends.pytorch import recurrent

    return {
        "dense": lambda layer, p, x, mode: torch.addmm(p["b"], x, p["w"]),
        "relu": lambda layer, p, x, mode: f.relu(x),
        "relu6": lambda layer, p, x, mode: f.relu6(x),
        "sigmoid": lambda layer, p, x, mode: torch.sigmoid(x),
        "tanh": lambda layer, p, x, mode: torch.tanh(x),
        "leaky_relu": lambda layer, p, x, mode: f.leaky_relu(x, layer.negative_slope),
        "elu": lambda layer, p, x, mode: f.elu(x, layer.alpha),
        "softplus": lambda layer, p, x, mode: f.softplus(x),
        "silu": lambda layer, p, x, mode: f.silu(x),
        "gelu": lambda layer, p, x, mode: f.gelu(x),
        "dropout": lambda layer, p, x, mode: x * mode.masks[mode.layer] if mode.training else x,
        "batch_norm": _batch_norm,
        "layer_norm": lambda layer, p, x, mode: f.layer_norm(x, x.shape[1:], p["gain"], p["bias"], layer.eps),
        "conv2d": _conv2d,
        "max_pool2d": lambda layer, p, x, mode: f.max_pool2d(_image(x), layer.size, layer.stride or layer.size),
        **dict.fromkeys(("rnn", "gru", "lstm"), recurrent.row),
        "flatten": lambda layer, p, x, mode: x.flatten(1),
    }


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

    if not (mode.training and (mode.whole.rows if mode.whole else len(x)) > 1):
        return f.batch_norm(x, p["mean"], p["variance"], p["gain"], p["bias"], False, eps=layer.eps)
    if mode.whole:
        return _norm_of_all(layer, p, x, mode, mode.whole)
    variance, mean = torch.var_mean(x.detach().to(p["mean"].dtype), 0)
    batch = {"mean": mean, "variance": variance}
    mode.moved[mode.layer] = {name: torch.lerp(p[name], value, layer.momentum) for name, value in batch.items()}
    return f.batch_norm(x, None, None, p["gain"], p["bias"], True, eps=layer.eps)


def _norm_of_all(layer: Any, p: dict[str, Tensor], x: Tensor, mode: Pass, whole: Whole) -> Tensor:
    """As `_batch_norm`, with mean and variance of the rows of all processes."""
    import torch

    wide = x.to(p["mean"].dtype)
    mean = whole.sum(wide.sum(0)) / whole.rows
    centred = wide - mean
    variance = whole.sum(centred.square().sum(0)) / whole.rows
    batch = {"mean": mean.detach(), "variance": variance.detach() * (whole.rows / (whole.rows - 1))}
    mode.moved[mode.layer] = {name: torch.lerp(p[name], value, layer.momentum) for name, value in batch.items()}
    return (centred * (variance + layer.eps).rsqrt() * p["gain"] + p["bias"]).to(x.dtype)
