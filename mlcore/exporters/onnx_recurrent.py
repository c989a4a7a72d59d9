"""Recurrent layers as nodes of ONNX: RNN, GRU and LSTM, one direction each."""

from __future__ import annotations

from typing import Any

import numpy as np

from mlcore.exporters.onnx_nodes import Graph
from mlcore.exporters.stages import Stage
from mlcore.layers.layer import Array
from mlcore.layers.recurrent import Recurrent
from mlcore.spec import kind_of

ORDER = {"rnn": (0,), "gru": (1, 0, 2), "lstm": (0, 3, 1, 2)}  # z r h of our r z n, i o f c of our i f g o


def recurrent(stage: Stage, graph: Graph) -> None:
    """The nodes take [steps, rows, numbers]; what goes from the end is given the steps in reverse."""
    layer = stage.layer
    assert isinstance(layer, Recurrent)
    steps, found = graph.node("Transpose", graph.value, perm=[1, 0, 2]), []
    for way in layer.ways:
        name = f"{stage.number}.{way[1:]}"
        x = _reversed(graph, steps, name) if way else steps
        inputs = [graph.constant(f"{name}{key}", value) for key, value in _tensors(layer, stage.p, way).items()]
        more: dict[str, Any] = {"linear_before_reset": 1} if kind_of(layer) == "gru" else {}
        y = graph.node(kind_of(layer).upper(), x, *inputs, skipped=int(layer.last), hidden_size=layer.units, **more)
        y = graph.node("Squeeze", y, graph.constant(f"{name}axis", np.array([0 if layer.last else 1])))
        found.append(_reversed(graph, y, f"{name}again") if way and not layer.last else y)
    graph.value = graph.node("Concat", *found, axis=-1) if layer.bi else found[0]
    if not layer.last:
        graph.then("Transpose", perm=[1, 0, 2])


def _reversed(graph: Graph, value: str, name: str) -> str:
    """The first axis from its end."""
    starts, ends, axes, by = (np.array([n]) for n in (-1, np.iinfo(np.int64).min, 0, -1))
    given = {"starts": starts, "ends": ends, "axes": axes, "by": by}
    return graph.node("Slice", value, *(graph.constant(f"{name}{key}", array) for key, array in given.items()))


def _tensors(layer: Recurrent, p: dict[str, Array], way: str) -> dict[str, Array]:
    """W and R [1, G H, …] and both biases [1, 2 G H], the gates in ONNX's order."""
    order, h = ORDER[kind_of(layer)], layer.units

    def gates(rows: Array) -> Array:
        return np.concatenate([rows[gate * h : (gate + 1) * h] for gate in order])[None]

    b = p[f"b{way}"].ravel()
    second = np.zeros_like(b)
    if f"c{way}" in p:
        second[-h:] = p[f"c{way}"]
    both = np.concatenate([gates(b), gates(second)], axis=1)
    return {"w": gates(p[f"w{way}"].T), "u": gates(p[f"u{way}"].T), "b": both}
