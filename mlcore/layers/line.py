"""The architecture as one line of text: `10 relu | 10 relu`, read and written."""

from __future__ import annotations

import re
from collections.abc import Iterable

from mlcore.errors import ConfigError
from mlcore.layers import CATALOGUE
from mlcore.layers.dense import Dense
from mlcore.layers.layer import Layer


def parse(text: str) -> tuple[Layer, ...]:
    """Layers from a line: items separated by |, in each a number of units and then an activation.

    An empty line is the network without hidden layers. Raises ConfigError naming the item it cannot read.
    """
    layers: list[Layer] = []
    for place, item in enumerate(text.split("|") if text.strip() else (), start=1):
        words = item.split()
        if not words:
            raise ConfigError(f"layers: item {place} of {text!r} is empty", hint="write e.g. 10 relu | 10 relu")
        layers.extend(_layer(word, place) for word in words)
    return tuple(layers)


def _layer(word: str, place: int) -> Layer:
    if re.fullmatch(r"[-+]?[0-9]{1,4000}", word):
        return Dense(int(word))
    entry = CATALOGUE.find(word)
    if entry.name == "dense":
        raise ConfigError(f"layers: item {place}: dense needs its units", hint="write the number alone, e.g. 10 relu")
    layer: Layer = entry.load()()
    return layer


def write(layers: Iterable[Layer]) -> str:
    """The line `parse` reads back to the same layers: an activation stands in the item of the layer before it."""
    items: list[str] = []
    for layer in layers:
        if isinstance(layer, Dense) or not items:
            items.append(layer.word)
        else:
            items[-1] += " " + layer.word
    return " | ".join(items)
