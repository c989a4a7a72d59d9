"""How a plan moves its parameters: in the calls that make their gradient, or in calls of their own behind all."""

from __future__ import annotations

from mlcore.backends.calls import Call
from mlcore.backends.lowering import constants
from mlcore.backends.panels import Layout
from mlcore.optimizers import Optimizer
from mlcore.spec import kind_of


def with_update(call: Call, optimizer: Optimizer) -> Call:
    """The call with the update of the parameters whose gradient it makes, if it makes any."""
    if "dw" not in call.operands:
        return call
    kind, own = kind_of(optimizer), constants(optimizer)
    moved = {name for field, name in call.operands.items() if field in ("dw", "db", "du", "db2")}
    written = [name.removeprefix("d") if name in moved else name for name in call.writes.split(", ")]
    text, writes = f"{call.text}, {kind}", ", ".join(written)
    return call._replace(text=text, writes=writes, rule=kind, constants=own)


def updates(layout: Layout, optimizer: Optimizer) -> list[Call]:
    """One call over the flat vector, or two where only the weights decay; before them the norm, if it is clipped."""
    clipped = optimizer.clip_norm > 0
    behind = ", norm" * clipped + ", moments" * (optimizer.moments > 0)
    decays = bool(optimizer.weight_decay or optimizer.l1)
    learned = layout.learned  # statistics lie behind, and nothing moves them
    spans = [(0, layout.weights), (layout.weights, learned)] if decays else [(0, learned)]
    operands = {"w": "parameters", "dw": "gradient"} | ({"y": "norm"} if clipped else {})
    calls = []
    if clipped:
        note = f"of the whole gradient, {optimizer.clip_norm:g} at most"
        squares = {"y": "norm", "dw": "gradient"}
        calls.append(Call("clip", "norm", "dW, db", "norm", note, squares, {"inputs": layout.size, "outputs": 1}))
    for start, end in spans:
        if start == end:
            continue
        weights = decays and end == layout.weights
        moved = "W, b" if end - start == learned else "W" if start == 0 else "b"
        note = f"{layout.counted(start, end)} numbers, " + (_penalties(optimizer) if weights else "one call")
        reads = ", ".join(f"d{name}" for name in moved.split(", ")) + behind
        numbers = {"inputs": end - start, "outputs": 1, "first": start}
        own = constants(optimizer, weights)
        kind = kind_of(optimizer)
        calls.append(Call("update", kind, reads, moved, note, operands, numbers, rule=kind, constants=own))
    return calls


def _penalties(optimizer: Optimizer) -> str:
    named = {"decay": optimizer.weight_decay, "l1": optimizer.l1}
    return ", ".join(f"{name} {strength:g}" for name, strength in named.items() if strength)
