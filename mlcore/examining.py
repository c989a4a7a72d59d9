"""A trained network examined: what it says of every row of a split, how wrong that is, and what goes on inside.

`mlj evaluate`, `mlj plot` and the Analyse screen all ask here, so that they can only say the same.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import numpy as np

from mlcore import backends, information, metrics
from mlcore.backends.backend import Problem, Weights
from mlcore.datasets.dataset import Data, Rows
from mlcore.decomposition import PCA
from mlcore.errors import DataError, Diverged
from mlcore.layers.conv import Conv2d
from mlcore.layers.dense import Dense
from mlcore.layers.layer import Array
from mlcore.losses import Loss
from mlcore.model import Model
from mlcore.network import Network
from mlcore.spec import changed

CHUNK = 8192  # rows answered at once
FITTED = 1000  # rows whose principal components are found, evenly taken
PROJECTED = 10_000  # rows that are seen on them, evenly taken
VARIANCES = 10  # components whose share of the variance is told
COMPARED = 20_000  # training rows among which neighbours are looked for, evenly taken

Forward: TypeAlias = Callable[[Array], Array]  # inputs as the network sees them [n, F] to raw outputs [n, O]


class Judged(NamedTuple):
    """What a network says of the rows of a split.

    z [n, O]: raw outputs. answers: class probabilities [n, K], or the numbers of a regression [n, O]. losses [n]: the
    loss of each row, as if it were alone. Where every step has an answer, each step that is asked for is a row here,
    without its inputs; numbers [n]: which rows of the split they are of.
    """

    split: str
    rows: Rows
    z: Array
    answers: Array
    losses: Array
    numbers: Array

    @property
    def said(self) -> Array:
        """The most probable class of each row [n]."""
        found: Array = self.answers.argmax(axis=1)
        return found

    @property
    def values(self) -> tuple[Array, Array]:
        """What is said and what is so, of numbers [n, O] float64 as they are measured; of growths [n O, 1] values."""
        said, truth = (each.astype(np.float64) for each in self.rows.own(self.answers))
        return said, truth.reshape(said.shape)

    @property
    def worst(self) -> Array:
        """Which of these, the greatest loss first."""
        return np.argsort(-self.losses, kind="stable")

    @property
    def wrong(self) -> Array:
        """The rows of the split of which anything is not as it should be, of classes."""
        return np.unique(self.numbers[self.said != self.rows.y])


def split_of(data: Data, name: str) -> Rows:
    """The rows of a split. Raises DataError when there are none."""
    rows: Rows | None = getattr(data, name)
    if rows is None or not len(rows):
        raise DataError(f"this data set has no {name} split", code="DATA_EMPTY", hint="set dataset.split, train again")
    return rows


def row_of(data: Data, split: str, number: int) -> Rows:
    """One row of a split. Raises DataError when there is none of that number."""
    rows = split_of(data, split)
    if not 0 <= number < len(rows):
        message = f"row: expected 0 to {len(rows) - 1:,} in the {split} split, got {number}"
        raise DataError(message, code="DATA_VALUE", hint="rows count from 0")
    return rows.take(slice(number, number + 1))


def forward(
    model: Model, backend: str | None = None, device: str | None = None, precision: str | None = None
) -> Forward:
    """How a network answers: by the pages in NumPy or, where one, a device or a precision is named, by a backend.

    Raises BackendError when it is not here or cannot run the network, ConfigError for what is no device.
    """
    network = model.network
    if backend is None and device is None and precision is None:
        return lambda x: network.forward(model.vector, x)[0]
    machine = {"backend": backend or "auto", "device": device or "auto", "engine": "auto"}
    config = changed(model.config, **machine, precision=precision or model.config.weight_type)
    problem = Problem.asked(network, model.loss)
    session = backends.choose(config, network, problem.loss, problem.optimizer).backend.open(problem)
    moments = np.zeros((problem.optimizer.moments, network.size), np.float32)
    session.restore(Weights(model.vector, moments, 0))
    return session.predict


def outputs(model: Model, x: Array, answer: Forward | None = None) -> Array:
    """Raw outputs [n, O] for inputs as the network sees them, some thousand rows at a time, by NumPy or by `answer`."""
    answer = answer or forward(model)
    return np.concatenate([answer(x[i : i + CHUNK]) for i in range(0, len(x), CHUNK)])


def judge(model: Model, data: Data, split: str, answer: Forward | None = None) -> Judged:
    """Answers and losses of every row of a split, by NumPy or by `answer`.

    Raises DataError when there is no such split, Diverged when the network no longer answers with numbers.
    """
    rows = split_of(data, split)
    with np.errstate(over="ignore", invalid="ignore"):
        z = outputs(model, data.inputs(rows), answer)
    z, rows, numbers = _asked(z, rows)
    if lost := len(z) - int(np.isfinite(z).all(axis=1).sum()):
        raise Diverged(f"{lost:,} of {len(z):,} outputs are not finite: it diverged")
    return Judged(split, rows, z, model.loss.probabilities(z), model.loss.rows(z, rows.y)[0], numbers)


def _asked(z: Array, rows: Rows) -> tuple[Array, Rows, Array]:
    """Answers, rows and their numbers; of steps with an answer those where one is asked for, each as a row."""
    if z.ndim < 3:
        return z, rows, np.arange(len(rows))
    y = rows.y.reshape(len(rows) * z.shape[1], *rows.y.shape[2:])
    places = np.flatnonzero(y >= 0) if y.ndim == 1 and y.dtype.kind in "iu" else np.arange(len(y))
    numbers = places // z.shape[1]
    w = None if rows.w is None else rows.w[numbers]
    return z.reshape(-1, z.shape[-1])[places], Rows(np.zeros((len(places), 0), np.float32), y[places], w), numbers


class Answered(NamedTuple):
    """What is said of one row: answer [K or O], its label, its loss; where every step has one, the worst of them."""

    answer: Array
    label: Array
    loss: float


def answered(model: Model, row: Rows, x: Array) -> Answered:
    """What a network says of one row, whose inputs as the network sees them are x [1, F]."""
    z, asked, _ = _asked(outputs(model, x), row)
    losses = model.loss.rows(z, asked.y)[0]
    worst = int(np.nan_to_num(losses).argmax())
    return Answered(model.loss.probabilities(z)[worst], np.atleast_1d(asked.y[worst]), float(losses[worst]))


def figures(judged: Judged, data: Data, loss: Loss) -> dict[str, float]:
    """The loss and every metric of the task. loss: with the class weights that follow from the training rows."""
    rows, chosen = judged.rows, metrics.possible(data.task)
    found = {"loss": loss(judged.z, rows.y, rows.w)[0]} | metrics.evaluate(*rows.own(judged.z), data.task, chosen)
    return found | ({"mape": metrics.mape(*rows.own(judged.z))} if rows.growth is not None else {})


def confusion(judged: Judged) -> Array:
    """How often each class was taken for each other, int64 [K, K]: label down, prediction across."""
    return metrics.confusion_matrix(judged.rows.y, judged.said, judged.answers.shape[1])


def report(mistakes: Array) -> Array:
    """Precision, recall, F1 and support (rows) of each class of a confusion matrix, float64 [K, 4]."""
    labels, said = np.repeat(np.indices(mistakes.shape).reshape(2, -1), mistakes.reshape(-1), axis=1)
    return np.column_stack([metrics.by_class(said, labels, len(mistakes)), mistakes.sum(axis=1)])


def calibration(judged: Judged) -> Array:
    """Rows, mean confidence and accuracy of each bin of confidence, float64 [bins, 3]."""
    return information.calibration(judged.answers, judged.rows.y)


class Place(NamedTuple):
    """Somewhere numbers come by: its name, and how many layers they have been through."""

    name: str
    layers: int


def places(network: Network) -> tuple[Place, ...]:
    """The inputs, and the output of each hidden layer: a dense one with what follows until the next."""
    dense = [number for number, layer in enumerate(network.layers) if isinstance(layer, Dense)]
    found = [Place("inputs", 0)]
    for place, (first, after) in enumerate(itertools.pairwise(dense), start=1):
        words = " ".join(layer.word for layer in network.layers[first:after])
        found.append(Place(f"hidden layer {place}: {words}", after))
    return tuple(found)


def numbers_at(model: Model, x: Array, place: Place) -> Array:
    """What the network has made of inputs [n, F] after some of its layers [n, width]."""
    network = model.network
    found, mode = network.begin(x)
    walk = network.walk(network.views(model.vector), found, mode)
    for found, _ in itertools.islice(walk, place.layers):  # noqa: B007  (the last one is asked for)
        pass
    return found.reshape(len(x), -1)


class Projection(NamedTuple):
    """Rows on their two main components: which [n] (numbers of rows) and their points [n, 2].

    shares [C]: of the variance, of each component, a little beyond the two that are drawn.
    """

    place: Place
    which: Array
    points: Array
    shares: Array


def projection(model: Model, data: Data, rows: Rows, place: Place) -> Projection:
    """What the network makes of rows on its principal components: at most `PROJECTED` rows, evenly taken.

    The components are those of at most `FITTED` of them: of more they take seconds and hardly differ.
    """
    index = np.arange(0, len(rows), -(-len(rows) // PROJECTED))
    found = numbers_at(model, data.inputs(rows.take(index)), place)
    if len(found) < 2:
        raise DataError("one row has no direction in which it differs", code="DATA_EMPTY", hint="choose another split")
    some = found[:: -(-len(found) // FITTED)]
    pca = PCA(min(VARIANCES, *some.shape)).fit(some)
    points = np.zeros((len(found), 2))
    moved = pca.transform(found)[:, :2]
    points[:, : moved.shape[1]] = moved
    return Projection(place, index, points, pca.explained_variance_ratio_)


class Filters(NamedTuple):
    """What each unit of the first layer looks for: weights [inputs, units], biases [units].

    image: the height and width of a unit's weights as a picture, of a convolution its channels one under the other.
    """

    weights: Array
    biases: Array
    image: tuple[int, int] | None


def filters(model: Model) -> Filters:
    """The weights of the first layer that has units. Raises DataError where none has."""
    found = first_weights(model)
    if found is None:
        raise DataError("this network has no layer with weights", code="DATA_EMPTY")
    _, weights, image = found
    own = next(p for p in model.network.views(model.vector) if "w" in p)
    bias = own.get("b", np.zeros(0, np.float32)).reshape(-1)
    return Filters(weights, bias if len(bias) == weights.shape[1] else np.zeros(weights.shape[1], np.float32), image)


def first_weights(model: Model) -> tuple[str, Array, tuple[int, int] | None] | None:
    """The first layer that has weights: its word, they [inputs, units], and their height and width as pictures."""
    image = model.preparation.image_shape
    for layer, p in zip(model.network.layers, model.network.views(model.vector), strict=True):
        if "w" not in p:
            continue
        w, word = p["w"], " ".join(each for each in layer.word.split() if "=" not in each)
        if isinstance(layer, Conv2d):
            return word, w.reshape(len(w), -1).T, (w.shape[1] * w.shape[2], w.shape[3])
        if w.ndim > 2:
            return word, w.reshape(len(w), -1).T, None
        pictures = isinstance(layer, Dense) and image and math.prod(image) == len(w)
        return word, w, (image[-2] * math.prod(image[:-2]), image[-1]) if pictures and image else None
    return None


def neighbours(model: Model, data: Data, row: Rows, count: int) -> tuple[Array, Array]:
    """The training rows most like one row where the head looks, and how far they are [count], the nearest first.

    "Like" is the Euclidean distance after the last hidden layer; of many training rows some are looked at.
    """
    place, train = places(model.network)[-1], data.train
    index = np.arange(0, len(train), -(-len(train) // COMPARED))
    here = numbers_at(model, data.inputs(row), place)
    there = numbers_at(model, data.inputs(train.take(index)), place)
    far = np.sqrt(np.square(there - here).sum(axis=1, dtype=np.float64))
    near = np.argsort(far, kind="stable")[:count]
    return index[near], far[near]


def pull(model: Model, row: Rows, x: Array) -> Array:
    """How much each input [F] of one row x [1, F] pushed its loss up (above zero) or down: input times gradient.

    Sundararajan et al. 2017 call it gradient * input: a first look at "why", exact where the network is linear.
    """
    vector, batch = model.vector.astype(np.float64), x.astype(np.float64)
    z, saved = model.network.forward(vector, batch)
    _, dx = model.network.backward(vector, saved, model.loss(z, row.y)[1])
    slopes = np.zeros_like(batch)
    slopes[:, int(model.network.lengths) :] = dx.reshape(1, -1)  # a length is no input, and has no slope
    found: Array = (batch * slopes)[0]
    return found
