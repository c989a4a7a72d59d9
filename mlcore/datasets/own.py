"""Your own rows: a table in a text file, arrays of NumPy, a pair of IDX files, or folders of pictures, one a class."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

import msgspec
import numpy as np
from msgspec import Meta

from mlcore.datasets import duplicates, idx, prepared, stepped, targets
from mlcore.datasets.columns import Numbers, Plan
from mlcore.datasets.dataset import Array, Data, Dataset, Rows, Task
from mlcore.datasets.prepared import Chosen
from mlcore.datasets.preparing import categories
from mlcore.datasets.preparing.categories import Categories
from mlcore.datasets.preparing.kinds import Kind
from mlcore.datasets.preparing.missing import Impute
from mlcore.datasets.scaling import arrange, constant, fit
from mlcore.datasets.split import Parts, shuffled
from mlcore.datasets.targets import TargetScale, Wanted
from mlcore.errors import ConfigError, DataError, StorageError
from mlcore.spec import changed
from mlcore.tables import content
from mlcore.tables.format import Format
from mlcore.tables.steps import AnyStep
from mlcore.tables.table import Table

OwnScale: TypeAlias = Literal["auto", "smooth", "robust", "standard", "minmax", "quantile", "div255", "none"]
Which: TypeAlias = str | int

SCALES = (
    "auto: / 255 for pictures, standard for arrays, smooth for tables (median 0, between quartiles 1, bent so that "
    "none is beyond 3); learnt from the training rows alone"
)


class Own(Dataset, frozen=True, tag="file"):
    """Rows of your own. What a file is, its content says:

    a text table: columns parted by commas, semicolons, tabs, bars or blanks; what its first lines do not tell of how
      it is written, `mlj help format` lets you say
    Parquet: a table, where pyarrow is installed
    .npz: arrays `x` [n, features] or pictures [n, height, width], and `y` [n] or [n, outputs]
    IDX: pictures; the labels lie beside them under the same name with `labels` for `images`, or `target` names them
    a folder: a folder of pictures (PNG, PGM, PPM) for each class

    A relative path is looked for in MLJ_DATA_HOME, then beside the configuration file that names it; one of a command
    line or of Python in the working directory. `mlj data show FILE` tells what becomes of each column.
    """

    scale: Annotated[OwnScale, Meta(description=SCALES)] = "auto"  # type: ignore[assignment]  # one word more
    path: Annotated[str, Meta(description="the file, or the folder with a folder of pictures for each class")] = ""
    target: Annotated[Which, Meta(description="column to predict: its name or number, from 0; empty: the last one")] = (
        ""
    )
    columns: Annotated[
        tuple[Which, ...], Meta(description="columns to learn from, none: all others; -NAME leaves one out")
    ] = ()
    weight: Annotated[
        Which, Meta(description="column that says how much each row counts in the loss; empty: alike")
    ] = ""
    impute: Annotated[
        Impute,
        Meta(description="what stands for missing values; auto: the median and a mark, of texts a category of its own"),
    ] = "auto"
    impute_columns: Annotated[
        dict[str, Impute], Meta(description='columns of which something else does: { age = "mean" }')
    ] = msgspec.field(default_factory=dict)
    constant: Annotated[float | str, Meta(description="what stands for missing values where impute is constant")] = 0.0
    kinds: Annotated[
        dict[str, Kind], Meta(description='columns that hold something else than they seem to: { zip = "category" }')
    ] = msgspec.field(default_factory=dict)
    numbers: Annotated[
        Numbers, Meta(description="plain: as they are; quantile: by their place; piecewise: a feature for each bin")
    ] = "plain"
    categories: Annotated[
        Categories, Meta(description="one_hot: a feature for each; ordinal: their number; token: for an embedding")
    ] = "auto"
    keep: Annotated[
        tuple[str, ...], Meta(description="columns that stay, although they look like identifiers or the answer")
    ] = ()
    target_scale: Annotated[
        TargetScale,
        Meta(
            description="units a number is learnt in; answers and metrics stay in its own: auto is standard for tables"
        ),
    ] = "auto"
    task: Annotated[Wanted, Meta(description="what the target is; auto: few whole numbers and texts are classes")] = (
        "auto"
    )
    format: Annotated[Format, Meta(description="how a text table is written")] = Format()
    steps: Annotated[tuple[AnyStep, ...], Meta(description="what is done to the table first: [[dataset.steps]]")] = ()

    def __hash__(self) -> int:
        return hash(msgspec.json.encode(self, order="deterministic"))  # tables by column have none of their own

    def beside(self, folder: Path) -> Own:
        path = Path(os.path.expanduser(self.path))
        if not self.path or path.is_absolute() or _at_home(self.path):
            return self
        moved: Own = changed(self, path=str(folder.absolute() / path))
        return moved

    def load(self) -> Data:
        try:
            return self._read(self.place())
        except StorageError as error:
            error.hint = (
                error.hint or "dataset.path is looked for in MLJ_DATA_HOME, then beside its configuration or here"
            )
            raise

    def _read(self, path: Path) -> Data:
        if os.path.isdir(path):  # which no name is too long for, as it is for Path
            from mlcore.datasets import pictures  # this and npy cost what few need: every start imports this page

            album = pictures.read_folder(path)
            names = np.array(album.classes, object)
            return self._pictures(album.x, *targets.judge(names[album.y], "classes", str(path)))
        kind = _kind(path)
        if kind == "idx":
            return self._arrays(path, idx.read(path), idx.read(self._labels(path)))
        if kind == "npz":
            return self._arrays(path, *_pair(path))
        texts = {name for name, kind in self.kinds.items() if kind == "category"}
        return self._table(self._file(path, texts))

    def place(self) -> Path:
        """Where the file or folder is. Raises ConfigError where none is named."""
        if not self.path:
            hint = "e.g. --set dataset.path=my.csv"
            raise ConfigError("dataset.path names no file", where="dataset.path", hint=hint)
        path = Path(os.path.expanduser(self.path))
        return path if path.is_absolute() else _at_home(self.path) or path

    def names(self) -> tuple[str, ...]:
        """The names of the columns of a table, one of which is the target; none where it is something else."""
        path = self.place()
        return () if os.path.isdir(path) or _kind(path) != "table" else self._file(path).names

    def _file(self, path: Path, texts: Collection[str] = ()) -> Table:
        """The table in a file."""
        from mlcore.tables import reading  # costs pandas, which other kinds of files do not need

        return stepped.behind(reading.read(path, self.format, texts), self.steps)

    def of(self, frame: Any) -> Data:
        """The data of a pandas DataFrame, prepared as a file's are: `train(config, data=config.dataset.of(frame))`.

        Raises DataError for columns that hold neither numbers, texts nor dates, and as `load` does.
        """
        return self._table(stepped.behind(Table.of(frame), self.steps))

    def _table(self, table: Table) -> Data:
        target = _column(self.target if self.target != "" else -1, table)
        weight = _column(self.weight, table) if self.weight != "" else ""
        chosen, plan = self._chosen(table, target, weight), self._plan(table)
        rows = prepared.complete(table, chosen, plan)
        if rows is not None:
            table = stepped.kept(table, rows)
        if self.task != "classes":
            categories.check_target(table, target)
        y, task = targets.judge(table.column(target), self.task, f"{table.where}: {target!s:.80}")
        return self._rows(table, chosen, y, task, table.column(weight) if weight else None)

    def _plan(self, table: Table, auto: Impute = "auto") -> Plan:
        """How columns are to become features; auto: what stands for missing values where nothing is said.

        Raises DataError for a column that is not there.
        """
        for name in (*self.impute_columns, *self.kinds, *self.keep):
            _column(name, table)
        impute = auto if self.impute == "auto" else self.impute
        return Plan(impute, self.impute_columns, self.constant, self.numbers, self.categories, self.kinds)

    def _arrays(self, path: Path, x: Array, y: Array) -> Data:
        """Data of two arrays, checked against each other."""
        if self.weight != "":
            raise ConfigError("dataset.weight names a column of a table, and these are arrays", where="dataset.weight")
        if x.dtype.kind not in "fiub":
            raise DataError(f"{path}: x holds {x.dtype}, expected real numbers", code="DATA_DTYPE", where=str(path))
        y = y[:, 0] if y.ndim == 2 and y.shape[1] == 1 else y
        if x.ndim not in (1, 2, 3) or y.ndim not in (1, 2) or len(x) != len(y):
            message = f"{path}: x has shape {list(x.shape)} and y {list(y.shape)}, expected as many rows in both"
            hint = "x [n, features] or [n, height, width], y [n] or [n, outputs]"
            raise DataError(message, code="DATA_SCHEMA", where=str(path), hint=hint)
        if not x.size:
            raise DataError(f"{path} has no rows", code="DATA_EMPTY", where=str(path))
        if x.ndim == 3 and x.dtype == np.uint8:
            return self._pictures(x, *targets.judge(y, self.task, f"{path}: y"))
        x = x.reshape(len(x), -1)
        names = tuple(f"x{place + 1}" for place in range(x.shape[1]))
        table = Table.of_array(x, names, str(path))
        chosen = self._chosen(table)
        rows = prepared.complete(table, chosen, self._plan(table, "none"))
        if rows is not None:
            table, y = stepped.kept(table, rows), y[rows]
        return self._rows(table, chosen, *targets.judge(y, self.task, f"{path}: y"))

    def _rows(self, table: Table, chosen: Chosen, y: Array, task: Task, w: Array | None = None) -> Data:
        """Data of a table's columns. Raises DataError for weights w [n] that are no numbers from 0."""
        Rows(y, y, w).check_weights()
        named = bool(chosen.target)  # else the table is arrays, which are features already
        parts, wanted = self._parts(y, task), "none" if self.target_scale == "auto" and not named else self.target_scale
        task = targets.in_units(y, task, parts.train, wanted)
        usual: prepared.TableScale = "smooth" if named else "standard"
        scale = usual if self.scale == "auto" else self.scale
        plan = self._plan(table, "auto" if named else "none")
        return prepared.prepare(table, chosen, y, task, parts, plan, scale, w)

    def _pictures(self, x: Array, y: Array, task: Task) -> Data:
        """Data of pictures [n, height, width] uint8, which stay as they are unless each pixel is scaled by itself."""
        parts, shape = self._parts(y, task), (x.shape[1], x.shape[2])
        names = tuple(f"pixel_{row}_{column}" for row in range(shape[0]) for column in range(shape[1]))
        x, notices = x.reshape(len(x), -1), duplicates.notices(x, parts)
        if self.scale in ("standard", "minmax"):
            scaling = fit(x[parts.train].astype(np.float64), self.scale)
            return arrange(x, y, parts, task, names, scaling, image_shape=shape, notices=notices)
        factor = 1.0 if self.scale == "none" else 1 / 255
        scaling = constant(x.shape[1], factor)
        return arrange(x, y, parts, task, names, scaling, image_shape=shape, notices=notices, factor=factor)

    def _parts(self, y: Array, task: Task) -> Parts:
        split = self.split
        if task.kind == "regression":
            split = changed(split, stratify=False)
        parts = shuffled(y, split, self.seed)
        targets.check_parts(y, task, parts)
        return parts

    def _chosen(self, table: Table, target: str = "", weight: str = "") -> Chosen:
        """The columns to learn from, and those that are not."""
        left_out = {str(name)[1:] for name in self.columns if str(name)[1:] in table.names and name not in table.names}
        named = [name for name in self.columns if str(name)[:1] != "-" or str(name)[1:] not in left_out]
        asked = tuple(dict.fromkeys(_column(name, table) for name in named))
        found = tuple(name for name in asked or table.names if name not in (target, weight) and name not in left_out)
        if not found:
            raise DataError(
                f"{table.where} has no column to learn from",
                code="DATA_SCHEMA",
                where=table.where,
                hint="it takes one besides the target",
            )
        return Chosen(found, target, weight, (*asked, *self.keep))

    def _labels(self, path: Path) -> Path:
        """Where the labels of an IDX file of pictures are."""
        if self.target != "":
            return path.parent / str(self.target)
        name = path.name.replace("images", "labels").replace("idx3", "idx1")
        if name == path.name:
            hint = "name the file of labels, which lies beside it: dataset.target"
            raise DataError(f"{path} has no labels that could be found", code="DATA_TARGET", where=str(path), hint=hint)
        return path.with_name(name)


def _at_home(path: str) -> Path | None:
    """Where a relative path is in MLJ_DATA_HOME, if it is there."""
    home = os.environ.get("MLJ_DATA_HOME", "")
    there = Path(os.path.expanduser(home)) / path
    return there if home and os.path.exists(there) else None  # of a name too long, too


def _kind(path: Path) -> Literal["idx", "npz", "table"]:
    """What a file holds, by its first bytes."""
    start = content.starts(path)
    if start[:2] == b"\0\0":
        return "idx"
    if start == b"\x93NUMPY":
        hint = "write both with numpy.savez(path, x=x, y=y)"
        raise DataError(f"{path} is one array, without targets", code="DATA_TARGET", where=str(path), hint=hint)
    return "npz" if start[:4] in (b"PK\3\4", b"PK\5\6") else "table"


def _pair(path: Path) -> tuple[Array, Array]:
    """The arrays x and y of an .npz file."""
    from mlcore.datasets import npy

    found = npy.read_all(path)
    if not {"x", "y"} <= set(found):
        there = ", ".join(found) or "nothing"
        hint = "write them with numpy.savez(path, x=x, y=y)"
        raise DataError(f"{path}: expected arrays x and y, it holds {there:.200}", code="DATA_SCHEMA", hint=hint)
    return found["x"], found["y"]


def _column(which: Which, table: Table) -> str:
    """The name of a column by its name or number. Raises DataError naming those there are."""
    if which in table.names:
        return str(which)
    try:
        return table.names[int(which)]
    except (ValueError, IndexError):
        there = ", ".join(table.names[:20])
        message = f"{table.where}: no column {which!r:.80}; it has {there}"
        raise DataError(message, code="DATA_SCHEMA", where=table.where) from None
