"""The architecture as one line of text: `10 relu | drop .2 | 10 relu`, read and written."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

from mlcore.catalogue import Entry
from mlcore.errors import ConfigError
from mlcore.layers import CATALOGUE
from mlcore.layers.activations import Activation
from mlcore.layers.dense import Dense
from mlcore.layers.layer import Layer
from mlcore.layers.norms import BatchNorm, LayerNorm
from mlcore.layers.residual import Skip

WHOLE = re.compile(r"[-+]?[0-9]{1,4000}")
NUMBER = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?")
SEVERAL = re.compile(r"(?=.*,)[0-9]{1,9}(,[0-9]{1,9})*,?")  # 12,5 or, of one number, 12,
SHORT = {
    "drop": "dropout",
    "bn": "batch_norm",
    "ln": "layer_norm",
    "conv": "conv2d",
    "pool": "max_pool2d",
    "avgpool": "avg_pool2d",
    "pool1d": "max_pool1d",
    "avgpool1d": "avg_pool1d",
    "embed": "embedding",
    "embed_cols": "column_embedding",
}
BEHIND = (Activation, BatchNorm, LayerNorm)  # written into the item of the layer before

MEANT = {  # words of other notations, and what is written here instead
    "->": "separate layers by |, as in 10 relu | 10 relu",
    "-": "separate layers by |, as in 10 relu | 10 relu",
    "linear": "write the number of units alone, as in 10 relu",
    "softmax": "leave it out: it is part of the loss softmax_cross_entropy",
    "logsoftmax": "leave it out: it is part of the loss softmax_cross_entropy",
    "logistic": "it is called sigmoid",
    "identity": "leave it out: units without a word after them stay as they are",
    "bidirectional": "write bi behind the units, as in gru 64 bi",
    "none": "leave it out: units without a word after them stay as they are",
}


def parse(text: str) -> tuple[Layer, ...]:
    """Layers from a line: items separated by |, in each a number of units and then an activation.

    A number behind a word that takes one is that word's (`drop .2`), other settings follow by letter (`conv 16 k5 p2`),
    by name (`bn momentum=.2`) or, of what is yes or no, as a word alone (`attention 4 causal`).
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
        while words:
            layers.append(_layer(words, f"layer {len(layers) + 1}, item {place}"))
    return tuple(layers)


def _layer(words: list[str], where: str) -> Layer:
    """The first layer of some words, which are taken from the list."""
    word = words.pop(0)
    if WHOLE.fullmatch(word):
        return _dense(word, where)
    if NUMBER.fullmatch(word) or "=" in word:
        message = f"{where}: expected units or a layer, got {word}, which belongs to none"
        raise ConfigError(message, hint="write e.g. 10 relu, or 10 leaky_relu .1 | drop .2")
    entry = _entry(SHORT.get(word, word), where)
    if entry.name == "dense":
        hint = "write the number alone, e.g. 10 relu"
        raise ConfigError(f"{where}: expected the units of dense, got the word alone", hint=hint)
    kind, given = entry.load(), {}
    if words and kind.number and NUMBER.fullmatch(words[0]):
        given[kind.number] = _value(words.pop(0))
    while words and (setting := _setting(words[0], kind)):
        name, text = setting
        words.pop(0)
        if name in kind.flags and text == name:
            given[name] = True
            continue
        if name not in kind.__struct_fields__:
            there = ", ".join(kind.__struct_fields__) or "no setting"
            message = f"{where}: expected {there} of {entry.name}, got the setting {name!r}"
            raise ConfigError(message, hint="leave it out" + (f", or write {there}=" if kind.__struct_fields__ else ""))
        given[name] = text is True or _value(text)
    try:
        layer: Layer = kind(**given)
    except ConfigError as error:
        hint = error.hint or f"mlj help {entry.name} has its settings"
        raise ConfigError(f"{where}: {error}", code=error.code, hint=hint) from None
    return layer


def _setting(word: str, kind: type[Layer]) -> tuple[str, str | Literal[True]] | None:
    """The name of a setting and its value where a word is one: `eps=.1`, `k3` of a layer with that letter, a flag."""
    if word in kind.flags:
        return word, True
    if "=" in word:
        name, _, text = word.partition("=")
        return name, text
    name = kind.letters.get(word[0], "")
    return (name, word[1:]) if name and NUMBER.fullmatch(word[1:]) else None


def _value(text: str) -> int | float | str | tuple[int, ...]:
    """What a word stands for; a layer's own check answers for text where it wants a number."""
    if SEVERAL.fullmatch(text):
        return tuple(map(int, filter(None, text.split(","))))
    if not NUMBER.fullmatch(text):
        return text
    return int(text) if WHOLE.fullmatch(text) else float(text)


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
    """The line `parse` reads back to the same layers: what bends or scales stands in the item of the layer before.

    A skip is no layer to stand behind: what follows it is the first item of the way that it goes around.
    """
    items: list[str] = []
    before: Layer | None = None
    for layer in layers:
        if before and isinstance(layer, BEHIND) and not isinstance(before, Skip):
            items[-1] += " " + layer.word
        else:
            items.append(layer.word)
        before = layer
    return " | ".join(items)
