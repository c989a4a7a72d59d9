"""Mean and max over an image or a sequence as kernel calls: poolings with one window that is as large as the row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mlcore.backends.calls import Call, Row, Stage
from mlcore.backends.images import POOLING
from mlcore.layers.layer import Shape
from mlcore.layers.summary import Max
from mlcore.spec import kind_of


def _numbers(stage: Stage) -> dict[str, Any]:
    """The window, as high as one place and as wide as there are places."""
    places = stage.inputs // stage.outputs
    window = {"width": places, "wide": places, "step_across": places}
    window |= dict.fromkeys(("height", "tall", "step_down", "down", "across"), 1)
    pooling = POOLING[kind_of(stage.layer)]
    return stage.numbers | {"channels": stage.outputs, "pool": window, "pooling": pooling}


def _where(stage: Stage) -> dict[str, str]:
    """Which place a maximum came from."""
    return {"where": f"where{stage.number}"} if isinstance(stage.layer, Max) else {}


def _summary(stage: Stage, batch: int) -> Call:
    kind, where = kind_of(stage.layer), _where(stage)
    made, note = ", ".join([stage.made(batch), *where.values()]), "of the real steps" if stage.lengths else ""
    return Call("summary", kind, stage.x, made, note, {"x": stage.x, "y": stage.y, **where}, _numbers(stage))


def _summary_backward(stage: Stage, needs_dx: bool) -> Call:
    where, operands = _where(stage), {"y": stage.y, "dy": stage.dy, "dx": stage.dx}
    reads = ", ".join([stage.dy, *where.values()])
    return Call(
        "summary_backward", f"{kind_of(stage.layer)} back", reads, stage.dx, "", operands | where, _numbers(stage)
    )


def _rooms(stage: Stage, block: int) -> Mapping[str, Shape]:
    return dict.fromkeys(_where(stage).values(), (block, stage.outputs))


SUMMARY = Row(_summary, _summary_backward, rooms=_rooms)
