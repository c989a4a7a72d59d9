"""What a network makes of one example on its way through: the numbers behind its layers, and which inputs mattered.

The Lab and the Analyse screen both draw what is found here; nothing of it touches the training.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple, TypeAlias

import numpy as np

from mlcore.layers.activations import Activation
from mlcore.layers.augment import Augment
from mlcore.layers.dropout import Dropout
from mlcore.layers.flatten import Flatten
from mlcore.layers.layer import Array, Layer, Shape, real
from mlcore.layers.norms import BatchNorm, LayerNorm
from mlcore.layers.positions import Positions
from mlcore.layers.recurrent import Recurrent
from mlcore.layers.residual import Add, Skip
from mlcore.model import Model
from mlcore.network import Network
from mlcore.spec import changed

Kind: TypeAlias = Literal["maps", "steps", "numbers"]
WITH = (Activation, BatchNorm, LayerNorm, Dropout, Positions, Skip, Add)  # belong to the layer before

UNCHANGED = (Augment, Flatten)  # give what they are given, where nothing is trained


class Block(NamedTuple):
    """A layer and what belongs to it: its words, which layers these are, the shape of what comes out.

    kind: maps are pictures [C, H, W] or [H, W], steps those of a sequence [T, D], numbers a flat row [N].
    """

    words: str
    layers: range
    shape: Shape
    kind: Kind


class Passed(NamedTuple):
    """What came out of a block for one example: maps [C, H, W], steps [T, D] of its own length, numbers [N]."""

    block: Block
    values: Array


def blocks(network: Network) -> tuple[Block, ...]:
    """The network as a reader sees it, the output layer last: each layer with its bend, its norm, its dropout."""
    starts = [n for n, layer in enumerate(network.layers) if not n or not isinstance(layer, WITH)]
    pictures = of_images(network)
    found = []
    for first, after in zip(starts, [*starts[1:], len(network.layers)], strict=True):
        shape = network.shapes[after]
        kind: Kind = "numbers" if len(shape) == 1 else "maps" if pictures or len(shape) == 3 else "steps"
        words = " ".join(_word(layer) for layer in network.layers[first:after] if not isinstance(layer, Skip))
        found.append(Block(words, range(first, after), shape, kind))
    return tuple(found)


def _word(layer: Layer) -> str:
    """A layer by its word and the numbers that have no name."""
    return " ".join(word for word in layer.word.split() if "=" not in word)


def of_images(network: Network) -> bool:
    """Whether rows reach a network as images."""
    return len(network.shapes[0]) in (2, 3) and next(map(_images, filter(_chooses, network.layers)), False)


def _images(layer: Layer) -> bool:
    return layer.takes_images and not layer.takes_sequences


def _chooses(layer: Layer) -> bool:
    return layer.takes_images or layer.takes_sequences or layer.tokens


def visible(network: Network) -> bool:
    """Whether anything behind a layer has the shape of a picture or of a sequence, or had it on its way."""
    states = any(isinstance(layer, Recurrent) for layer in network.layers)
    return states or any(block.kind != "numbers" for block in blocks(network)[:-1])


@np.errstate(all="ignore")
def passage(model: Model, x: Array) -> tuple[Passed, ...]:
    """What comes out of every block but the output layer for one row x [1, F], as the network sees it.

    Of a recurrent layer that gives its last state alone, it is the states of all steps.
    """
    network, views = model.network, model.network.views(model.vector)
    begun, mode = network.begin(x)
    outputs = [y[0] for y, _ in network.walk(views, begun, mode)]
    found = []
    for block in blocks(network)[:-1]:
        if isinstance(network.layers[block.layers[0]], UNCHANGED):
            continue
        first = network.layers[block.layers[0]]
        if isinstance(first, Recurrent) and first.last:
            before = outputs[block.layers[0] - 1][None] if block.layers[0] else begun
            states = changed(first, last=False).forward(views[block.layers[0]], before, mode)[0][0]
            block = block._replace(kind="steps", shape=states.shape)
            values = states
        else:
            values = outputs[block.layers[-1]].reshape(block.shape)
        if block.kind == "maps":
            values = values.reshape(-1, *block.shape[-2:])
        elif block.kind == "steps" and mode.lengths is not None:
            values = values[: int(mode.lengths[0])]
        found.append(Passed(block, values))
    return tuple(found)


@np.errstate(all="ignore")
def saliency(model: Model, x: Array) -> Array:
    """How much each input of one row x [1, F] moves the answer: |d z / d x|, in the shape the first layer takes.

    z is the output that wins, of numbers the first, where every step has an answer the sum of those that win. A token
    has no slope; what stands for it in the network has one, of which this is the length [T].

    Simonyan, Vedaldi and Zisserman 2014: the gradient of a class score as a picture.
    """
    network, vector = model.network, model.vector.astype(np.float64)
    z, saved = network.forward(vector, x.astype(np.float64))
    _, mode = network.begin(x)
    dz = np.zeros_like(z)
    np.put_along_axis(dz, np.nan_to_num(z).argmax(axis=-1, keepdims=True), 1.0, axis=-1)
    if model.preparation.task.kind == "regression":
        dz[...] = 0
        dz[..., 0] = 1
    if mode.lengths is not None and z.ndim == 3:
        dz *= real(z, mode.lengths)[..., None]
    slope: Array = _slope(network, vector, list(saved), dz)
    return slope if mode.lengths is None else slope[: int(mode.lengths[0])]


def _slope(network: Network, vector: Array, saved: list[tuple[Array, ...]], dz: Array) -> Array:
    found: Array = dz
    for back in network.walk_back(network.views(vector), saved, dz):
        if network.layers[back.number].tokens:
            found = np.sqrt(np.square(back.dy).sum(axis=-1))
            break
        found = np.abs(back.dx)
        if many := network.layers[back.number].token_columns:
            own = back.dy[:, found.shape[1] - many :].reshape(len(found), many, -1)
            found[:, -many:] = np.sqrt(np.square(own).sum(axis=-1))
    finite: Array = np.nan_to_num(found[0], posinf=0.0, neginf=0.0)
    return finite


def characters(model: Model) -> tuple[str, ...]:
    """What stands for each token: the names of the classes where they are the tokens, else their numbers."""
    sequence, names = model.preparation.sequence, model.preparation.task.class_names
    vocabulary = sequence.vocabulary if sequence else 0
    return names if len(names) == vocabulary else tuple(map(str, range(vocabulary)))


def tokens(model: Model, raw: Array) -> Iterator[str]:
    """The tokens of one row [features] of its own length, each by what stands for it."""
    sequence, names = model.preparation.sequence, characters(model)
    if sequence is None or not sequence.vocabulary:
        return
    row = raw[1 : 1 + int(raw[0])] if sequence.lengths else raw
    for number in row.astype(int).tolist():
        yield names[number] if 0 <= number < len(names) else "?"
