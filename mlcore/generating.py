"""A model of sequences asked to go on by itself: each token it draws is the next one it reads."""

from __future__ import annotations

import numpy as np

from mlcore import philox
from mlcore.datasets.dataset import Data
from mlcore.errors import Diverged, UsageError
from mlcore.layers.layer import Array
from mlcore.model import Model, Preparation
from mlcore.network import Network
from mlcore.philox import Purpose

END = 0  # the token a row begins with, and the class that ends it


def speaks(data: Data | Preparation) -> bool:
    """Whether models of such data answer every step of their tokens with the next one."""
    sequence, task = data.sequence, data.task
    return bool(
        sequence
        and sequence.vocabulary
        and sequence.lengths
        and task.kind == "multiclass"
        and task.steps == sequence.steps
        and task.outputs == sequence.vocabulary == len(task.class_names)
    )


def generate(model: Model, count: int, seed: int, temperature: float = 1.0) -> list[str]:
    """`count` texts a model makes up, a function of its weights and the seed.

    p(next) = softmax(z / temperature) at the last step so far; token 0 begins, class 0 or the last step ends. Below a
    temperature of 1 likely tokens become likelier, at 0 it is always the likeliest.

    Raises UsageError for a model that does not answer each step with the next token, Diverged for one whose answers are
    no numbers.
    """
    if not speaks(model.preparation):
        hint = "generate asks a model that was trained to tell the next token at every step, as on the data set names"
        raise UsageError("this model does not go on by itself", code="USAGE_UNFIT", hint=hint)
    assert model.preparation.sequence is not None
    steps, names = model.preparation.sequence.steps, model.preparation.task.class_names
    read = np.full((count, steps + 1), END, np.float32)
    said = np.full((count, steps), END)
    for step in range(steps):
        said[:, step] = read[:, step + 1] = _drawn(_next(model, read, step), step, seed, temperature)
        if (said[:, : step + 1] == END).any(axis=1).all():
            break
    return ["".join(names[token] for token in _until_end(row.tolist())) for row in said]


def _next(model: Model, read: Array, step: int) -> Array:
    """Raw outputs at a step [B, K] for tokens read [B, T + 1].

    Nothing behind it is computed where the same parameters make a network of that many steps; those of learned
    positions do not.
    """
    shorter = Network(model.network.layers, (step + 1,))
    if shorter.size == model.network.size:
        return shorter.forward(model.vector, read[:, : step + 1])[0][:, -1]
    lengths = np.full((len(read), 1), step + 1, np.float32)
    return model.outputs(np.hstack([lengths, read[:, :-1]]))[:, step]


def _drawn(z: Array, step: int, seed: int, temperature: float) -> Array:
    """The next token of each row [B]: where a number from 0 to 1 falls among the probabilities laid end to end."""
    z = z.astype(np.float64)
    if not np.isfinite(z).all():
        raise Diverged("its answers are no numbers: it diverged", hint="mlj doctor says why")
    if not temperature:
        likeliest: Array = z.argmax(axis=1)
        return likeliest
    p = np.exp((z - z.max(axis=1, keepdims=True)) / temperature)
    ends = np.cumsum(p, axis=1)
    places = philox.uniform(seed, Purpose.GENERATE, len(z), step=step) * ends[:, -1]
    found: Array = np.minimum((ends <= places[:, None]).sum(axis=1), z.shape[1] - 1)
    return found


def _until_end(row: list[int]) -> list[int]:
    return row[: row.index(END)] if END in row else row
