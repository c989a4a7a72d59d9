"""The contract every data set keeps: rows split by name, a task, and how inputs were scaled."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, TypeAlias

import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from mlcore.datasets.column import Column as Column
from mlcore.datasets.column import Notice as Notice
from mlcore.datasets.column import Role as Role
from mlcore.datasets.growth import Growing, Growth
from mlcore.errors import ConfigError, DataError
from mlcore.spec import Spec

Array: TypeAlias = NDArray[Any]
Shape: TypeAlias = tuple[int, ...]
Scale: TypeAlias = Literal["standard", "minmax", "div255", "none"]
BEND, EDGE = 3.0, 1 - 1e-7  # where smooth clipping ends, and how near to it float32 comes
NOISE = 2.0**-23  # of float32: so much of a shift stays where nothing should
Share: TypeAlias = Annotated[float, Meta(ge=0, lt=1)] | Annotated[int, Meta(ge=0, le=10**9)]


class Task(NamedTuple):
    """What is asked of the network.

    kind: "binary" and "multiclass" (y are class numbers, int32) or "regression" (y are float32 [n, outputs]).
    outputs: how many classes there are (2 for "binary", whatever the loss makes of it), or how many numbers.
    steps: how many answers a row has, one for each step of a sequence; 0: one for the whole row. Then y is [n, steps]
    or [n, steps, outputs], and a class of -1 stands where nothing is asked, behind the end of a short row.
    units: of a regression, in which its loss compares: (y - shift) factor, or (log(y + offset) - shift) factor, as
    shift, factor and offset; none: as targets are. Targets and answers are in their own units everywhere else.
    """

    kind: Literal["binary", "multiclass", "regression"]
    outputs: int
    class_names: tuple[str, ...] = ()
    steps: int = 0
    units: tuple[float, ...] = ()


class Sequence(NamedTuple):
    """How a row is a sequence: `steps` of `numbers` each, those of a step beside each other.

    vocabulary: not 0 where steps are tokens instead, whole numbers below it. lengths: whether rows are of different
    lengths; then each begins with its own, a number in front of the others, and behind its last step lies padding.
    """

    steps: int
    numbers: int = 1
    vocabulary: int = 0
    lengths: bool = False

    @property
    def shape(self) -> Shape:
        """The shape of one sequence, as layers see it: tokens [T], or numbers [T, D]."""
        return (self.steps,) if self.vocabulary else (self.steps, self.numbers)

    def check(self, x: Array) -> None:
        """Raises DataError where rows x [n, features] have lengths or tokens that cannot be."""
        if self.lengths:
            _whole("length", x[:, :1], 1, self.steps)
        if self.vocabulary:
            _whole("token", x[:, int(self.lengths) :], 0, self.vocabulary - 1)


def _whole(what: str, x: Array, low: int, high: int) -> None:
    wrong = np.argwhere((x != np.floor(x)) | (x < low) | (x > high))
    if len(wrong):
        row, place = (int(number) for number in wrong[0])
        message = f"inputs: expected a {what} from {low} to {high}, got {x[row, place]:g} in row {row}"
        raise DataError(message, code="DATA_SCHEMA", where=f"row {row}")


class Rows(NamedTuple):
    """Rows: inputs x [n, features] (float32, or uint8 for images), targets y ([n] int32 or [n, outputs] float32).

    w [n] says how much each row counts in the loss, from 0 on; None: all the same. Metrics do not look at it.
    growth: how targets are values again, where they are growths; metrics are of the values.
    """

    x: Array
    y: Array
    w: Array | None = None
    growth: Growth | None = None

    def __len__(self) -> int:
        return int(self.x.shape[0])

    def take(self, index: Array | slice) -> Rows:
        """The rows at `index`, in that order."""
        w = None if self.w is None else self.w[index]
        return Rows(self.x[index], self.y[index], w, None if self.growth is None else self.growth.take(index))

    def values(self, z: Array) -> tuple[Array, Array]:
        """Answers z and the targets in the unit of what they are of, where they are growths."""
        return (z, self.y) if self.growth is None else (self.growth.values(z), self.growth.values(self.y))

    def own(self, z: Array) -> tuple[Array, Array]:
        """Answers z and the targets as they are measured: of growths the values, all together [n * outputs, 1]."""
        found, y = self.values(z)
        return (found, y) if self.growth is None else (found.reshape(-1, 1), y.reshape(-1, 1))

    def check_weights(self) -> None:
        """Raises DataError unless there are no weights, or a finite one from 0 on for each row."""
        if self.w is None:
            return
        if self.w.shape != (len(self),) or self.w.dtype.kind not in "fiub":
            got = f"{self.w.dtype} of shape {list(self.w.shape)}"
            raise DataError(f"weights: expected a number for each of {len(self)} rows, got {got}", code="DATA_WEIGHT")
        wrong = np.flatnonzero(~((self.w >= 0) & np.isfinite(self.w)))
        if len(wrong):
            message = f"weights: expected finite numbers from 0, got {self.w[wrong[0]]} in row {wrong[0]}"
            raise DataError(message, code="DATA_WEIGHT", where=f"row {wrong[0]}")


class Scaling(NamedTuple):
    """How raw inputs became x: x = (raw - shift) * factor, per feature [features], fitted on training rows only.

    smooth: the first so many features are bent as well, x / sqrt(1 + (x / 3)²), so that none is beyond 3 and what is
    near 0 stays as it is (Holzmüller, Grinsztajn and Steinwart 2024, "Better by Default").
    """

    shift: Array
    factor: Array
    smooth: int = 0

    def apply(self, raw: Array) -> Array:
        """Raw inputs [n, features] to network inputs, float32."""
        x = (np.asarray(raw, dtype=np.float64) - self.shift) * self.factor
        if self.smooth:
            bent = x[:, : self.smooth]
            x[:, : self.smooth] = bent / np.hypot(1, bent / BEND)
        return x.astype(np.float32)

    def undo(self, x: Array) -> Array:
        """Network inputs back to raw ones, float64; what float32 has bent to the very edge comes back as it can."""
        x = np.array(x, dtype=np.float64)
        if self.smooth:
            bent = np.clip(x[:, : self.smooth] / BEND, -EDGE, EDGE)
            x[:, : self.smooth] = BEND * bent / np.sqrt(1 - bent * bent)
        raw = x / self.factor + self.shift
        raw[np.abs(raw) <= NOISE * np.abs(self.shift)] = 0
        return raw


class Data(NamedTuple):
    """A loaded data set. `factor` multiplies stored uint8 inputs when a batch is gathered; it is 1 for float32 inputs.

    Floating inputs are already scaled. validation and test may be None. `ceiling` is the best possible accuracy
    (Bayes), or R² of a regression, where it is known, else None. `image_shape` is (height, width) where the features
    are pixels, `sequence` says how they are steps. `columns` say how a raw row of a table became features, and are
    empty where it was features already; `roles` say what each column of the table is for. `growing` says how targets
    were made of a series, where they are growths.
    """

    train: Rows
    validation: Rows | None
    test: Rows | None
    task: Task
    feature_names: tuple[str, ...]
    scaling: Scaling
    factor: float = 1.0
    ceiling: float | None = None
    image_shape: tuple[int, int] | None = None
    columns: tuple[Column, ...] = ()
    sequence: Sequence | None = None
    notices: tuple[Notice, ...] = ()
    roles: tuple[Role, ...] = ()
    growing: Growing | None = None

    @property
    def input_shape(self) -> Shape:
        """The shape of one input."""
        return tuple(self.train.x.shape[1:])

    @property
    def held(self) -> tuple[str, Rows]:
        """The rows a network is judged by, and the name of their split: test, else validation, else training rows."""
        splits = (("test", self.test), ("validation", self.validation), ("train", self.train))
        return next((name, rows) for name, rows in splits if rows is not None and len(rows))

    def inputs(self, rows: Rows) -> Array:
        """The inputs of some rows as the network sees them, float32 [n, features]."""
        return rows.x if rows.x.dtype == np.float32 else rows.x.astype(np.float32) * np.float32(self.factor)


class SplitSpec(Spec, frozen=True):
    """Which rows are kept from training: a float below 1 is a fraction of all rows, a whole number is how many.

    With `folds` above 1 the rows are dealt into so many parts of the same size, and those of part `fold` are the test.
    """

    FIXED: ClassVar[str] = ""  # why these rows cannot be dealt into folds, where they cannot

    test: Annotated[Share, Meta(description="kept for the final test: a fraction of all rows, or how many")] = 0.2
    validation: Annotated[Share, Meta(description="kept to watch training: a fraction of all rows, or how many")] = 0.1
    stratify: Annotated[bool, Meta(description="the same mix of classes in every part")] = True
    folds: Annotated[int, Meta(ge=0, le=1000, description="cross-validation: parts of all rows; 0: none")] = 0
    fold: Annotated[int, Meta(ge=0, lt=1000, description="the part that is the test, from 0; instead of test")] = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.folds and self.FIXED:
            raise ConfigError(f"folds: {self.FIXED}", where="folds", hint="leave folds out")
        if self.folds == 1:
            raise ConfigError("folds: one fold leaves no row to train on", where="folds", hint="take 2 or more, or 0")
        if self.fold and self.fold >= self.folds:
            last = f"the last of {self.folds} is fold {self.folds - 1}" if self.folds else "there are no folds"
            raise ConfigError(f"fold: got {self.fold}, but {last}", where="fold", hint="folds are counted from 0")


class Dataset(Spec, frozen=True, tag_field="kind"):
    """Rows that can be made or read again from nothing but this value.

    `seed` makes the generator's rows and the split; it is not the seed of the training run.
    """

    seed: Annotated[int, Meta(ge=0, lt=2**32, description="seed of the generator and of the split")] = 42
    scale: Annotated[Scale, Meta(description="how inputs are scaled; learnt from the training rows alone")] = "standard"
    split: SplitSpec = SplitSpec()

    def load(self) -> Data:
        """The rows, split and scaled. Raises DataError when they cannot be had."""
        raise NotImplementedError(type(self).__name__)

    def fresh(self, n: int, seed: int) -> Rows:
        """n new rows nobody has trained on, from where the others came, scaled as they are.

        Raises DataError where rows are read rather than made.
        """
        name = str(self.__struct_config__.tag)
        raise DataError(f"{name} has no rows but those in its files", code="DATA_FINITE", hint="use its test split")

    def ceiling(self) -> float | None:
        """The best accuracy, or R² of a regression, anybody can reach on fresh rows, or None where it is not known."""
        return None

    def usual(self, x: Array) -> tuple[str, Array] | None:
        """What this data is usually compared with: a name, and its answers for rows x; None where there is nothing."""
        return None

    def beside(self, folder: Path) -> Dataset:
        """This data set with the files it names looked for in a folder: that of the configuration which names them."""
        return self
