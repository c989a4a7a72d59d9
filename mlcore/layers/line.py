"""The architecture as one line of text: `10 relu | drop .2 | 10 relu`, read and written."""

from __future__ import annotations

import re
from collections.abc import Iterable

from mlcore.errors import ConfigError
from mlcore.layers import CATALOGUE
from mlcore.layers.activations import Activation
from mlcore.layers.dense import Dense
from mlcore.layers.layer import Layer
from mlcore.layers.norms import BatchNorm, LayerNorm

WHOLE = re.compile(r"[-+]?[0-9]{1,4000}")
NUMBER = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?")
SHORT = {"drop": "dropout", "bn": "batch_norm", "ln": "layer_norm"}
BEHIND = (Activation, BatchNorm, LayerNorm)  # written into the item of the layer before


def parse(text: str) -> tuple[Layer, ...]:
    """Layers from a line: items separated by |, in each a number of units and then an activation.

    A number behind a word that takes one is that word's (`drop .2`), other settings follow by name (`bn momentum=.2`).
    An empty line is the network without hidden layers. Raises ConfigError naming the item it cannot read.
    """
    layers: list[Layer] = []
    for place, item in enumerate(text.split("|") if text.strip() else (), start=1):
        words = item.split()
        if not words:
            raise ConfigError(f"layers: item {place} of {text!r} is empty", hint="write e.g. 10 relu | 10 relu")
        while words:
            layers.append(_layer(words, f"layers: item {place}"))
    return tuple(layers)


def _layer(words: list[str], where: str) -> Layer:
    """The first layer of some words, which are taken from the list."""
    word = words.pop(0)
    if WHOLE.fullmatch(word):
        return Dense(int(word))
    if NUMBER.fullmatch(word) or "=" in word:
        raise ConfigError(f"{where}: {word} belongs to no layer", hint="write e.g. 10 leaky_relu .1 | drop .2")
    entry = CATALOGUE.find(SHORT.get(word, word))
    if entry.name == "dense":
        raise ConfigError(f"{where}: dense needs its units", hint="write the number alone, e.g. 10 relu")
    kind, given = entry.load(), {}
    if words and kind.number and NUMBER.fullmatch(words[0]):
        given[kind.number] = _value(words.pop(0))
    while words and "=" in words[0]:
        name, _, text = words.pop(0).partition("=")
        if name not in kind.__struct_fields__:
            hint = "it takes " + (", ".join(kind.__struct_fields__) or "no settings")
            raise ConfigError(f"{where}: {entry.name} has no setting {name!r}", hint=hint)
        given[name] = _value(text)
    try:
        layer: Layer = kind(**given)
    except ConfigError as error:
        raise ConfigError(f"{where}: {error}", code=error.code, hint=error.hint) from None
    return layer


def _value(text: str) -> int | float | str:
    """What a word stands for; a layer's own check answers for text where it wants a number."""
    if not NUMBER.fullmatch(text):
        return text
    return int(text) if WHOLE.fullmatch(text) else float(text)


def write(layers: Iterable[Layer]) -> str:
    """The line `parse` reads back to the same layers: what bends or scales stands in the item of the layer before."""
    items: list[str] = []
    for layer in layers:
        if items and isinstance(layer, BEHIND):
            items[-1] += " " + layer.word
        else:
            items.append(layer.word)
    return " | ".join(items)
