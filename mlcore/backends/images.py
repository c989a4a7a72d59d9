"""Convolutions and poolings as kernel calls. In the arena images lie channels last, [H, W, C]; pages have [C, H, W].

A sequence [T, C] is an image of height 1.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from mlcore.backends.calls import Bend, Call, Row, Stage
from mlcore.layers.layer import Array, Layer, Shape
from mlcore.layers.pool import AvgPool, MaxPool

TOGETHER = 16  # MLJ_IMAGES of mlj.h: images that are worked on together
BAND = 256  # places of as many rows as a pooling sees at a time, up to which it is fused into the convolution before it
POOLING = {"max": 1, "mean": 2}  # MLJ_POOL_… of mlj.h


def channels_of(shape: Shape) -> int:
    """Channels of an image whose numbers lie otherwise in the arena than on the page, else 0."""
    return shape[0] if len(shape) == 3 and shape[0] > 1 and math.prod(shape[1:]) > 1 else 0


def paged(x: Array, shape: Shape) -> Array:
    """Rows of the arena [B, …] in the shape of their page."""
    if not channels_of(shape):
        return x.reshape(len(x), *shape)
    channels, *sides = shape
    return x.reshape(len(x), *sides, channels).transpose(0, 3, 1, 2)


def turn(x: str, y: str, shape: Shape, batch: int, last: bool) -> Call:
    """Images from [C, H, W] to [H, W, C], channels `last`, or back."""
    size, pixels = math.prod(shape), math.prod(shape[1:])
    numbers = {"inputs": size, "outputs": size, "channels": pixels if last else shape[0]}
    note = "channels last" if last else "channels first"
    return Call("turn", "turn", x, f"{y} [{batch}, {size}]", note, {"x": x, "y": y}, numbers)


def _image(layer: Layer, shape: Shape) -> tuple[int, int, int]:
    """Channels, height and width of images [C, H, W] or [H, W], or of sequences [T, C] for a layer that takes these."""
    if layer.takes_sequences:
        steps, channels = shape
        return channels, 1, steps
    channels, height, width = shape if len(shape) == 3 else (1, *shape)
    return channels, height, width


def windows(layer: Any, shape: Shape, made: Shape, size: int, stride: int, padding: int = 0) -> Mapping[str, int]:
    """mlj_windows of C: square windows over images of `shape`, or flat ones over sequences, at the places of `made`."""
    (_, height, width), (_, down, across) = _image(layer, shape), _image(layer, made)
    sides = {"height": height, "width": width, "down": down, "across": across, "wide": size, "step_across": stride}
    sides |= {"pad_across": padding}
    if layer.takes_sequences:
        return sides | {"tall": 1, "step_down": 1, "pad_down": 0}
    return sides | {"tall": size, "step_down": stride, "pad_down": padding}


# ---- convolution ----


def _numbers(stage: Stage) -> dict[str, Any]:
    layer: Any = stage.layer
    numbers = stage.numbers | {"channels": _image(layer, stage.shape)[0], "filters": layer.filters}
    numbers["at"] = windows(layer, stage.shape, stage.becomes, layer.kernel, layer.stride, layer.padding)
    return numbers | (_pooling(stage.pool, stage.becomes) if stage.pool else {})


def _said(stage: Stage) -> str:
    return "conv" + f" + {stage.activation.kind}" * bool(stage.activation) + " + pool" * (stage.pool is not None)


def _written(stage: Stage) -> str:
    """The sizes of a row of y as they lie: `12, 12, 16`, of sequences `12, 16`."""
    shape = stage.pool.output_shape(stage.becomes) if stage.pool else stage.becomes
    channels, height, width = _image(stage.layer, shape)
    return f"{width}, {channels}" if stage.layer.takes_sequences else f"{height}, {width}, {channels}"


def _convolution(stage: Stage, batch: int) -> Call:
    k, numbers = stage.number, _numbers(stage)
    where = {"where": f"where{k}"} if stage.pool else {}
    operands = {"x": stage.x, "w": f"W{k}", "b": f"b{k}", "y": stage.y} | where
    sides = [numbers["at"]["tall"]] * (not stage.layer.takes_sequences) + [numbers["at"]["wide"]]
    return Call(
        "convolution",
        _said(stage),
        f"{stage.x}, W{k} {[*sides, numbers['channels'], numbers['filters']]}, b{k}",
        ", ".join([f"{stage.y} [{batch}, {_written(stage)}]", *where.values()]),
        operands=operands,
        numbers=numbers,
        activation=stage.activation,
    )


def _convolution_backward(stage: Stage, needs_dx: bool) -> Call:
    k = stage.number
    operands = {"x": stage.x, "w": f"W{k}", "b": f"b{k}", "dy": stage.dy, "dw": f"dW{k}", "db": f"db{k}"}
    operands |= {"sums": f"sums{k}"} | ({"spread": f"spread{k}"} if _spreads(stage) else {})
    operands |= {"y": stage.y, "where": f"where{k}"} if stage.pool else {}
    reads, made = f"{stage.dy}, {stage.x}" + f", where{k}" * (stage.pool is not None), f"dW{k}, db{k}"
    text, note = "conv back", "first layer: no dx"
    if stage.pool:
        text = f"pool + {stage.activation.kind} + conv back" if stage.activation else "pool + conv back"
    if needs_dx:
        operands |= {"dx": stage.dx, "wt": f"W{k}T"}
        reads, made, note = f"{reads}, W{k}", f"{stage.dx}, {made}", ""
        if stage.mask:
            text, note = f"{text} + {stage.mask.kind} back", f"{stage.dx} is before the {stage.mask.kind}"
    bend = stage.activation if stage.pool else Bend()
    call = Call("convolution_backward", text, reads, made, note, operands, _numbers(stage), bend)
    return call._replace(mask=stage.mask if needs_dx else Bend())


def _spreads(stage: Stage) -> bool:
    """Whether dy is copied as the windows saw it: where it is pooled, or no whole groups of sixteen filters."""
    return stage.pool is not None or bool(_image(stage.layer, stage.becomes)[0] % 16)


def _rooms(stage: Stage, block: int) -> Mapping[str, Shape]:
    k, at = stage.number, _numbers(stage)["at"]
    (channels, *_), (filters, down, across) = (_image(stage.layer, shape) for shape in (stage.shape, stage.becomes))
    outputs, inputs, size = _whole(filters), _whole(channels), at["tall"] * at["wide"]
    groups = -(-block // TOGETHER)
    rooms: dict[str, Shape] = {
        f"W{k}T": (inputs // 16, size, outputs, 16),
        f"sums{k}": (groups, (size * channels + 1) * outputs),
    }
    if stage.pool:
        rooms[f"where{k}"] = (block, stage.outputs)
    if _spreads(stage):
        rooms[f"spread{k}"] = (groups * TOGETHER, down * across * outputs + 16)
    return rooms


def _whole(channels: int) -> int:
    return -(-channels // 16) * 16


def _fusible(layer: Layer, shape: Shape) -> bool:
    """Whether a layer is a pooling that a convolution can make while its outputs are in the cache."""
    if not isinstance(layer, MaxPool):
        return False
    _, _, across = _image(layer, shape)
    tall = 1 if layer.takes_sequences else layer.size
    return tall * across <= BAND and (layer.stride or layer.size) >= layer.size


# ---- pooling ----


def _pooling(layer: Any, shape: Shape) -> dict[str, Any]:
    at = windows(layer, shape, layer.output_shape(shape), layer.size, layer.stride or layer.size)
    return {"pool": at, "pooling": POOLING["mean" if isinstance(layer, AvgPool) else "max"]}


def _pooled(stage: Stage) -> tuple[str, dict[str, str], dict[str, Any]]:
    """What a pooling is called, where it leaves which number of a window was the largest, and its numbers."""
    numbers = stage.numbers | {"channels": _image(stage.layer, stage.shape)[0]} | _pooling(stage.layer, stage.shape)
    if isinstance(stage.layer, AvgPool):
        return "avgpool", {}, numbers
    return "pool", {"where": f"where{stage.number}"}, numbers


def _pool(stage: Stage, batch: int) -> Call:
    name, where, numbers = _pooled(stage)
    made = ", ".join([f"{stage.y} [{batch}, {_written(stage)}]", *where.values()])
    return Call("pool", name, stage.x, made, "", {"x": stage.x, "y": stage.y, **where}, numbers)


def _pool_backward(stage: Stage, needs_dx: bool) -> Call:
    name, where, numbers = _pooled(stage)
    operands, reads = {"dy": stage.dy, "dx": stage.dx, **where}, ", ".join([stage.dy, *where.values()])
    return Call("pool_backward", f"{name} back", reads, stage.dx, "", operands, numbers)


def _where(stage: Stage, block: int) -> Mapping[str, Shape]:
    return dict.fromkeys(_pooled(stage)[1].values(), (block, stage.outputs))


# ---- augment ----


def _augment_numbers(stage: Stage) -> dict[str, Any]:
    at = windows(stage.layer, stage.shape, stage.shape, 1, 1)
    return stage.numbers | {"layer": stage.place, "channels": _image(stage.layer, stage.shape)[0], "at": at}


def _drawn(stage: Stage) -> tuple[float, ...]:
    layer: Any = stage.layer
    return layer.shift, math.radians(layer.rotate), float(layer.flip)


def _augment(stage: Stage, batch: int) -> Call:
    made = f"{stage.y} [{batch}, {_written(stage)}]"
    operands = {"x": stage.x, "y": stage.y}
    call = Call("augment", "augment", stage.x, made, "in training", operands, _augment_numbers(stage))
    return call._replace(constants=_drawn(stage))


def _augment_backward(stage: Stage, needs_dx: bool) -> Call:
    operands = {"dy": stage.dy, "dx": stage.dx}
    call = Call("augment_backward", "augment back", stage.dy, stage.dx, "", operands, _augment_numbers(stage))
    return call._replace(constants=_drawn(stage))


# ---- flatten ----


def _flatten(stage: Stage, batch: int) -> Call:
    return turn(stage.x, stage.y, stage.shape, batch, last=False)


def _flatten_backward(stage: Stage, needs_dx: bool) -> Call:
    call = turn(stage.dy, stage.dx, stage.shape, 0, last=True)
    return call._replace(text="turn back", writes=stage.dx)


CONVOLUTION = Row(
    _convolution, _convolution_backward, rooms=_rooms, bends=True, pools=_fusible, images=True, group=TOGETHER
)
AUGMENT = Row(_augment, _augment_backward, images=True, group=TOGETHER)
POOL = Row(_pool, _pool_backward, rooms=_where, images=True, group=TOGETHER)
AUGMENT = Row(_augment, _augment_backward, images=True, group=TOGETHER)
FLATTEN = Row(_flatten, _flatten_backward, needed=lambda shape: channels_of(shape) > 0)
