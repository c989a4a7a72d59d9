"""The command that trains an experiment: the nearest recipe, and what differs from it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from mlcore import datasets
from mlcore.config import Config, load_recipe, recipes
from mlcore.spec import kind_of


def command_of(config: Config) -> tuple[str, ...]:
    """The words of `mlj train …` that train exactly this experiment; one on the same data is begun from if there is."""
    found = [(differing(base, config), name) for name, base in _bases(kind_of(config.dataset))]
    settings, name = min(found, key=lambda each: ("dataset.kind" in each[0], len(each[0])))
    sets = [word for setting, value in settings.items() for word in ("--set", f"{setting}={written(value)}")]
    return "mlj", "train", name, *sets


def differing(base: Config, config: Config) -> dict[str, Any]:
    """The settings that make `config` of `base`, kinds first: what follows from a new kind is not among them."""
    wanted = config.to_dict()
    kinds = {
        f"{section}.kind": value["kind"]
        for section, value in wanted.items()
        if isinstance(value, Mapping) and "kind" in value and value["kind"] != base.setting(f"{section}.kind")
    }
    there = dict(_leaves(base.with_settings(kinds).to_dict()))
    return kinds | {name: value for name, value in _leaves(wanted) if there.get(name) != value}


def written(value: Any) -> str:
    """A value behind `--set NAME=`: a word as it is where it is read back as that word, else as TOML has it."""
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_item, value)) + "]"
    if not isinstance(value, str):
        return json.dumps(value)
    odd = value[:1].isdigit() or value[:1] in "\"'[{+-." or value in ("true", "false", "inf", "nan")
    return json.dumps(value) if value and odd and " " not in value else value


def _item(value: Any) -> str:
    """What stands in a list, as TOML has it: sections on one line, words in quotes."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name} = {_item(each)}" for name, each in value.items()) + "}"
    return "[" + ", ".join(map(_item, value)) + "]" if isinstance(value, list | tuple) else json.dumps(value)


def _bases(kind: str) -> Iterator[tuple[str, Config]]:
    """Experiments a command can name: every recipe, and the data set itself where no recipe has its name."""
    names = tuple(recipes())
    yield from ((name, load_recipe(name)) for name in names)
    if kind in datasets.CATALOGUE.names() and kind not in {name.rpartition("/")[2] for name in names}:
        yield kind, Config().with_settings({"dataset": kind})


def _leaves(plain: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in plain.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value
