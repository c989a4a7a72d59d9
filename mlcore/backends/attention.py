"""Attention as kernel calls: a product for q, k and v of all steps, what the heads hear, a product for the answer.

Where sequences are of different lengths, steps behind their ends are cleared on the way in, on the way out and on the
way back, so that the products between need not know of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mlcore.backends.calls import Call, Row, Stage, steps_of
from mlcore.backends.panels import whole
from mlcore.layers.layer import Shape


def _clear(stage: Stage, x: str, y: str) -> list[Call]:
    """y = x with zeros behind the ends of sequences, where there are such ends."""
    numbers = {"inputs": stage.inputs, "outputs": stage.inputs, "each": stage.steps}
    call = Call("clear", "clear", x, y, "zeros behind the ends", {"x": x, "y": y}, numbers)
    return [call] if stage.lengths else []


def _inside(stage: Stage) -> str:
    """What q, k and v are made of."""
    return f"in{stage.number}" if stage.lengths else stage.x


def _product(stage: Stage, batch: int, x: str, of: str, y: str, outputs: int) -> Call:
    """y = x W + b."""
    w, b = f"W{of}{stage.number}", f"b{of}{stage.number}"
    numbers = {"inputs": stage.inputs, "outputs": outputs, "each": stage.steps}
    reads, made = f"{x}, {w} [{stage.inputs}, {outputs}], {b}", f"{y} [{batch}, {stage.steps}, {outputs}]"
    return Call("dense", "dense", reads, made, "", {"x": x, "w": w, "b": b, "y": y}, numbers)


def _product_back(stage: Stage, x: str, of: str, dy: str, outputs: int, dx: str) -> Call:
    """dW, db and, where it has a name, dx."""
    w, b = f"W{of}{stage.number}", f"b{of}{stage.number}"
    operands = {"x": x, "w": w, "b": b, "dy": dy, "dw": f"d{w}", "db": f"d{b}"}
    operands |= {"dx": dx, "wt": f"{w}T"} if dx else {}
    numbers = {"inputs": stage.inputs, "outputs": outputs, "each": stage.steps}
    reads, made = f"{dy}, {x}" + f", {w}" * bool(dx), ", ".join([dx] * bool(dx) + [f"d{w}, d{b}"])
    return Call("dense_backward", "dense back", reads, made, "" if dx else "first layer: no dx", operands, numbers)


def _heads(stage: Stage) -> dict[str, Any]:
    """A sequence as the heads see it."""
    layer: Any = stage.layer
    d, steps = stage.inputs // layer.heads, stage.steps
    numbers = {"inputs": steps * 3 * stage.inputs, "outputs": steps * stage.inputs, "steps": steps}
    return numbers | {"features": stage.inputs, "units": d, "causal": layer.causal}


def _hear(stage: Stage, batch: int) -> Call:
    k, layer = stage.number, stage.layer
    numbers, heads = _heads(stage), layer.heads  # type: ignore[attr-defined]
    made = f"o{k} [{batch}, {stage.steps}, {stage.inputs}], a{k}"
    note = f"{heads} head{'s' * (heads != 1)} of {numbers['units']}" + ", causal" * numbers["causal"]
    operands = {"x": f"qkv{k}", "y": f"o{k}", "room": f"a{k}"}
    return Call("attention", "attention", f"qkv{k}", made, note, operands, numbers, constants=_scale(stage))


def _hear_back(stage: Stage) -> Call:
    k = stage.number
    operands = {"x": f"qkv{k}", "room": f"a{k}", "dy": f"do{k}", "dx": f"dqkv{k}"}
    reads, numbers = f"do{k}, qkv{k}, a{k}", _heads(stage)
    call = Call("attention_backward", "attention back", reads, f"dqkv{k}", "", operands, numbers)
    return call._replace(constants=_scale(stage))


def _scale(stage: Stage) -> tuple[float]:
    return (_heads(stage)["units"] ** -0.5,)


def _attention(stage: Stage, batch: int) -> tuple[Call, ...]:
    k, width = stage.number, stage.inputs
    return (
        *_clear(stage, stage.x, _inside(stage)),
        _product(stage, batch, _inside(stage), "qkv", f"qkv{k}", 3 * width),
        _hear(stage, batch),
        _product(stage, batch, f"o{k}", "o", stage.y, width),
        *_clear(stage, stage.y, stage.y),
    )


def _attention_backward(stage: Stage, needs_dx: bool) -> tuple[Call, ...]:
    k, width = stage.number, stage.inputs
    return (
        *_clear(stage, stage.dy, stage.dy),
        _product_back(stage, f"o{k}", "o", stage.dy, width, f"do{k}"),
        _hear_back(stage),
        _product_back(stage, _inside(stage), "qkv", f"dqkv{k}", 3 * width, stage.dx if needs_dx else ""),
    )


def _rooms(stage: Stage, block: int) -> Mapping[str, Shape]:
    """a: what each step hears of each, [heads, T, T] of a sequence, and as much again as one head needs."""
    k, steps, width = stage.number, stage.steps, stage.inputs
    heads = stage.layer.heads  # type: ignore[attr-defined]
    rooms: dict[str, Shape] = dict.fromkeys((f"o{k}", f"do{k}"), (block, steps, width))
    rooms |= dict.fromkeys((f"qkv{k}", f"dqkv{k}"), (block, steps, 3 * width))
    rooms |= {f"a{k}": (block, heads + 1, steps, steps)}
    rooms |= {f"Wqkv{k}T": (3 * width, whole(width)), f"Wo{k}T": (width, whole(width))}
    return rooms | ({_inside(stage): (block, steps, width)} if stage.lengths else {})


ATTENTION = Row(_attention, _attention_backward, rooms=_rooms, steps=steps_of)
