"""Residual connections: a way around some layers, so that these only have to learn what is to be added.

    skip | conv 16 k3 p1 bn relu | conv 16 k3 p1 bn | add relu

Layers stay a list, read like a program for a stack: `skip` puts what arrives on it, `add` takes it off and adds it. So
they nest as brackets do.
"""

from __future__ import annotations

from collections.abc import Sequence

from mlcore.errors import ShapeError
from mlcore.layers.layer import Array, Layer, Mode, Saved


class Skip(Layer, frozen=True, tag="skip"):
    """Keeps what arrives for the `add` that follows, and passes it on.

    y = x      dx = dy + dk, where dk is the dy of its add      x, y [B, …]

    The network carries k from here to there, and dk back (He et al. 2016):

    skip | conv 16 k3 p1 bn relu | conv 16 k3 p1 bn | add relu
    """

    def forward(self, p: dict[str, Array], x: Array, mode: Mode) -> tuple[Array, Saved]:
        return x, ()

    def backward(self, p: dict[str, Array], saved: Saved, dy: Array) -> tuple[Array, dict[str, Array]]:
        return dy, {}


class Add(Layer, frozen=True, tag="add"):
    """Adds what the last `skip` kept that has no `add` yet.

    y = x + k      dx = dy      dk = dy      x, y, k [B, …], k the output of its skip

    Both must have the same shape (He et al. 2016). They nest: skip | 16 relu | skip | 16 relu | 16 | add | 16 | add
    """

    def forward(self, p: dict[str, Array], x: Array, mode: Mode) -> tuple[Array, Saved]:
        return (x if mode.kept is None else x + mode.kept), ()

    def backward(self, p: dict[str, Array], saved: Saved, dy: Array) -> tuple[Array, dict[str, Array]]:
        return dy, {}


def pairs(layers: Sequence[Layer]) -> dict[int, int]:
    """Of every add the number of its skip, both from 0. Raises ShapeError naming one that stands alone."""
    found: dict[int, int] = {}
    waiting: list[int] = []
    for number, layer in enumerate(layers):
        if isinstance(layer, Skip):
            waiting.append(number)
        elif isinstance(layer, Add):
            if not waiting:
                hint = "write skip where the way around begins, as in skip | 16 relu | 16 | add"
                raise _alone(number, "add: there is no skip before it that it could take from", hint)
            found[number] = waiting.pop()
    if waiting:
        hint = "write add where the way around ends, as in skip | 16 relu | 16 | add"
        raise _alone(waiting[-1], "skip: there is no add behind it that takes what it keeps", hint)
    return found


def _alone(number: int, message: str, hint: str) -> ShapeError:
    return ShapeError(f"layer {number + 1}, {message}", where=f"layer {number + 1}", hint=hint)
