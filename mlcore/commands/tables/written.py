"""How a text table is written, as `--set format.…` says it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mlcore.catalogue import unknown
from mlcore.commands.experiment import assignment
from mlcore.errors import ConfigError
from mlcore.sanitize import sanitize
from mlcore.spec import changed, fields
from mlcore.tables.format import Format


def settings(words: Sequence[str]) -> dict[str, Any]:
    """The settings of a format that are asked for: `format.decimal=,`. Raises ConfigError naming the nearest one."""
    known = {field.name: field for field in fields(Format)}
    found: dict[str, Any] = {}
    for text in words:
        name, value = assignment(text)
        name = name.removeprefix("dataset.").removeprefix("format.")
        if name not in known:
            raise unknown("setting of a table", sanitize(name), tuple(known))
        found[name] = [str(value)] if name == "missing" and not isinstance(value, list) else value
    return found


def so(format: Format, settings: Mapping[str, Any]) -> Format:
    """A format with other settings. Raises ConfigError as it was typed: without the name of a class."""
    try:
        found: Format = changed(format, **settings)
    except ConfigError as error:
        message = str(error).replace("Format.", "format.", 1)
        raise ConfigError(message, hint=error.hint or "mlj help format tells what each takes") from None
    return found
