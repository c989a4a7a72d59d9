"""Layers in PyTorch: one row for each kind, over torch's own functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeAlias

Tensor: TypeAlias = Any  # torch.Tensor, which must not be imported here
Row: TypeAlias = Callable[..., Any]

FEW = 2048  # rows up to which a product and its bias are two kernels


class Pass(NamedTuple):
    """How a forward pass is meant.

    layer: which one is asked; masks: what each dropout multiplies by, by layer; moved: where training leaves the new
    statistics of a layer, {layer: {name: values}}.
    """

    training: bool = False
    layer: int = 0
    masks: Mapping[int, Tensor] = {}
    moved: dict[int, dict[str, Tensor]] = {}  # noqa: RUF012  (nothing is ever put into this one)


INFERENCE = Pass()


def table() -> dict[str, Row]:
    """layer kind -> f(layer, parameters by name, x, mode)"""
    import torch
    from torch.nn import functional as f

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
        "dropout": lambda layer, p, x, mode: x * mode.masks[mode.layer] if mode.training else x,
        "batch_norm": _batch_norm,
        "layer_norm": lambda layer, p, x, mode: f.layer_norm(x, x.shape[1:], p["gain"], p["bias"], layer.eps),
        "conv2d": lambda layer, p, x, mode: f.conv2d(_image(x), p["w"], p["b"], layer.stride, layer.padding),
        "max_pool2d": lambda layer, p, x, mode: f.max_pool2d(_image(x), layer.size, layer.stride or layer.size),
        "flatten": lambda layer, p, x, mode: x.flatten(1),
    }


def _dense(layer: Any, p: dict[str, Tensor], x: Tensor, mode: Pass) -> Tensor:
    """x w + b. On a GPU the product that adds b itself has few blocks for few rows: 23 us instead of 10 + 1.5."""
    import torch

    if x.is_cuda and len(x) <= FEW:
        return x @ p["w"] + p["b"]
    return torch.addmm(p["b"], x, p["w"])


def _image(x: Tensor) -> Tensor:
    """Images [B, C, H, W]; those [B, H, W] have one channel."""
    return x if x.dim() == 4 else x.unsqueeze(1)


def _batch_norm(layer: Any, p: dict[str, Tensor], x: Tensor, mode: Pass) -> Tensor:
    """As its page has it. What the statistics become is left in `mode.moved`, so that the pass changes nothing."""
    import torch
    from torch.nn import functional as f

    if not (mode.training and len(x) > 1):
        return f.batch_norm(x, p["mean"], p["variance"], p["gain"], p["bias"], False, eps=layer.eps)
    variance, mean = torch.var_mean(x.detach().to(p["mean"].dtype), 0)
    batch = {"mean": mean, "variance": variance}
    mode.moved[mode.layer] = {name: torch.lerp(p[name], value, layer.momentum) for name, value in batch.items()}
    return f.batch_norm(x, None, None, p["gain"], p["bias"], True, eps=layer.eps)
