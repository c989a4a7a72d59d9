"""An experiment as a form: one row for each thing that can be chosen, made from the specs themselves."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from typing import Any, NamedTuple, get_args

import msgspec
from msgspec import inspect

from mlcore import initializers
from mlcore.config import MONITORS, Config
from mlcore.errors import ConfigError
from mlcore.layers import ACTIVATIONS
from mlcore.sections import CATALOGUES
from mlcore.spec import Spec, fields, kind_of, limits


class Row(NamedTuple):
    """One thing to choose: its dotted name, its value, what it is for, the words to choose among, its limits.

    `default` is what it is when nobody says; `choices` is empty where a number or a text is typed. several: the
    words of which any may be chosen together. listed: that several are typed with commas between, of "texts" alone or
    of "values"; empty for what is no list.
    """

    name: str
    value: Any
    default: Any
    help: str = ""
    choices: tuple[Any, ...] = ()
    limits: str = ""
    several: tuple[str, ...] = ()
    listed: str = ""

    @property
    def section(self) -> str:
        """The part of the experiment it belongs to: `optimizer`; empty at the top."""
        return self.name.rpartition(".")[0]


class Choice(NamedTuple):
    """One entry of a catalogue as a setting: its dotted name, its word there, one line about it.

    bends: whether it is an activation, which stands behind the neurons of a layer.
    """

    setting: str
    word: str
    line: str
    bends: bool = False


def data_name(dataset: Mapping[str, Any]) -> str:
    """What the data of an experiment (as plain values) are called: their kind, or the file they come from."""
    kind, path = str(dataset.get("kind", "")), str(dataset.get("path", ""))
    return path.rstrip("/").rpartition("/")[2] or kind if kind in ("file", "series") else kind


def choices() -> tuple[Choice, ...]:
    """Every entry of every catalogue that a configuration chooses from; a layer is a word of the architecture line."""
    found = [
        Choice(name if name == "layers" else f"{name}.kind", entry.name, entry.line, entry.name in ACTIVATIONS)
        for name, table in CATALOGUES.items()
        for entry in table
    ]
    return (*found, *(Choice("init", each.name, each.line) for each in initializers.CATALOGUE))


def rows(config: Config) -> tuple[Row, ...]:
    """The form of an experiment, in the order of its file."""
    split = config.dataset.split
    idle = ("folds", "fold") if split.FIXED else () if split.folds else ("fold",)  # what means nothing now
    without = {f"dataset.split.{name}" for name in idle}
    return tuple(row for row in _section(config, "", config.to_dict()) if row.name not in without)


def settings_of(spec: Spec) -> tuple[Row, ...]:
    """The form of one spec alone, names without a section."""
    return tuple(_section(spec, "", {}))


def read(row: Row, text: str) -> Any:
    """What a person typed, as a value of this row: a word, a number, yes or no, or several with commas between them.

    Raises ConfigError when a row with choices is given something else; ranges are checked by the experiment itself.
    """
    text = text.strip()
    if row.listed:
        parts = _parts(row, text.removeprefix("[").removesuffix("]"))
        return [part if row.listed == "texts" else _value(part) for part in map(str.strip, parts) if part]
    if isinstance(row.default, dict):
        pairs = (part.partition("=") for part in text.strip("{}").split(",") if part.strip())
        return {name.strip().strip('"'): _value(value.strip().strip('"')) for name, _, value in pairs}
    if row.choices:
        for choice in row.choices:
            if text == words(choice):
                return choice
        if not isinstance(row.value, (int, float)) and not _number(text):
            listed = ", ".join(words(choice) for choice in row.choices)
            raise ConfigError(f"{row.name}: expected one of {listed}, got {text!r}", where=row.name)
    return text if isinstance(row.default, str) and not row.choices else _value(text)


def _parts(row: Row, text: str) -> list[str]:
    try:
        return next(csv.reader([text], skipinitialspace=True), [])
    except csv.Error as error:
        raise ConfigError(f"{row.name}: not a list of words with commas between: {error}", where=row.name) from None


def words(value: Any) -> str:
    """A value as it is typed: yes, 0.01, relu."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return ", ".join(_quoted(words(item)) for item in value)
    if isinstance(value, dict):
        return ", ".join(f"{name} = {words(item)}" for name, item in value.items())
    return f"{value:g}" if isinstance(value, float) else str(value)


def _quoted(text: str) -> str:
    """An item of a list, between quotes where a sign of its own would part or end it."""
    return '"' + text.replace('"', '""') + '"' if set(text) & set(',"[]') else text


def _number(text: str) -> bool:
    return not isinstance(_value(text), str)


def _value(text: str) -> Any:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    if "," not in text:
        return text
    several = [_value(part.strip()) for part in text.strip("[]").split(",")]
    return text if any(isinstance(part, str) for part in several) else several


def _section(spec: Spec, prefix: str, plain: dict[str, Any]) -> list[Row]:
    found: list[Row] = []
    for field in fields(type(spec)):
        name, value = prefix + field.name, getattr(spec, field.name)
        if field.name == "layers":
            help = "hidden layers: neurons and bend, | between them; the output layer follows from the data"
            found.append(Row(name, plain["layers"], "", help))
        elif isinstance(value, Spec):
            catalogue = CATALOGUES.get(field.name)
            if catalogue is not None:
                entry = catalogue.find(kind_of(value))
                found.append(Row(f"{name}.kind", entry.name, entry.name, entry.line, catalogue.names()))
            found.extend(_section(value, f"{name}.", plain[field.name]))
        elif field.name != "schema":
            found.append(_row(name, value, field))
    return found


def _row(name: str, value: Any, field: msgspec.structs.FieldInfo) -> Row:
    made = field.default_factory
    default = field.default if made is msgspec.NODEFAULT else made()
    info = inspect.type_info(field.type)
    help = ""
    if isinstance(info, inspect.Metadata):
        help, info = str((info.extra_json_schema or {}).get("description", "")), info.type
    parts = info.types if isinstance(info, inspect.UnionType) else (info,)
    choices: tuple[Any, ...] = ()
    several: tuple[str, ...] = ()
    listed = ""
    ranges: list[str] = []
    for part in parts:
        if field.name == "init":
            choices = tuple(initializer.name for initializer in initializers.CATALOGUE)
        elif field.name == "monitor":
            choices = MONITORS
        elif isinstance(part, inspect.LiteralType):
            choices += tuple(part.values)
        elif isinstance(part, inspect.VarTupleType) and isinstance(part.item_type, inspect.LiteralType):
            several, listed = _in_order(field.type), "texts"
        elif isinstance(part, inspect.VarTupleType) and len(parts) == 1:
            listed = _listed(part.item_type)
        elif isinstance(part, inspect.BoolType):
            choices += (True, False)
        elif isinstance(part, (inspect.IntType, inspect.FloatType)):
            ranges.append(" ".join(limits(part)))
    return Row(name, value, default, help, choices, ", or ".join(ranges), several, listed)


def _listed(item: inspect.Type) -> str:
    """How the items of a list are typed; empty where they cannot be."""
    kinds = item.types if isinstance(item, inspect.UnionType) else (item,)
    if all(isinstance(kind, inspect.StrType) for kind in kinds):
        return "texts"
    plain = (inspect.StrType, inspect.IntType, inspect.FloatType)
    return "values" if all(isinstance(kind, plain) for kind in kinds) else ""


def _in_order(kind: Any) -> tuple[str, ...]:
    """The words of an annotated `tuple[Literal[…], ...]` as they were written down; msgspec sorts them."""
    listed, *_ = get_args(kind)
    word, *_ = get_args(listed)
    return tuple(get_args(word))
