"""Where the buffers of a plan lie: one block of float32, every buffer at a cache line."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from mlcore.backends.calls import Stage
from mlcore.backends.lowering import row_of
from mlcore.backends.panels import Layout, whole
from mlcore.layers.dense import Dense
from mlcore.layers.layer import Shape
from mlcore.optimizers import Optimizer

SPAN = 16384  # MLJ_SPAN of mlj.h: numbers whose squares are added together


class Place(NamedTuple):
    """Where a buffer lies in the arena: first float, and its shape."""

    offset: int
    shape: Shape


def arena(
    layout: Layout, optimizer: Optimizer, stages: tuple[Stage, ...], block: int, tables: Sequence[str]
) -> tuple[dict[str, Place], int]:
    """Every buffer in its place, and the end of the last. Rows of a buffer follow each other without gaps."""
    shapes: dict[str, Shape] = {
        "parameters": (layout.size,),
        "moments": (optimizer.moments, layout.size),
        "gradient": (layout.size,),
        "norm": (2 * -(-layout.size // SPAN) if optimizer.clip_norm else 0,),  # doubles
        "x0": (block, math.prod(layout.network.row)),
        "targets": (block, stages[-1].steps * stages[-1].outputs),
        "row_loss": (block * stages[-1].steps,),
        "weights": (block * stages[-1].steps,),
        **dict.fromkeys(tables, (stages[-1].outputs,)),
    }
    if stages[0].x != "x0":
        shapes[stages[0].x] = (block, math.prod(layout.network.shapes[0]))  # without lengths, or as images lie here
    for stage in stages:
        shapes |= dict.fromkeys((stage.y, stage.dy), (block, stage.steps * stage.outputs))
        if isinstance(stage.layer, Dense):
            columns = whole(stage.inputs) if layout.panels else stage.inputs
            shapes[f"W{stage.number}T"] = (stage.outputs, columns)
        row = row_of(stage.layer)
        shapes |= row.rooms(stage, block)
        if room := row.room(stage.inputs, block * stage.steps):
            shapes[f"m{stage.number}"] = (room,)
    places, end = {}, 0
    for name, shape in shapes.items():
        places[name] = Place(end, shape)
        end += whole(math.prod(shape))
    offsets = dict(zip(layout.network.slots, layout.offsets, strict=True))
    for stage in stages:
        for slot in stage.slots:
            name = f"{'W' if slot.name[0] == 'w' else slot.name[0]}{slot.name[1:]}{stage.number}"
            shape = layout.shape(slot)
            places[name] = Place(places["parameters"].offset + offsets[slot], shape)
            places[f"d{name}"] = Place(places["gradient"].offset + offsets[slot], shape)
    return places, end
