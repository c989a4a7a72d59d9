"""A network as a program: a list of kernel calls over one arena, which C runs whole and people can read.

Lowering goes layer by layer through the tables of `lowering.py`. A Dense and the activation behind it become one call;
the activation's slope is multiplied into dx where it is made; a large network moves its weights where their gradient is
made, unless the norm of all gradients has to be known first. A plain plan does none of this. The arena is one block of
float32: the parameters, moments and gradient in the same order, then what a block of rows needs. Plans hold offsets,
never addresses.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from mlcore.backends.lowering import (
    LOSSES,
    LOWERING,
    OPTIMIZERS,
    Bend,
    Call,
    Made,
    Row,
    Stage,
    bend_of,
    joins,
    lacking,
    slope,
)
from mlcore.backends.panels import Layout, whole
from mlcore.backends.updates import updates, with_update
from mlcore.layers.dense import Dense
from mlcore.layers.layer import Shape
from mlcore.losses import Loss
from mlcore.network import Network
from mlcore.optimizers import Optimizer
from mlcore.spec import fields, kind_of

BLOCK_FLOATS = 1 << 17  # half a MiB: a block of rows takes about so much, to stay in the second-level cache
SPAN = 16384  # MLJ_SPAN of mlj.h: numbers whose squares are added together
FUSED_WEIGHTS = 4096  # from here on the update is made with the gradient; a smaller network's is one short call
BLOCK_ROWS = 192  # and has at least so many rows, so that a pass over the weight gradients pays


class Place(NamedTuple):
    """Where a buffer lies in the arena: first float, and its shape."""

    offset: int
    shape: Shape


class Plan(NamedTuple):
    """Everything C needs to train a network, and everything a person needs to read it.

    loss_call, update_call: which call is the loss, which is the first update. places: buffers by name, in floats;
    size: floats in the arena; block: rows that are in the arena at a time.
    """

    network: Network
    optimizer: Optimizer
    loss: Loss
    stages: tuple[Stage, ...]
    calls: tuple[Call, ...]
    loss_call: int
    update_call: int
    layout: Layout
    places: Mapping[str, Place]
    size: int
    batch: int
    block: int


def unsupported(network: Network, loss: Loss, optimizer: Optimizer) -> list[str]:
    """What has no row in the tables of `lowering.py`, each in a few words."""
    missing = [word for pair in zip(network.layers, network.shapes, strict=False) if (word := lacking(*pair))]
    if not network.layers:
        missing.append("a network without layers")
    elif LOWERING.get(type(network.layers[-1]), network) is None:
        missing.append(f"a network that ends with {kind_of(network.layers[-1])}")
    if type(loss) not in LOSSES:
        missing.append(f"loss {kind_of(loss)}")
    if type(optimizer) not in OPTIMIZERS:
        missing.append(f"optimizer {kind_of(optimizer)}")
    return list(dict.fromkeys(missing))


def lower(network: Network, loss: Loss, optimizer: Optimizer, batch: int, *, fuse: bool = True) -> Plan:
    """The plan of one training step for batches of `batch` rows. Nothing may be `unsupported`.

    fuse: join what can be joined. A plain plan keeps every layer's output and gradient, and all rows of the batch, for
    looking at.
    """
    stages = _stages(network, fuse)
    numbers = sum(stage.steps * (stage.inputs + stage.outputs) for stage in stages)
    in_blocks = fuse and not any(row.whole for row in map(_row, stages))
    block = min(batch, max(BLOCK_ROWS, BLOCK_FLOATS // numbers // 64 * 64)) if in_blocks else batch
    forward, backward = _forward(network, loss, stages, batch), _backward(stages)
    moving = fuse and network.weights >= FUSED_WEIGHTS and not optimizer.clip_norm  # a norm is known at the end only
    layout = Layout(network, panels=moving)
    if layout.panels:
        backward, update = [with_update(call, optimizer) for call in backward], []
    else:
        update = updates(layout, optimizer)
    tables = LOSSES[type(loss)].tables(loss, stages[-1].outputs)
    places, size = _arena(layout, optimizer, stages, block, list(tables))
    loss_call, update_call = len(forward) - 1, len(forward) + len(backward)
    calls = (*forward, *backward, *update)
    return Plan(network, optimizer, loss, stages, calls, loss_call, update_call, layout, places, size, batch, block)


def explain(plan: Plan, room: int = 0) -> str:
    """The plan as a table: number, kernel, what it reads, what it writes, a note.

    room: cells of a line, 0 for no end; a note that would go beyond stands below its call.
    """
    rows = [(call.text, call.reads, call.writes, call.note and f"({call.note})") for call in plan.calls]
    text, reads, writes = (max(len(row[column]) for row in rows) for column in range(3))
    lines = []
    for number, row in enumerate(rows):
        line = f"{number:2} {row[0]:{text}}  {row[1]:{reads}}  -> {row[2]:{writes}}"
        below = room and len(line) + 2 + len(row[3]) > room
        lines += [line, f"{'':{text + 5}}{row[3]}"] if below and row[3] else [f"{line}  {row[3]}"]
    return "\n".join(map(str.rstrip, lines))


# ---- lowering ----


def _stages(network: Network, fuse: bool) -> tuple[Stage, ...]:
    """The layers in groups that become one call each; layers that need no call are left out."""
    groups: list[tuple[int, Bend]] = []  # first layer of the group, activation fused into it
    for place, layer in enumerate(network.layers):
        if LOWERING[type(layer)] is None:
            continue
        before = groups[-1] if groups else None
        if fuse and before == (place - 1, Bend()) and isinstance(network.layers[place - 1], Dense) and joins(layer):
            groups[-1] = (place - 1, bend_of(layer))
        else:
            groups.append((place, Bend()))
    ends = [*(place for place, _ in groups[1:]), len(network.layers)]
    steps = [_steps(network, place) for place, _ in groups]
    return tuple(
        Stage(
            number=k + 1,
            place=place,
            layer=network.layers[place],
            slots=network.own[place],
            activation=activation,
            inputs=math.prod(network.shapes[place]) // steps[k],
            outputs=math.prod(network.shapes[ends[k]]) // steps[k],
            x=f"x{k}" if k or not network.lengths else "steps",
            y="z" if k + 1 == len(groups) else f"x{k + 1}",
            mask=groups[k - 1][1] if k else Bend(),
            steps=steps[k],
        )
        for k, (place, activation) in enumerate(groups)
    )


def _steps(network: Network, place: int) -> int:
    """Rows that a row of the batch is to a layer."""
    row, shape = LOWERING[type(network.layers[place])], network.shapes[place]
    return shape[0] if row and row.by_step and len(shape) == 2 else 1


def outputs(plan: Plan) -> list[str]:
    """Where the output of each layer of a plain plan lies: a layer without a call has that of the one before."""
    names = {stage.place: stage.y for stage in plan.stages}
    found, now = [], plan.stages[0].x
    for place in range(len(plan.network.layers)):
        now = names.get(place, now)
        found.append(now)
    return found


def _row(stage: Stage) -> Row:
    row = LOWERING[type(stage.layer)]
    assert row is not None  # such a layer has no stage
    return row


def _forward(network: Network, loss: Loss, stages: tuple[Stage, ...], batch: int) -> list[Call]:
    """Gather, every stage, the loss."""
    features, row = math.prod(network.row), LOSSES[type(loss)]
    outputs, steps = stages[-1].outputs, stages[-1].steps
    gathered = f"{features} feature{'s' * (features != 1)}"
    operands = {"y": "x0", "dy": "targets"}
    numbers = {"inputs": features, "outputs": 0 if row.labels else steps * outputs}
    calls = [Call("gather", "gather", gathered, f"x0 [{batch}, {features}]", "", operands, numbers)]
    if network.lengths:
        made, numbers = f"lengths, steps [{batch}, {features - 1}]", {"inputs": features - 1, "outputs": features - 1}
        calls.append(Call("split", "split", "x0", made, "", {"x": "x0", "y": "steps"}, numbers))
    for stage in stages:
        note = row.head(outputs) if stage.y == "z" else ""
        own = _listed(_row(stage).forward(stage, batch))
        calls += [call._replace(note=note) if note else call for call in own]
    target, tables = "labels" if row.labels else "targets", row.tables(loss, outputs)
    operands = {"x": "z", "y": "row_loss", "dx": "dz"} | ({} if row.labels else {"dy": "targets"})
    operands |= dict(zip(("w", "b"), tables, strict=False))
    numbers = {"inputs": outputs, "outputs": outputs, "each": steps}
    call = Call(row.opcode, kind_of(loss), f"z, {target}", "loss, dz", _said(loss), operands, numbers)
    return [*calls, call._replace(constants=row.constants(loss))]


def _said(loss: Loss) -> str:
    """The settings of a loss that are not its defaults: `label smoothing 0.1, class weight 0.5 2`."""
    said = []
    for field in fields(type(loss)):
        value = getattr(loss, field.name)
        if value != field.default:
            some = " ".join(f"{number:.4g}" for number in value[:4]) if isinstance(value, tuple) else f"{value}"
            said.append(f"{field.name.replace('_', ' ')} {some}" + " …" * (isinstance(value, tuple) and len(value) > 4))
    return ", ".join(said)


def _backward(stages: tuple[Stage, ...]) -> list[Call]:
    """Every stage in reverse, down to the first one that has parameters."""
    first = next((stage.number for stage in stages if stage.slots), len(stages) + 1)
    calls: list[Call] = []
    for stage in reversed(stages[first - 1 :]):
        masked = stage.number < len(stages) and isinstance(stages[stage.number].layer, Dense)
        if stage.activation and not masked:
            calls.append(slope(stage, stage.activation, stage.y, stage.dy))
        calls += _listed(_row(stage).backward(stage, stage.number > first))
    return calls


def _listed(made: Made) -> list[Call]:
    return [made] if isinstance(made, Call) else list(made)


def _arena(
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
    if layout.network.lengths:
        shapes["steps"] = (block, math.prod(layout.network.shapes[0]))
    for stage in stages:
        shapes |= dict.fromkeys((stage.y, stage.dy), (block, stage.steps * stage.outputs))
        if isinstance(stage.layer, Dense):
            columns = whole(stage.inputs) if layout.panels else stage.inputs
            shapes[f"W{stage.number}T"] = (stage.outputs, columns)
        room = _row(stage).room(stage.inputs, block * stage.steps)
        if room:
            shapes[f"m{stage.number}"] = (room,)
        shapes |= _row(stage).places(stage, block)
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
