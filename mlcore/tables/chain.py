"""A chain of steps: what is done to a table, kept as TOML for experiments and as a script of pandas for people."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from msgspec import Meta

from mlcore.catalogue import unknown
from mlcore.errors import ConfigError, DataError, MljError
from mlcore.sanitize import sanitize
from mlcore.spec import Spec, fields, kind_of, takes
from mlcore.tables.steps import AnyStep, DropMissing, Fill, Filter, Group, Keep, Sort, Step, Top

if TYPE_CHECKING:
    from pandas import DataFrame

KINDS: dict[str, type[Step]] = {kind_of(step): step for step in (Filter, Sort, Group, Top, Fill, DropMissing, Keep)}


class Chain(Spec, frozen=True):
    """Steps, one after the other."""

    steps: Annotated[tuple[AnyStep, ...], Meta(description="what is done to the table, in order", max_length=1000)] = ()

    def apply(self, frame: DataFrame) -> DataFrame:
        """The table after all steps. Raises DataError or ConfigError saying which step cannot be done."""
        for number, step in enumerate(self.steps, start=1):
            try:
                frame = step.apply(frame)
            except (DataError, ConfigError) as error:
                if len(self.steps) == 1:
                    raise
                message = f"step {number} ({kind_of(step)}): {error}"
                raise type(error)(message, code=error.code, where=error.where, hint=error.hint) from None
        return frame

    def and_then(self, *steps: AnyStep) -> Chain:
        """This chain with steps more."""
        return Chain((*self.steps, *steps))

    def code(self) -> str:
        """The lines of pandas that do the same to `df`."""
        return "\n".join(step.code() for step in self.steps)

    def script(self, read: str, *after: str) -> str:
        """A program that reads a table, takes every step, and does what `after` says.

        read: the lines that make the table `df`, as in `df = pd.read_csv('sales.csv')`.
        """
        lines = ("import pandas as pd", "", read, *(step.code() for step in self.steps), *after)
        return "\n".join(lines) + "\n"

    def to_toml(self, dataset: Mapping[str, Any] | None = None) -> str:
        """The part of an experiment that takes these steps: `[[dataset.steps]]`, after other keys of the data set."""
        import tomli_w

        plain = [{"kind": kind_of(step)} | _changed(step) for step in self.steps]
        return tomli_w.dumps({"dataset": {**(dataset or {}), "steps": plain}})

    @classmethod
    def from_toml(cls, text: str, where: str = "steps") -> Chain:
        """The chain `to_toml` wrote, or the steps of an experiment. Raises ConfigError saying which key is wrong."""
        try:
            plain: Any = tomllib.loads(text)
        except (ValueError, RecursionError) as error:
            raise ConfigError(f"{where}: no TOML: {sanitize(error)}", code="CONFIG_TOML", where=where) from None
        section = plain.get("dataset", plain)
        steps = section.get("steps") if isinstance(section, dict) else None
        if not isinstance(steps, list):
            hint = 'write [[dataset.steps]] and under it kind = "filter"'
            raise ConfigError(f"{where} has no list of steps", where=where, hint=hint)
        return cls.of(steps, where)

    @classmethod
    def of(cls, steps: Sequence[Any], where: str = "steps") -> Chain:
        """The chain of plain values, one for each step. Raises ConfigError saying which step is wrong, and how."""
        return cls(tuple(_step(each, f"{where}: step {number}") for number, each in enumerate(steps, start=1)))


def reading(path: str, **options: Any) -> str:
    """The line of pandas that reads a text table into `df`, with the options that are not pandas' own defaults."""
    return (
        "df = pd.read_csv(" + ", ".join([repr(path), *(f"{name}={value!r}" for name, value in options.items())]) + ")"
    )


def saving(path: str) -> str:
    """The line of pandas that writes `df` as a text table without row numbers."""
    return f"df.to_csv({path!r}, index=False)"


def _changed(step: Step) -> dict[str, Any]:
    """The fields of a step that are not as they are by default, as plain values."""
    plain = {field.name: getattr(step, field.name) for field in fields(type(step))}
    plain = {field.name: plain[field.name] for field in fields(type(step)) if plain[field.name] != field.default}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in plain.items()}


def _step(plain: Any, where: str) -> AnyStep:
    """One step of plain values. Raises ConfigError."""
    if not isinstance(plain, dict) or "kind" not in plain:
        message = f"{where} has no kind: expected one of {', '.join(KINDS)}"
        raise ConfigError(message, where=where, hint='e.g. kind = "filter"')
    word = str(plain["kind"])
    if word not in KINDS:
        raise _placed(unknown("step", sanitize(word), tuple(KINDS)), where)
    known = {field.name: field for field in fields(KINDS[word])}
    values = {name: value for name, value in plain.items() if name != "kind"}
    for name, value in values.items():
        if name not in known:
            raise _placed(unknown(f"key of {word}", sanitize(name), tuple(known)), where)
        if not _fits(value, known[name].type):
            message = f"{name}: expected {takes(known[name].type)}, got {value!r:.120}"
            raise _placed(ConfigError(message), where)
    for name in _required(known):
        if name not in values:
            raise _placed(ConfigError(f"{word} has no {name!r}", hint=f"it takes {takes(known[name].type)}"), where)
    try:
        made: AnyStep = KINDS[word](**values)  # type: ignore[assignment]  # KINDS holds these and no others
    except ConfigError as error:
        raise _placed(error, where) from None
    return made


def _fits(value: Any, kind: Any) -> bool:
    try:
        msgspec.convert(value, kind)
    except (msgspec.ValidationError, UnicodeError):
        return False
    return True


def _required(known: Mapping[str, msgspec.structs.FieldInfo]) -> Iterator[str]:
    return (name for name, field in known.items() if field.required)


def _placed(error: MljError, where: str) -> ConfigError:
    return ConfigError(f"{where}: {error}", code=error.code, where=where, hint=error.hint)
