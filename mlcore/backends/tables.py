"""Embeddings and positions as kernel calls: tables of rows that are learned, of which each step or column takes one."""

from __future__ import annotations

from collections.abc import Iterator

from mlcore.backends.calls import Call, Row, Stage, steps_of
from mlcore.layers.embedding import ColumnEmbedding


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


def _numbers(stage: Stage) -> dict[str, int]:
    """The numbers of a table's rows, which pass through in front of the tokens; nothing where there are none."""
    many = stage.inputs - stage.layer.token_columns
    return stage.numbers | {"columns": many} if many else {}


def _columns(stage: Stage) -> Iterator[tuple[str, dict[str, int]]]:
    """Each column of tokens: what is said of it, and as C is told of it."""
    layer, table = stage.layer, _table(stage)
    assert isinstance(layer, ColumnEmbedding)
    before = stage.inputs - layer.token_columns
    for number, (begin, units) in enumerate(zip(layer.first, layer.vocabularies, strict=True)):
        own = {"place": before + number, "column": before + number * layer.dim, "begin": begin, "units": units}
        yield f"feature {before + number + 1}: one of {units}", table | own


def _column_embedding(stage: Stage, batch: int) -> tuple[Call, ...]:
    k, calls, numbers = stage.number, list[Call](), _numbers(stage)
    if numbers:
        note, operands = f"{numbers['columns']} columns stay", {"x": stage.x, "y": stage.y}
        calls.append(Call("pass", "pass", stage.x, stage.made(batch), note, operands, numbers))
    operands = {"x": stage.x, "w": f"W{k}", "y": stage.y}
    for note, own in _columns(stage):
        reads = f"{stage.x}, W{k} [{own['features']}, {own['columns']}]"
        calls.append(Call("look_up", "look up", reads, stage.made(batch), note, operands, own))
    return tuple(calls)


def _column_embedding_backward(stage: Stage, needs_dx: bool) -> tuple[Call, ...]:
    k, calls, numbers, dx = stage.number, list[Call](), _numbers(stage), {"dx": stage.dx} if needs_dx else {}
    if numbers and needs_dx:
        calls.append(Call("pass_backward", "pass back", stage.dy, stage.dx, "", {"dy": stage.dy, **dx}, numbers))
    operands = {"x": stage.x, "dy": stage.dy, "w": f"W{k}", "dw": f"dW{k}", **dx}
    made = ", ".join([*dx.values(), f"dW{k}"])
    for note, own in _columns(stage):
        calls.append(Call("look_up_backward", "look up back", f"{stage.dy}, {stage.x}", made, note, operands, own))
    return tuple(calls)


COLUMN_EMBEDDING = Row(_column_embedding, _column_embedding_backward, axes=(1,))
EMBEDDING = Row(_embedding, _embedding_backward, steps=lambda shape: shape[0])
POSITIONS = Row(_positions, _positions_backward, steps=steps_of)
