"""An experiment as plain values: the catalogue of each section, changes by dotted name, and what is wrong with it."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Mapping
from typing import Any

import msgspec

from mlcore import datasets, layers, losses, optimizers, schedules
from mlcore.catalogue import unknown
from mlcore.errors import ConfigError
from mlcore.spec import Spec, fields, kind_of, takes
from mlcore.tables.chain import Chain

CATALOGUES = {
    "dataset": datasets.CATALOGUE,
    "layers": layers.CATALOGUE,
    "loss": losses.CATALOGUE,
    "optimizer": optimizers.CATALOGUE,
    "schedule": schedules.CATALOGUE,
}


OPEN = ("impute_columns", "kinds")  # tables whose names are those of columns


def flat(plain: Mapping[str, Any], path: str = "") -> dict[str, Any]:
    """Nested plain values by dotted name."""
    found: dict[str, Any] = {}
    for name, value in plain.items():
        found |= flat(value, f"{path}{name}.") if isinstance(value, Mapping) else {path + name: value}
    return found


def typed(value: Any) -> str:
    """A value as `--set` takes it."""
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, Spec):
        parts = {field.name: getattr(value, field.name) for field in fields(type(value))}
        said = (f"{name} = {json.dumps(v) if isinstance(v, str) else typed(v)}" for name, v in parts.items())
        return "{" + ", ".join([f'kind = "{kind_of(value)}"', *said]) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(f'"{each}"' if isinstance(each, str) else typed(each) for each in value) + "]"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f'"{name}" = {_quoted(each)}' for name, each in value.items()) + "}"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _quoted(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else typed(value)


def put(plain: dict[str, Any], name: str, value: Any) -> None:
    """Put `value` at a dotted name. A section given as a bare word, or a new kind, starts from that kind's defaults."""
    if getattr(value, "ndim", None) == 0:
        value = value.item()  # a number of NumPy's is a number
    *path, last = name.split(".")
    place = plain
    for depth, word in enumerate((*path, last)):
        if depth == len(path) and path and path[-1] in OPEN:
            break
        if word not in place or (depth < len(path) and not isinstance(place[word], dict)):
            raise _no_setting(plain, name, place, word, path[:depth])
        if depth < len(path):
            place = place[word]
    if last == "kind":
        if value != place["kind"]:
            plain[path[-1]] = _defaults(path[-1], value)
    elif last in CATALOGUES and isinstance(place[last], dict) and not isinstance(value, dict):
        place[last] = _defaults(last, value)
    else:
        place[last] = value


def _defaults(section: str, kind: Any) -> dict[str, Any]:
    """Every default of a kind, as plain values."""
    plain: dict[str, Any] = msgspec.to_builtins(CATALOGUES[section].find(str(kind)).load()())
    return plain


def _no_setting(
    plain: Mapping[str, Any], name: str, place: Mapping[str, Any], word: str, path: list[str]
) -> ConfigError:
    """The error for a setting that is not there: the same word in another section, else the nearest in this one."""
    last = name.rpartition(".")[2]
    for section, value in plain.items():
        if isinstance(value, Mapping) and last in value:
            hint = f"did you mean '{section}.{last}'?"
            return ConfigError(f"unknown setting {name!r}", code="CONFIG_UNKNOWN", hint=hint)
    near = difflib.get_close_matches(word, place, n=1)
    names = [".".join([*path, key]) for key in near or place]
    hint = f"did you mean {names[0]!r}?" if near else "there are: " + ", ".join(names)
    return ConfigError(f"unknown setting {name!r}", code="CONFIG_UNKNOWN", hint=hint)


def check(plain: Mapping[str, Any], spec: type[Spec], path: str = "") -> None:
    """Refuse unknown keys and kinds with the nearest known name, before the decoder does it without."""
    own = {field.name: field for field in fields(spec)}
    for key, value in plain.items():
        if key == spec.__struct_config__.tag_field:
            continue
        if key not in own:
            raise _no_key(path, key, tuple(path + name for name in own))
        if key == "layers":
            for place, layer in enumerate(value if isinstance(value, list | tuple) else ()):
                _section(layer, "layers", f"layers[{place}]")
        elif key in CATALOGUES:
            _section(value, key, path + key)
        elif key == "steps" and isinstance(value, list | tuple):
            Chain.of(value, path + key)
        elif isinstance(value, Mapping) and isinstance(own[key].type, type) and issubclass(own[key].type, Spec):
            check(value, own[key].type, f"{path}{key}.")


def _no_key(path: str, key: str, known: tuple[str, ...]) -> ConfigError:
    """The error for a key that is not there; of a layer it says what there is, and where inputs come from."""
    error = unknown("key", f"{path}{key}", known)
    if not path.startswith("layers["):
        return error
    hint = "leave it out: inputs follow from the layer before" if key.startswith("in") else error.hint
    there = ", ".join(known) or "nothing but its kind"
    return ConfigError(f"{path[:-1]}: expected {there}, got {error}", code=error.code, hint=hint)


def _section(plain: Any, section: str, path: str) -> None:
    """The same for a section that is one of several kinds; what is no section is left to the decoder."""
    if not isinstance(plain, Mapping):
        return
    if "kind" not in plain:
        names = ", ".join(CATALOGUES[section].names())
        message = f"{path} has no kind: expected one of {names}, got {dict(plain)!r:.80}"
        hint = 'write it there, as in kind = "' + CATALOGUES[section][0].name + '"'
        if section == "dataset" and "steps" in plain:
            hint = 'steps are of a file: write kind = "file" and path = "FILE.csv" under [dataset]'
        raise ConfigError(message, hint=hint)
    try:
        entry = CATALOGUES[section].find(str(plain["kind"]))
    except ConfigError as error:
        what = f"{path}.kind: expected a {CATALOGUES[section].what}, got {error}"
        raise ConfigError(what, code=error.code, hint=error.hint) from None
    check(plain, entry.load(), f"{path}.")


def refused(plain: Any, spec: type[Spec], path: str) -> tuple[str, str]:
    """`expected …, got …` for the value at a path like `layers[0].units`, and its default as the way out.

    Both empty where there is no such value.
    """
    kind: Any = spec
    hint = ""
    for name, place in re.findall(r"(\w+)(?:\[(\d+)\])?", path):
        if not isinstance(plain, Mapping) or name not in plain:
            return "", ""
        field = next(field for field in fields(kind) if field.name == name)
        plain, kind = plain[name], field.type
        default = field.default if isinstance(field.default, str | int | float) else ""
        hint = f"e.g. {path.removesuffix(f'[{place}]')} = {default}" if default != "" else ""
        if name == "layers":
            hint = 'a line is shorter: layers = "10 relu | 10 relu"'
        if place and isinstance(plain[int(place)], Mapping):
            plain = plain[int(place)]
        if isinstance(plain, Mapping) and "kind" in plain and name in CATALOGUES:
            kind = CATALOGUES[name].find(str(plain["kind"])).load()
    return (f"expected {takes(kind)}, got {plain!r:.120}" if path else ""), hint
