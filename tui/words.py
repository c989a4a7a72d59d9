"""Layers as the words the architecture line has for them: made larger or smaller, bent, paired. No Textual in it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import mlcore

UNITS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512)
NORMS = ("batch_norm", "layer_norm")  # stand between the neurons and their activation
SHORT = {  # as the architecture line writes it
    "dropout": "drop",
    "conv2d": "conv",
    "max_pool2d": "pool",
    "avg_pool2d": "avgpool",
    "max_pool1d": "pool1d",
    "avg_pool1d": "avgpool1d",
    "embedding": "embed",
    "column_embedding": "embed_cols",
}
AROUND = ("skip", "add")  # where a way around begins and ends
SETTING = re.compile(r"[a-z]?[\d.][\w.+-]*|\w+=\S*|bi|last|causal")  # of the word before: .2, k3, momentum=.5
NUMBER = re.compile(r"[\d.]+")


def bent(words: tuple[str, ...], bend: str) -> tuple[str, ...]:
    """A layer's words with its activation, and the number that belongs to it, replaced by another or by none."""
    kept: list[str] = []
    place, inside = 0, False  # where the first activation stood; whether a word belongs to one
    for word in words:
        inside = word in mlcore.layers.ACTIVATIONS or (inside and (word[0] in ".0123456789" or "=" in word))
        if not inside:
            kept.append(word)
        elif not place:
            place = len(kept)
    if bend:
        end = kept.index("|") if "|" in kept else len(kept)
        kept.insert(place or end, bend)
    return tuple(kept)


def paired(words: Sequence[str], place: int) -> int:
    """The place of the add of a skip, or of the skip of an add; another layer's own."""
    waiting: list[int] = []
    for number, word in enumerate(words):
        if word == "skip":
            waiting.append(number)
        elif word == "add" and waiting:
            skip = waiting.pop()
            if place in (skip, number):
                return skip + number - place
    return place


def resized(units: int, step: int) -> int:
    """The next larger (step 1) or smaller (-1) number of neurons."""
    if step > 0:
        return next((size for size in UNITS if size > units), units)
    return next((size for size in reversed(UNITS) if size < units), units)


def turned(word: str, step: int) -> str:
    """A layer's word one step on: more neurons or filters, the next activation or norm, a tenth more forgotten."""
    kind, _, rest = word.partition(" ")
    if kind.isdigit():
        return str(resized(int(kind), step))
    for family in (mlcore.layers.ACTIVATIONS, NORMS):
        if kind in family:
            return str(family[(family.index(kind) + step) % len(family)])
    if kind == SHORT["dropout"]:
        share = round(float(rest) + 0.1 * step, 2)
        return f"{kind} {min(max(share, 0.1), 0.9):g}"
    layer = kind_of(kind)
    if not layer.number:
        return word
    given = NUMBER.match(rest)
    now = int(float(given[0]) if given else getattr(layer(), layer.number))
    more = rest[given.end() :].split() if given else rest.split()
    size = max(now + step, 2) if layer.number == "size" else resized(now, step)
    return " ".join([kind, str(size), *more])


def kind_of(word: str) -> Any:
    """The class of a layer by its name, or by the word the architecture line has for it."""
    full = next((name for name, short in SHORT.items() if word == short), word)
    return mlcore.layers.CATALOGUE.find(full).load()
