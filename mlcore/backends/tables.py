"""Embeddings and positions as kernel calls: tables of rows that are learned, of which each step takes one."""

from __future__ import annotations

from mlcore.backends.calls import Call, Row, Stage, steps_of


def _table(stage: Stage) -> dict[str, int]:
    """W [features, columns] as C is told of it, and the rows of a call."""
    features, columns = stage.slots[0].param.shape
    return stage.numbers | {"features": features, "columns": columns}


def _embedding(stage: Stage, batch: int) -> Call:
    k, numbers = stage.number, _table(stage)
    reads = f"{stage.x}, W{k} [{numbers['features']}, {numbers['columns']}]"
    operands = {"x": stage.x, "w": f"W{k}", "y": stage.y}
    return Call("embedding", "embedding", reads, stage.made(batch), "a row of W for each token", operands, numbers)


def _positions(stage: Stage, batch: int) -> Call:
    k, numbers = stage.number, _table(stage)
    reads = f"{stage.x}, W{k} [{numbers['features']}, {numbers['columns']}]"
    operands = {"x": stage.x, "w": f"W{k}", "y": stage.y}
    return Call("positions", "positions", reads, stage.made(batch), "", operands, numbers)


def _backward(kind: str, stage: Stage, reads: str, operands: dict[str, str], needs_dx: bool) -> Call:
    k = stage.number
    operands |= {"dy": stage.dy, "w": f"W{k}", "dw": f"dW{k}"} | ({"dx": stage.dx} if needs_dx else {})
    made = ", ".join([stage.dx] * needs_dx + [f"dW{k}"])
    return Call(f"{kind}_backward", f"{kind} back", reads, made, "", operands, _table(stage))


def _embedding_backward(stage: Stage, needs_dx: bool) -> Call:
    call = _backward("embedding", stage, f"{stage.dy}, {stage.x}", {"x": stage.x}, needs_dx)
    return call._replace(note=f"{stage.dx} is zero" if needs_dx else "tokens have no slope")


def _positions_backward(stage: Stage, needs_dx: bool) -> Call:
    return _backward("positions", stage, stage.dy, {}, needs_dx)


EMBEDDING = Row(_embedding, _embedding_backward, steps=lambda shape: shape[0])
POSITIONS = Row(_positions, _positions_backward, steps=steps_of)
