"""The architecture as one line of text: `10 relu | 10 relu`, read and written."""

from __future__ import annotations

import re
from collections.abc import Iterable

from mlcore.catalogue import Entry
from mlcore.errors import ConfigError
from mlcore.layers import CATALOGUE
from mlcore.layers.dense import Dense
from mlcore.layers.layer import Layer

MEANT = {  # words of other notations, and what is written here instead
    "->": "separate layers by |, as in 10 relu | 10 relu",
    "-": "separate layers by |, as in 10 relu | 10 relu",
    "linear": "write the number of units alone, as in 10 relu",
    "softmax": "leave it out: it is part of the loss softmax_cross_entropy",
    "logsoftmax": "leave it out: it is part of the loss softmax_cross_entropy",
    "logistic": "it is called sigmoid",
    "identity": "leave it out: units without a word after them stay as they are",
    "none": "leave it out: units without a word after them stay as they are",
}


def parse(text: str) -> tuple[Layer, ...]:
    """Layers from a line: items separated by |, in each a number of units and then an activation.

    An empty line is the network without hidden layers. Raises ConfigError naming the item it cannot read.
    """
    layers: list[Layer] = []
    for place, item in enumerate(text.split("|") if text.strip() else (), start=1):
        words = item.split()
        if not words:
            raise ConfigError(
                f"layer {len(layers) + 1}, item {place} of {text!r:.80}: expected units or a layer, got nothing",
                hint="take one | away, or write e.g. 10 relu | 10 relu",
            )
        for word in words:
            layers.append(_layer(word, f"layer {len(layers) + 1}, item {place}"))
    return tuple(layers)


def _layer(word: str, where: str) -> Layer:
    if re.fullmatch(r"[-+]?[0-9]{1,4000}", word):
        return _dense(word, where)
    entry = _entry(word, where)
    if entry.name == "dense":
        hint = "write the number alone, e.g. 10 relu"
        raise ConfigError(f"{where}: expected the units of dense, got the word alone", hint=hint)
    layer: Layer = entry.load()()
    return layer


def _dense(word: str, where: str) -> Dense:
    try:
        return Dense(int(word))
    except ConfigError as error:
        raise ConfigError(f"{where}: {error}", code=error.code, hint="e.g. 10 relu") from None


def _entry(word: str, where: str) -> Entry:
    """The layer a word names. Raises ConfigError saying where, and the way out from other notations."""
    try:
        return CATALOGUE.find(word)
    except ConfigError as error:
        what = f"{where}: expected units or a layer, got {error}"
        raise ConfigError(what, code=error.code, hint=_meant(word) or error.hint) from None


def _meant(word: str) -> str:
    """The way out where a word is of another notation, or units and a word that were not kept apart."""
    units = re.fullmatch(r"([0-9]+)(?:\.[0-9]*)?,?([A-Za-z]\w*)?,?", word)
    if units:
        return f"units are a whole number and stand alone, as in {units[1]} {units[2] or 'relu'}"
    return MEANT.get(re.sub(r"^nn\.|\(.*|,$", "", word).lower(), "")


def write(layers: Iterable[Layer]) -> str:
    """The line `parse` reads back to the same layers: an activation stands in the item of the layer before it."""
    items: list[str] = []
    for layer in layers:
        if isinstance(layer, Dense) or not items:
            items.append(layer.word)
        else:
            items[-1] += " " + layer.word
    return " | ".join(items)
