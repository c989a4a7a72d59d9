"""A network as a program: a list of kernel calls over one arena, which C runs whole and people can read.

Lowering goes layer by layer through the tables of `lowering.py`. A Dense and the activation behind it become one call;
the activation's slope is multiplied into dx where it is made; a large network moves its weights where their gradient is
made, unless the norm of all gradients has to be known first. A plain plan does none of this. The arena is one block of
float32: the parameters, moments and gradient in the same order, then what a block of rows needs. Plans hold offsets,
never addresses.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

from mlcore.backends.arena import Place, arena
from mlcore.backends.calls import Bend, Call, Made, Stage
from mlcore.backends.images import channels_of, turn
from mlcore.backends.lowering import (
    LOSSES,
    LOWERING,
    OPTIMIZERS,
    bend_of,
    joins,
    lacking,
    meet,
    needs_call,
    row_of,
    slope,
)
from mlcore.backends.panels import Layout
from mlcore.backends.updates import updates, with_update
from mlcore.layers.layer import Layer
from mlcore.losses import Loss
from mlcore.network import Network
from mlcore.optimizers import Optimizer
from mlcore.spec import fields, kind_of

BLOCK_FLOATS = 1 << 17  # half a MiB: a block of rows takes about so much, to stay in the second-level cache
FUSED_WEIGHTS = 4096  # from here on the update is made with the gradient; a smaller network's is one short call
CHUNK_ROWS = 32  # chunks of rows are multiples of this: whole vectors, and full tiles
MANY_STEPS = 8  # from here on a row is rows enough that fewer make a chunk
BLOCK_ROWS = 192  # and has at least so many rows, so that a pass over the weight gradients pays
IMAGE_FLOATS = 1 << 24  # 64 MiB: but fewer rows of images, which stay in the cache by TOGETHER at a time anyway


class Plan(NamedTuple):
    """Everything C needs to train a network, and everything a person needs to read it.

    loss_call, update_call: which call is the loss, which is the first update. places: buffers by name, in floats;
    size: floats in the arena; block: rows that are in the arena at a time; chunk: rows a thread
    takes are a multiple of this. images: whether rows are images, of which a chunk goes through all calls together.
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
    chunk: int
    images: bool


def unsupported(network: Network, loss: Loss, optimizer: Optimizer) -> list[str]:
    """What has no row in the tables of `lowering.py`, each in a few words."""
    missing = [word for pair in zip(network.layers, network.shapes, strict=False) if (word := lacking(*pair))]
    if not network.layers:
        missing.append("a network without layers")
    elif type(network.layers[-1]) in LOWERING and not needs_call(network.layers[-1], network.shapes[-2]):
        missing.append(f"a network that ends with {kind_of(network.layers[-1])}")
    elif channels_of(network.output_shape):
        missing.append("a network whose outputs are images")
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
    in_blocks = fuse and not any(row_of(stage.layer).whole for stage in stages)
    images = any(row_of(stage.layer).images for stage in stages)
    chunk = math.lcm(*(row_of(stage.layer).group for stage in stages))
    if not images:
        chunk = math.lcm(chunk, CHUNK_ROWS // (MANY_STEPS if any(s.steps >= MANY_STEPS for s in stages) else 1))
    rows = max(chunk, min(BLOCK_ROWS, IMAGE_FLOATS // numbers // chunk * chunk)) if images else BLOCK_ROWS
    block = min(batch, max(rows, BLOCK_FLOATS // numbers // 64 * 64)) if in_blocks else batch
    forward, backward = _forward(network, loss, stages, batch), _backward(stages)
    moving = fuse and network.weights >= FUSED_WEIGHTS and not optimizer.clip_norm  # a norm is known at the end only
    layout = Layout(network, panels=moving)
    if layout.panels:
        backward, update = [with_update(call, optimizer) for call in backward], []
    else:
        update = updates(layout, optimizer)
    tables = LOSSES[type(loss)].tables(loss, stages[-1].outputs)
    places, size = arena(layout, optimizer, stages, block, list(tables))
    loss_call, update_call = len(forward) - 1, len(forward) + len(backward)
    calls = (*forward, *backward, *update)
    return Plan(
        *(network, optimizer, loss, stages, calls, loss_call, update_call),
        *(layout, places, size, batch, block, chunk, images),
    )


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


class _Group(NamedTuple):
    """Layers `first` … `last` that become one call: the first, an activation and a pooling fused into it."""

    first: int
    last: int
    bend: Bend = Bend()
    pool: Layer | None = None


def _stages(network: Network, fuse: bool) -> tuple[Stage, ...]:
    """The layers in groups that become one call each; layers that need no call are left out."""
    groups: list[_Group] = []
    for place, layer in enumerate(network.layers):
        if not needs_call(layer, network.shapes[place]):
            continue
        joined = _joined(network, groups[-1], place) if fuse and groups else None
        if joined:
            groups[-1] = joined
        else:
            groups.append(_Group(place, place))
    ends = [*(group.first for group in groups[1:]), len(network.layers)]
    begin = "steps" if network.lengths else "turned" if channels_of(network.shapes[0]) else "x0"
    steps = [row_of(network.layers[group.first]).steps(network.shapes[group.first]) for group in groups]
    names = [begin, *(f"x{number}" for number in range(1, len(groups))), "z"]
    return tuple(
        Stage(
            number=k + 1,
            place=group.first,
            layer=network.layers[group.first],
            slots=network.own[group.first],
            activation=group.bend,
            inputs=math.prod(network.shapes[group.first]) // steps[k],
            outputs=math.prod(network.shapes[ends[k]]) // steps[k],
            x=names[k],
            y=names[k + 1],
            mask=_mask(network, groups[k - 1], group) if k else Bend(),
            shape=network.shapes[group.first],
            becomes=network.shapes[group.first + 1],
            pool=group.pool,
            steps=steps[k],
            kept=names[_before(groups, network.skips[group.first])] if group.first in network.skips else "",
            lengths=network.lengths,
        )
        for k, group in enumerate(groups)
    )


def _before(groups: list[_Group], place: int) -> int:
    """How many stages lie before a layer."""
    return sum(group.first < place for group in groups)


def _mask(network: Network, before: _Group, group: _Group) -> Bend:
    """The activation of the stage before, if dx can be multiplied by its slope in a stage: nothing else adds to dx."""
    skipped = any(before.last < skip < group.first for skip in network.skips.values())
    return Bend() if before.pool or skipped or not row_of(network.layers[group.first]).bends else before.bend


def _joined(network: Network, group: _Group, place: int) -> _Group | None:
    """The group with one layer more, where its call can do what that does."""
    row, layer = row_of(network.layers[group.first]), network.layers[place]
    if group.last != place - 1 or group.pool:
        return None
    if row.bends and not group.bend and joins(layer):
        return group._replace(last=place, bend=bend_of(layer))
    return group._replace(last=place, pool=layer) if row.pools(layer, network.shapes[place]) else None


def outputs(plan: Plan) -> list[str]:
    """Where the output of each layer of a plain plan lies: a layer without a call has that of the one before."""
    names = {stage.place: stage.y for stage in plan.stages}
    found, now = [], plan.stages[0].x
    for place in range(len(plan.network.layers)):
        now = names.get(place, now)
        found.append(now)
    return found


def _forward(network: Network, loss: Loss, stages: tuple[Stage, ...], batch: int) -> list[Call]:
    """Gather, every stage, the loss."""
    features, row = math.prod(network.row), LOSSES[type(loss)]
    outputs, steps = stages[-1].outputs, stages[-1].steps
    gathered = f"{features} feature{'s' * (features != 1)}"
    operands = {"y": "x0", "dy": "targets"}
    numbers = {"inputs": features, "outputs": 0 if row.labels else steps * outputs}
    calls = [Call("gather", "gather", gathered, f"x0 [{batch}, {features}]", "", operands, numbers)]
    if network.lengths:
        made = f"lengths, steps [{batch}, {features - 1}]"
        numbers = {"inputs": features - 1, "outputs": features - 1, "steps": network.shapes[0][0]}
        calls.append(Call("split", "split", "x0", made, "", {"x": "x0", "y": "steps"}, numbers))
    elif stages[0].x != "x0":
        calls.append(turn("x0", stages[0].x, stages[0].shape, batch, last=True))
    for stage in stages:
        note = row.head(outputs) if stage.y == "z" else ""
        own = _listed(row_of(stage.layer).forward(stage, batch))
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
        masked = stage.pool or (stage.number < len(stages) and stages[stage.number].mask)
        if stage.activation and not masked:
            calls.append(slope(stage, stage.activation, stage.y, stage.dy))
        calls += _listed(row_of(stage.layer).backward(stage, stage.number > first))
        if stage.number > first:
            calls += [meet(stage.x, way) for way in stages if way.kept == stage.x]
    return calls


def _listed(made: Made) -> list[Call]:
    return [made] if isinstance(made, Call) else list(made)
