"""Steps: what is done to a table, one thing at a time. Each is a frozen value, does it, and says it in pandas.

`apply(frame)` never changes the frame it is given. `code()` is the line of pandas that does the same to a variable
`df`; rows keep the index they had, except where a step makes new rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

from msgspec import Meta

from mlcore.errors import ConfigError, DataError
from mlcore.sanitize import sanitize
from mlcore.spec import Count, Spec
from mlcore.tables import lookup
from mlcore.tables.expression import LONGEST, parse

if TYPE_CHECKING:
    from pandas import DataFrame

How: TypeAlias = Literal["mean", "median", "most_frequent", "value"]
Names: TypeAlias = tuple[str, ...]

AGGREGATES = ("sum", "mean", "count", "min", "max", "std", "median")
FIGURES = f"figures, e.g. sum:Sales, of {' '.join(AGGREGATES)}; count alone counts rows"
ORDERED = ("min", "max")  # what texts and dates have as well


class Step(Spec, frozen=True, tag_field="kind"):
    """What is done to a table."""

    def apply(self, frame: DataFrame) -> DataFrame:
        """The table after this step. Raises DataError where the table has not what the step needs."""
        raise NotImplementedError

    def code(self) -> str:
        """The line of pandas that does the same to `df`."""
        raise NotImplementedError


class Filter(Step, frozen=True, tag="filter"):
    """The rows of which something is true."""

    where: Annotated[str, Meta(description="rows to keep, e.g. Sales > 100 and Region == 'N'", max_length=LONGEST)]

    def __post_init__(self) -> None:
        if len(str(self.where)) > LONGEST:
            message = f"filter: {len(str(self.where)):,} characters, more than the {LONGEST:,} allowed"
            raise ConfigError(message, where="filter", hint="take two filters, one after the other")
        super().__post_init__()
        parse(self.where)

    def apply(self, frame: DataFrame) -> DataFrame:
        from mlcore.tables.filtering import true_rows

        return frame[true_rows(frame, parse(self.where))]

    def code(self) -> str:
        return f"df = df[{parse(self.where).code()}]"


class Sort(Step, frozen=True, tag="sort"):
    """Rows in the order of some columns, missing values last; rows that are equal stay as they were."""

    by: Annotated[Names, Meta(description="columns, the first counts most; -NAME from the largest down")]

    def __post_init__(self) -> None:
        super().__post_init__()
        _some("sort.by", self.by)

    @property
    def keys(self) -> list[str]:
        """The columns, without their signs."""
        return [name[1:] if name[:1] in "+-" else name for name in self.by]

    @property
    def ascending(self) -> list[bool]:
        """Whether each column goes upward."""
        return [not name.startswith("-") for name in self.by]

    def apply(self, frame: DataFrame) -> DataFrame:
        for name in self.keys:
            lookup.named(frame, name)
        try:
            return frame.sort_values(self.keys, ascending=self.ascending, kind="stable")
        except TypeError as error:
            raise _unfit("sort", self.keys, error) from None

    def code(self) -> str:
        return f"df = df.sort_values({self.keys!r}, ascending={self.ascending!r}, kind='stable')"


class Group(Step, frozen=True, tag="group"):
    """A row for each value of some columns, with figures of the others; missing values are a group too."""

    by: Annotated[Names, Meta(description="columns whose values make the groups")]
    agg: Annotated[
        Names, Meta(description="figures: sum:Sales, of " + " ".join(AGGREGATES) + "; count alone: rows")
    ] = ("count",)

    def __post_init__(self) -> None:
        super().__post_init__()
        _some("group.by", self.by)
        _some("group.agg", self.agg)
        made = [*self.by, *(name for name, _, _ in self.figures)]
        double = next((name for name in made if made.count(name) > 1), None)
        if double is not None:
            message = f"group: two columns would be called {sanitize(double)!r}"
            raise ConfigError(message, where="group", hint="ask for each column once")

    @property
    def figures(self) -> list[tuple[str, str, str]]:
        """Of each figure the name of its column, the column it is of, and what it is. Raises ConfigError."""
        found = []
        for text in self.agg:
            how, colon, name = text.partition(":")
            if how not in AGGREGATES or (not name and (colon or how != "count")):
                message = f"group.agg: expected one of {', '.join(AGGREGATES)} and a column, got {sanitize(text)!r}"
                raise ConfigError(message, where="group.agg", hint="e.g. sum:Sales; count alone counts rows")
            found.append((f"{name}_{how}", name, how) if name else ("count", self.by[0], "size"))
        return found

    def apply(self, frame: DataFrame) -> DataFrame:
        for name in self.by:
            lookup.named(frame, name)
        for _, name, how in self.figures:
            if how not in ("count", "size", *ORDERED):
                lookup.numbers(frame, lookup.named(frame, name), f"group: {how}")
            lookup.named(frame, name)
        made = {new: (name, how) for new, name, how in self.figures}
        try:
            return frame.groupby(list(self.by), dropna=False, observed=True).agg(**made).reset_index()
        except TypeError as error:
            raise _unfit("group", self.by, error) from None

    def code(self) -> str:
        made = ", ".join(f"{new!r}: ({name!r}, {how!r})" for new, name, how in self.figures)
        return f"df = df.groupby({list(self.by)!r}, dropna=False, observed=True).agg(**{{{made}}}).reset_index()"


class Top(Step, frozen=True, tag="top"):
    """The values of a column with the largest sums of another, from the largest down."""

    by: Annotated[str, Meta(description="column whose values compete", min_length=1)]
    value: Annotated[str, Meta(description="column that is added up", min_length=1)]
    n: Annotated[Count, Meta(description="how many", le=1_000_000)] = 5

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.by == self.value:
            message = f"top.value: {sanitize(self.by)!r} cannot be both what competes and what is added up"
            raise ConfigError(message, where="top.value", hint="name another column of numbers")

    def apply(self, frame: DataFrame) -> DataFrame:
        by, value = lookup.named(frame, self.by), lookup.named(frame, self.value)
        lookup.numbers(frame, value, "top: sum")
        sums = frame.groupby(by, observed=True)[value].sum()
        return sums.sort_values(ascending=False, kind="stable").head(self.n).reset_index()

    def code(self) -> str:
        sums = f"df.groupby({self.by!r}, observed=True)[{self.value!r}].sum()"
        return f"df = {sums}.sort_values(ascending=False, kind='stable').head({self.n}).reset_index()"


class Fill(Step, frozen=True, tag="fill"):
    """What stands for the missing values of a column, learnt from all its rows.

    For a network that is judged on rows held back, `dataset.impute` learns it from the training rows alone.
    """

    column: Annotated[str, Meta(description="column to fill", min_length=1)]
    how: Annotated[How, Meta(description="mean or median of numbers, most_frequent, or the value given")] = "median"
    value: Annotated[str | int | float, Meta(description="for how = value: what is filled in")] = 0

    def apply(self, frame: DataFrame) -> DataFrame:
        name = lookup.named(frame, self.column)
        stands, said = self._stands_for_missing(frame, name), sanitize(name)
        try:
            return frame.assign(**{name: frame[name].fillna(stands)})
        except (TypeError, ValueError) as error:
            message, hint = f"fill: {said!r} cannot hold {stands!r:.80}: {sanitize(error)}", "give a value of its type"
            raise DataError(message, code="DATA_DTYPE", where=said, hint=hint) from None

    def _stands_for_missing(self, frame: DataFrame, name: str) -> Any:
        """What is filled in. Raises DataError where the column does not have it, or cannot hold it."""
        values, said = frame[name], sanitize(name)
        if self.how == "value":
            kind = lookup.kind(values)
            if kind != ("text" if isinstance(self.value, str) else "number"):
                message = f"fill: {said!r} holds {lookup.HOLDS[kind]}, and the value is {self.value!r:.80}"
                raise DataError(message, code="DATA_DTYPE", where=said, hint="numbers for numbers, texts for texts")
            return self.value
        if self.how in ("mean", "median"):
            lookup.numbers(frame, name, f"fill: {self.how}")
        if not values.notna().any():
            message = f"fill: {said!r} has no value to learn from"
            raise DataError(message, code="DATA_NONFINITE", where=said, hint="leave the column out")
        return values.mode()[0] if self.how == "most_frequent" else getattr(values, self.how)()

    def code(self) -> str:
        values = f"df[{self.column!r}]"
        ways = {
            "mean": f"{values}.mean()",
            "median": f"{values}.median()",
            "most_frequent": f"{values}.mode()[0]",
            "value": repr(self.value),
        }
        return f"df = df.assign(**{{{self.column!r}: {values}.fillna({ways[self.how]})}})"


class DropMissing(Step, frozen=True, tag="drop_missing"):
    """The rows in which none of some columns is missing; of none named, of all."""

    columns: Annotated[Names, Meta(description="columns that must not be missing; none: all")] = ()

    def apply(self, frame: DataFrame) -> DataFrame:
        names = [lookup.named(frame, name) for name in self.columns]
        return frame.dropna(subset=names or None)

    def code(self) -> str:
        return f"df = df.dropna(subset={list(self.columns)!r})" if self.columns else "df = df.dropna()"


class Keep(Step, frozen=True, tag="keep"):
    """Some columns, in this order."""

    columns: Annotated[Names, Meta(description="columns to keep")]

    def __post_init__(self) -> None:
        super().__post_init__()
        _some("keep.columns", self.columns)

    def apply(self, frame: DataFrame) -> DataFrame:
        return frame[[lookup.named(frame, name) for name in self.columns]]

    def code(self) -> str:
        return f"df = df[{list(self.columns)!r}]"


AnyStep: TypeAlias = Filter | Sort | Group | Top | Fill | DropMissing | Keep


def _some(where: str, names: Names) -> None:
    """Raise ConfigError where no column is named, or one twice."""
    if not names or "" in names or len(set(names)) < len(names):
        got = "none" if not names else "an empty name" if "" in names else "one twice"
        raise ConfigError(f"{where}: expected columns, got {got}", where=where, hint="name each column once")


def _unfit(what: str, names: Any, error: Exception) -> DataError:
    listed = ", ".join(sanitize(name, 40) for name in names)
    message = f"{what}: values of {listed} cannot be put in order: {sanitize(error)}"
    return DataError(message, code="DATA_DTYPE", where=listed, hint="a column has to hold values of one kind")
