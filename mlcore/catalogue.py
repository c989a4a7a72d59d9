"""A catalogue: an explicit, ordered table of what there is. It imports nothing until an entry is asked for."""

from __future__ import annotations

import difflib
from importlib import import_module
from typing import Any, NamedTuple

from mlcore.errors import ConfigError


class Entry(NamedTuple):
    """One line of a catalogue: the name in configurations, one line of help, and where the class lives."""

    name: str
    line: str
    where: str  # "package.module:Class"

    def load(self) -> Any:
        """The class itself; the first call imports its page."""
        module, _, name = self.where.partition(":")
        return getattr(import_module(module), name)


class Catalogue(tuple[Entry, ...]):
    """Entries in reading order, found by name."""

    what: str

    def __new__(cls, what: str, *entries: Entry) -> Catalogue:
        table = super().__new__(cls, entries)
        table.what = what
        return table

    def names(self) -> tuple[str, ...]:
        """The names, in order."""
        return tuple(entry.name for entry in self)

    def classes(self) -> tuple[Any, ...]:
        """Every class of the catalogue, imported."""
        return tuple(entry.load() for entry in self)

    def find(self, name: str) -> Entry:
        """The entry called `name`. Raises ConfigError naming the nearest one."""
        for entry in self:
            if entry.name == name:
                return entry
        raise unknown(self.what, name, self.names())


def unknown(what: str, name: str, known: tuple[str, ...]) -> ConfigError:
    """The error for a name that is not there, with the nearest one that is."""
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]!r}?" if near else "there are: " + ", ".join(known)
    return ConfigError(f"unknown {what} {name!r}", code="CONFIG_UNKNOWN", hint=hint)
