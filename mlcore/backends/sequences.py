"""How a recurrent layer becomes kernel calls: one for each direction, there and back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from mlcore.backends.calls import Call, Row, Stage
from mlcore.backends.panels import whole
from mlcore.layers.layer import Layer, Shape
from mlcore.layers.recurrent import GRU, LSTM, RNN, Recurrent
from mlcore.spec import kind_of

GROUP = 32  # rows that go through the sequence together, and have the matrices packed for them


class Cell(NamedTuple):
    """A recurrent cell as C knows it: its number, and what it keeps, in units: of each step, and beside the steps."""

    number: int
    kept: int
    more: int = 0


CELLS: Mapping[type[Layer], Cell] = {RNN: Cell(0, 1), GRU: Cell(1, 7), LSTM: Cell(2, 6, 1)}


def _directions(stage: Stage) -> Iterator[tuple[str, dict[str, str], dict[str, int]]]:
    """Of each cell of a recurrent layer: what names end in, its operands, and its numbers."""
    layer, k = stage.layer, stage.number
    assert isinstance(layer, Recurrent)
    features = next(slot for slot in stage.slots if slot.name == "w").param.shape[0]
    columns = layer.gates * layer.units
    own = {"steps": stage.inputs // features, "features": features, "units": layer.units, "columns": columns}
    own |= {"inputs": whole(features) + layer.units, "outputs": stage.outputs, "cell": CELLS[type(layer)].number}
    for back, way in enumerate(layer.ways):
        operands = {"x": stage.x, "w": f"W{way}{k}", "u": f"u{way}{k}", "b": f"b{way}{k}", "room": f"m{way}{k}"}
        operands |= {"packed": f"WU{way}{k}"} | ({"b2": f"c{way}{k}"} if layer.gates == 3 else {})
        yield way, operands, own | {"column": back * layer.units, "back": back, "last": layer.last}


def _recurrent(stage: Stage, batch: int) -> tuple[Call, ...]:
    calls = []
    for way, operands, numbers in _directions(stage):
        read = ", ".join([stage.x, f"{operands['w']} [{numbers['features']}, {numbers['columns']}]", *_own(operands)])
        made = f"{stage.y} [{batch}, {stage.outputs}], {operands['room']}"
        note = f"{numbers['steps']} steps" + ", the last first" * bool(way)
        text = kind_of(stage.layer) + " from the end" * bool(way)
        calls.append(Call("recurrent", text, read, made, note, operands | {"y": stage.y}, numbers))
    return tuple(calls)


def _recurrent_backward(stage: Stage, needs_dx: bool) -> tuple[Call, ...]:
    calls = []
    for way, operands, numbers in _directions(stage):
        read = ", ".join([stage.dy, operands["w"], *_own(operands), operands["room"]])
        slopes = {f"d{field}": f"d{name}" for field, name in operands.items() if field in ("w", "u", "b", "b2")}
        operands = operands | {"dy": stage.dy, "wt": f"W{way}{stage.number}T"} | slopes
        made = ", ".join([stage.dx] * needs_dx + list(slopes.values()))
        operands |= {"dx": stage.dx} if needs_dx else {}
        note = "" if not needs_dx or not way else f"adds to {stage.dx}"
        text = kind_of(stage.layer) + " from the end" * bool(way) + " back"
        calls.append(Call("recurrent_backward", text, read, made, note, operands, numbers))
    return tuple(calls)


def _own(operands: Mapping[str, str]) -> list[str]:
    return [name for field, name in operands.items() if field in ("u", "b", "b2")]


def _recurrent_rooms(stage: Stage, block: int) -> dict[str, Shape]:
    """Room for the steps of a block and for the matrices transposed, as `kernels/recurrent.c` lays them out."""
    found: dict[str, Shape] = {}
    for way, _, n in _directions(stage):
        cell, steps, h = CELLS[type(stage.layer)], n["steps"], n["units"]
        kept = (steps + 1) * (n["features"] + h) + (cell.kept * steps + cell.more + 3) * h + n["features"]
        found[f"m{way}{stage.number}"] = (block, kept)
        found[f"WU{way}{stage.number}"] = (-(-block // GROUP), (n["features"] + h) * whole(n["columns"]))
        found[f"W{way}{stage.number}T"] = (n["columns"], whole(n["features"]) + whole(h))
    return found


RECURRENT = Row(_recurrent, _recurrent_backward, rooms=_recurrent_rooms, group=GROUP)
