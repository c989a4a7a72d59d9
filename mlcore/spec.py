"""Spec: a frozen value that checks itself, the ground of every choice an experiment is made of.

One declaration serves five uses: the check on construction, TOML and JSON in both directions, `--set` on the command
line, the form in the app, and the property test that round-trips random experiments.
"""

from __future__ import annotations

import functools
import math
from typing import Annotated, Any

import msgspec
from msgspec import Meta, inspect

from mlcore.errors import ConfigError

Count = Annotated[int, Meta(ge=1)]


class Spec(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=False):
    """A frozen value whose fields each have a default, a range and one line of help.

    Raises ConfigError on construction when a field is of the wrong type, out of range or not finite.
    """

    def __post_init__(self) -> None:
        for field in fields(type(self)):
            value = getattr(self, field.name)
            if isinstance(value, float) and not math.isfinite(value):
                raise ConfigError(f"{field.name}: expected a finite number, got {value}", where=field.name)
            try:
                made = msgspec.convert(value, field.type)
            except (msgspec.ValidationError, UnicodeError):
                message = f"{type(self).__name__}.{field.name}: expected {takes(field.type)}, got {value!r:.120}"
                raise ConfigError(message, where=field.name) from None
            if made is not value:  # a list where a tuple belongs, a table where a spec does
                msgspec.structs.force_setattr(self, field.name, made)


@functools.cache
def fields(kind: type[Spec]) -> tuple[msgspec.structs.FieldInfo, ...]:
    """The fields of a spec, with their types and defaults, in order."""
    return msgspec.structs.fields(kind)


def kind_of(spec: Spec | type[Spec]) -> str:
    """The name under which a catalogue and a configuration file know this spec: `relu`, `adam`, `moons`."""
    return str(spec.__struct_config__.tag)


def changed(spec: Spec, **values: Any) -> Any:
    """A copy of `spec` with some fields replaced, checked like a new one."""
    return msgspec.structs.replace(spec, **values)


def takes(kind: Any) -> str:
    """What a field of a type takes, in words: `a whole number from 1 to 65,536`."""
    return _words(inspect.type_info(kind))


def _words(info: Any) -> str:
    match info:
        case inspect.Metadata(type=inspect.StrType(pattern=str()), extra_json_schema=dict(about)):
            return str(about["description"])
        case inspect.Metadata(type=inner):
            return _words(inner)
        case inspect.UnionType(types=types) if isinstance(types[0], inspect.StructType):
            kinds = (kind_of(each.cls) for each in types if isinstance(each, inspect.StructType))  # type: ignore[arg-type]
            return "a section whose kind is one of " + ", ".join(kinds)
        case inspect.UnionType(types=types):
            return ", or ".join(map(_words, types))
        case inspect.LiteralType(values=values):
            return ("one of " if len(values) > 1 else "") + ", ".join(map(str, values))
        case inspect.VarTupleType(item_type=item):
            return f"a list, each {_words(item)}"
        case inspect.DictType(value_type=value):
            return f"a table of names, each {_words(value)}"
        case inspect.IntType() | inspect.FloatType():
            return " ".join(["a whole number" if isinstance(info, inspect.IntType) else "a number", *limits(info)])
        case inspect.BoolType():
            return "true or false"
        case inspect.StrType():
            return "text"
    return "a section of settings"


def limits(number: inspect.IntType | inspect.FloatType) -> list[str]:
    """The limits of a number in words: `from 0`, `below 1`."""
    words = {"ge": "from", "gt": "above", "le": "to", "lt": "below"}
    found = ((word, getattr(number, name)) for name, word in words.items())
    return [f"{word} {limit:{',' if isinstance(limit, int) else 'g'}}" for word, limit in found if limit is not None]
