"""A graph of ONNX as it is put together: nodes in a row, and the tensors they name. onnx.proto3 numbers the fields."""

from __future__ import annotations

import numpy as np

from mlcore.exporters.protobuf import each, message
from mlcore.layers.layer import Array

FLOAT, INT64, STRING, DOUBLE = 1, 7, 8, 11  # TensorProto.DataType
TYPES = {"float32": FLOAT, "int64": INT64, "float64": DOUBLE}
A_FLOAT, AN_INT, INTS = 1, 2, 7  # AttributeProto.AttributeType


class Graph:
    """Nodes in a row: each takes the value of the one before as its first input."""

    def __init__(self, value: str) -> None:
        self.value = value
        self.nodes: list[bytes] = []
        self.tensors: list[bytes] = []
        self.kept: dict[int, str] = {}  # what each skip keeps for its add, by its number

    def constant(self, name: str, values: Array) -> str:
        """A tensor by name."""
        values = np.asarray(values, order="C")
        data = values.astype(values.dtype.newbyteorder("<")).tobytes()
        self.tensors.append(message(*each(1, values.shape), (2, TYPES[values.dtype.name]), (8, name), (9, data)))
        return name

    def number(self, name: str, value: float) -> str:
        """A tensor of one float32 by name."""
        return self.constant(name, np.array(value, np.float32))

    def strings(self, name: str, words: tuple[str, ...]) -> str:
        """A tensor of strings by name."""
        self.tensors.append(message((1, len(words)), (2, STRING), *each(6, words), (8, name)))
        return name

    def then(self, operator: str, *others: str, called: str = "", **attributes: int | float | list[int]) -> None:
        """Another node on the value so far; `others` are its further inputs, `called` a name for what comes out."""
        self.value = self.node(operator, self.value, *others, called=called, skipped=0, **attributes)

    def node(
        self, operator: str, *inputs: str, called: str = "", skipped: int = 0, **attributes: int | float | list[int]
    ) -> str:
        """A node, and the name of what comes out; `skipped`: how many of its outputs before that nobody wants."""
        name = called or f"v{len(self.nodes) + 1}"
        written = [_attribute(key, value) for key, value in attributes.items()]
        outputs = each(2, ("",) * skipped + (name,))
        self.nodes.append(message(*each(1, inputs), *outputs, (3, f"n{name}"), (4, operator), *each(5, written)))
        return name


def _attribute(name: str, value: int | float | list[int]) -> bytes:
    if isinstance(value, float):
        return message((1, name), (2, value), (20, A_FLOAT))
    if isinstance(value, int):
        return message((1, name), (3, value), (20, AN_INT))
    return message((1, name), *each(8, value), (20, INTS))
