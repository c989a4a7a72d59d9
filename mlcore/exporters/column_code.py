"""Embeddings of a table's columns, in NumPy, C and ONNX: numbers pass, each token is looked up in its table."""

from __future__ import annotations

import numpy as np

from mlcore.exporters.c_functions import EMBEDDING
from mlcore.exporters.onnx_nodes import INT64, Graph
from mlcore.exporters.stages import Stage
from mlcore.layers.embedding import ColumnEmbedding
from mlcore.layers.layer import Array


def in_numpy(stage: Stage) -> tuple[str, dict[str, Array]]:
    """The expression of x, and the array it names."""
    layer, table = _layer(stage), f"table{stage.nth}"
    numbers = stage.inputs[0] - layer.token_columns
    rows = f"{table}[x[:, {numbers}:].astype(int) + {list(layer.first)}]"
    return f"np.concatenate([x[:, :{numbers}], {rows}.reshape(len(x), -1)], axis=1)", {table: stage.p["w"]}


def in_c(stage: Stage) -> tuple[str, str, dict[str, Array]]:
    """The calls, one for each column, the function they call and the array they name."""
    layer, table = _layer(stage), f"table{stage.nth}"
    numbers = stage.inputs[0] - layer.token_columns
    calls = [f"for (int i = 0; i < {numbers}; i++)\n        {{y}}[i] = {{x}}[i];"] if numbers else []
    for place, (first, many) in enumerate(zip(layer.first, layer.vocabularies, strict=True)):
        x, y = f"{{x}} + {numbers + place}", f"{{y}} + {numbers + place * layer.dim}"
        calls.append(f"embedding({x}, {y}, {table} + {first * layer.dim}, 1, {many}, {layer.dim});")
    return "\n    ".join(calls), EMBEDDING, {table: stage.p["w"]}


def in_onnx(stage: Stage, graph: Graph) -> None:
    """A Gather from one table for the tokens of all columns, each moved to where its own begins."""
    layer, k = _layer(stage), stage.number
    numbers = stage.inputs[0] - layer.token_columns
    places = np.arange(stage.inputs[0])
    tokens = graph.node("Gather", graph.value, graph.constant(f"{k}.tokens", places[numbers:]), axis=1)
    rows = graph.node("Add", graph.node("Cast", tokens, to=INT64), graph.constant(f"{k}.first", np.array(layer.first)))
    found = graph.node("Flatten", graph.node("Gather", graph.constant(f"{k}.w", stage.p["w"]), rows, axis=0), axis=1)
    if not numbers:
        graph.value = found
        return
    kept = graph.node("Gather", graph.value, graph.constant(f"{k}.numbers", places[:numbers]), axis=1)
    graph.value = graph.node("Concat", kept, found, axis=1)


def _layer(stage: Stage) -> ColumnEmbedding:
    assert isinstance(stage.layer, ColumnEmbedding)
    return stage.layer
