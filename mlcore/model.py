"""A trained network with everything a prediction needs: weights, input scaling, class names."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from mlcore import losses
from mlcore.config import Config, from_dict
from mlcore.datasets.dataset import Column, Data, Scaling, Sequence, Task
from mlcore.datasets.growth import Growing
from mlcore.errors import CheckpointError, DataError, MljError, StorageError
from mlcore.layers.layer import Array, Layer, Shape
from mlcore.network import Network
from mlcore.sanitize import sanitize

if TYPE_CHECKING:
    from mlcore.backends.bound import Predictor
    from mlcore.datasets.lines import Foretold
    from mlcore.losses import Loss

SHOWN = 4  # features named in a sentence
ALIKE = 1e-4  # how far apart the same scaling may be, computed on another machine


class Model:
    """A network with its weights; it predicts from raw inputs, scaled as its training rows were.

    `vector` [P] is its own copy. Two models of one run share everything else.
    """

    def __init__(self, config: Config, network: Network, loss: Loss, data: Preparation, vector: Array) -> None:
        self.config, self.network, self.loss, self.preparation, self.vector = config, network, loss, data, vector

    def outputs(self, x: Array) -> Array:
        """Raw outputs z [B, O] for raw inputs x [B, features]. Raises DataError when they do not fit.

        Of a regression whose targets were scaled they are in the units of its loss; `predict` brings them back.
        """
        return self.network.forward(self.vector, self.preparation.inputs(x))[0]

    def predict_proba(self, x: Array) -> Array:
        """The probability of each class [B, K], rows summing to 1 (regression: the numbers, in the units of targets).

        With an answer at every step [B, T, K].
        """
        z = self.outputs(x)
        p = self.loss.probabilities(z.reshape(-1, z.shape[-1]))
        return p.reshape(*z.shape[:-1], p.shape[-1])

    def predict(self, x: Array) -> Array:
        """The class number of each row [B] int64, or for regression the numbers [B, O]; of each step [B, T]."""
        p = self.predict_proba(x)
        return p if self.preparation.task.kind == "regression" else p.argmax(axis=-1)

    def predictor(self, x: Array | None = None, out: Array | None = None, rows: int = 1) -> Predictor:
        """A bound prediction: write raw inputs into its `x`, call it, read the raw outputs in its `out`.

        x [B, features] and out [B, O] are float32 buffers of the caller's, or are made for `rows` rows. A call takes
        half a microsecond for a small network; the weights are those of now. Raises DataError when one does not fit.
        """
        from mlcore.backends.bound import Predictor

        scaling = self.preparation.scaling
        if x is None:
            x = np.zeros((rows, len(scaling.factor)), np.float32)
        if out is None:
            out = np.zeros((len(x), *self.network.output_shape), np.float32)
        return Predictor(self.network, self.loss, self.vector, scaling, x, out)

    def raw(self, frame: Any) -> Array:
        """Raw inputs [n, features] of the rows of a pandas DataFrame, for `predict` and its like.

        Columns are found by name and prepared as in training. Raises DataError naming those that are not there.
        """
        from mlcore.datasets import matching
        from mlcore.tables.table import Table

        return matching.raw(Table.of(frame), self.preparation.wanted)[0]

    def foretell(self, frame: Any, answer: Callable[[Array], Array] | None = None) -> Foretold:
        """The values of a series that come after the last row of a pandas DataFrame or a table, and their dates.

        Its columns of dates and of values are found by the names it learnt them by, behind the steps that made a series
        of the table it learnt from. answer: raw outputs for inputs as
        the network sees them; by the pages in NumPy where it is None. Raises DataError where the rows are no such
        series or too few of it, CheckpointError where the model learnt none.
        """
        from mlcore.datasets import lines, stepped
        from mlcore.tables.table import Table

        table = frame if isinstance(frame, Table) else Table.of(frame)
        table = stepped.behind(table, getattr(self.config.dataset, "steps", ()))
        coming = lines.coming(table, self._growing(), len(self.preparation.feature_names))
        x = self.preparation.inputs(coming.seen)
        z = self.network.forward(self.vector, x)[0] if answer is None else answer(x)
        return coming.foretold(self.loss.probabilities(z), table.where)

    def _growing(self) -> Growing:
        """What it keeps of its series; of a model of an older mlj, which kept nothing, what its file says."""
        if self.preparation.growing is not None:
            return self.preparation.growing
        if str(self.config.dataset.__struct_config__.tag) != "series":
            hint = "mlj train FILE --target COLUMN --horizon N learns one"
            raise CheckpointError("this network did not learn a series", code="CKPT_MISMATCH", hint=hint)
        try:
            found = self.data().growing
        except MljError as error:
            message = f"an older mlj kept nothing of the series with this network, and of its file: {error}"
            raise CheckpointError(
                message, code="CKPT_MISMATCH", hint="bring the file back, or train it again"
            ) from None
        assert found is not None
        return found

    def data(self) -> Data:
        """The data set it learnt, loaded anew. Raises as `check` does, StorageError without its file."""
        try:
            data = self.config.dataset.load()
        except StorageError as error:
            error.hint = "it learnt from this file: bring it back; mlj predict RUN --data FILE does without"
            raise
        self.check(data)
        return data

    def check(self, data: Data) -> None:
        """Raises CheckpointError where rows are prepared otherwise than those it learnt from.

        A file that has changed since, or a run of an older mlj, would be measured on numbers it does not understand.
        """
        other = self.preparation.differs(Preparation.of(data))
        if other:
            message = f"the data set is prepared otherwise now than when the network was trained: {other}"
            hint = "mlj predict RUN --data FILE prepares rows as then; to measure it, train it again"
            raise CheckpointError(message, code="CKPT_MISMATCH", hint=hint)

    def save(self, path: str | Path) -> None:
        """Write the model as one safetensors file that `load` and PyTorch's safetensors read."""
        from mlcore import checkpoints

        checkpoints.save_model(self, Path(path))

    @staticmethod
    def load(path: str | Path) -> Model:
        """The model in a file. Raises CheckpointError when it is not one."""
        from mlcore import checkpoints

        return checkpoints.load_model(Path(path))


class Preparation(msgspec.Struct, frozen=True):
    """How raw inputs become what the network sees, and what its outputs mean.

    `columns` say how a row of a table becomes raw inputs; they are empty where raw inputs are what a row holds.
    `growing` says how outputs are the values of a series, where it learnt one.
    """

    task: Task
    scaling: Scaling
    factor: float
    feature_names: tuple[str, ...]
    image_shape: tuple[int, int] | None = None
    columns: tuple[Column, ...] = ()
    sequence: Sequence | None = None
    growing: Growing | None = None

    @classmethod
    def of(cls, data: Data) -> Preparation:
        """What a loaded data set says about it."""
        return cls(*(getattr(data, name) for name in cls.__struct_fields__))

    def network(self, body: Iterable[Layer], outputs: int, shape: Shape) -> Network:
        """The network of a body for rows of that shape, with so many outputs, at each step where each has an answer."""
        more = self.image_shape, self.sequence, self.task.steps, self.vocabularies
        return Network.build(body, shape, outputs, *more)

    @property
    def vocabularies(self) -> tuple[int, ...]:
        """How many tokens each of the last columns is one of, with the one for any other text; nothing without such."""
        return tuple(len(column.categories) + 1 for column in self.columns if column.way == "token")

    @property
    def wanted(self) -> tuple[Column, ...]:
        """The columns a table must have."""
        return self.columns or tuple(map(Column, self.feature_names))

    def differs(self, now: Preparation) -> str:
        """The first way in which rows are prepared otherwise now, in words; nothing where they are prepared alike."""
        names, others = self.feature_names, now.feature_names
        if names != others:
            gone = [sanitize(name, 40) for name in names if name not in others] or ["their order"]
            come = [sanitize(name, 40) for name in others if name not in names]
            what = f"{', '.join(gone[:SHOWN])}{' …' if len(gone) > SHOWN else ''}"
            also = f", new are {', '.join(come[:SHOWN])}{' …' if len(come) > SHOWN else ''}" if come else ""
            return f"{len(others):,} features, and had {len(names):,}; gone: {what}{also}"
        if self.task[:4] != now.task[:4]:
            return f"{now.task.kind} of {now.task.outputs}, and was {self.task.kind} of {self.task.outputs}, or others"
        if self.scaling.smooth != now.scaling.smooth:
            return "numbers were scaled in another way (dataset.scale)"
        here, there = (np.array([each.scaling.shift, each.scaling.factor], np.float64) for each in (self, now))
        if here.shape != there.shape or not np.allclose(here, there, rtol=ALIKE, atol=ALIKE):
            return "the training rows are others, by their means and widths"
        if self.growing and now.growing:
            return self.growing.differs(now.growing)
        return ""

    def inputs(self, raw: Any) -> Array:
        """Raw inputs as the network sees them, float32 [B, features]; uint8 pixels are multiplied by `factor`."""
        raw = np.asarray(raw)
        expected = len(self.scaling.factor)
        if raw.ndim != 2 or raw.shape[1] != expected:
            raise DataError(
                f"inputs: expected {expected} features in each row, got an array of shape {list(raw.shape)}",
                code="DATA_SCHEMA",
                hint="give one row per example, features in the order of model.preparation.feature_names",
            )
        if raw.dtype.kind not in "fiub":
            raise DataError(f"inputs: expected real numbers, got dtype {raw.dtype}", code="DATA_DTYPE")
        if raw.dtype == np.uint8 and self.factor != 1:
            pixels: Array = raw.astype(np.float32) * np.float32(self.factor)
            return pixels
        with np.errstate(over="ignore"):
            x = self.scaling.apply(raw)
        wrong = np.flatnonzero(~np.isfinite(x).all(axis=1))
        if len(wrong):
            message = f"inputs: row {wrong[0]} has a number that is not finite, or too large for float32"
            raise DataError(message, code="DATA_NONFINITE", hint="leave such rows out or fill the values in")
        if self.sequence:
            self.sequence.check(x)
        for place, many in enumerate(self.vocabularies, start=expected - len(self.vocabularies)):
            Sequence(1, vocabulary=many).check(x[:, place : place + 1])
        return x


def blueprint(config: Config, data: Data) -> tuple[Network, Loss]:
    """The network and the loss a configuration means on this data."""
    loss = losses.choose(config.loss, data.task.kind, data.task.outputs, data.train.y, data.task.units)
    return Preparation.of(data).network(config.layers, loss.outputs(data.task.outputs), data.input_shape), loss


def rebuild(config: dict[str, Any], preparation: Preparation, vector: Array) -> Model:
    """A model from what a file says: its configuration, its preparation, its weights."""
    experiment = from_dict(config)
    task = preparation.task
    loss = losses.choose(experiment.loss, task.kind, task.outputs, units=task.units)
    features = (len(preparation.scaling.factor),)
    network = preparation.network(experiment.layers, loss.outputs(task.outputs), features)
    return Model(experiment, network, loss, preparation, vector)
