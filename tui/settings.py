"""Settings: what the app remembers from one time to the next, in a small file that people may edit.

`settings.toml` is in `$MLJ_HOME`, else in the platform's folder for configuration. A file that cannot be read, or parts
of it that mean nothing, never stop the app: they are left out, and said.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

PACES = ("show", "full")
FIRST, EXTRAS = (1, 2, 3, 4), (5, 6, 7, 8, 9)  # panes of the Lab


class Settings(NamedTuple):
    """theme: its name, nothing for the one that suits the terminal; pace: show, full, or epochs a second.

    slot, opened, hidden: the layout of the Lab, as `tui.screens.layout.Plan` has it.
    """

    theme: str = ""
    pace: str | float = "show"
    slot: int = 0
    opened: tuple[int, ...] | None = None
    hidden: tuple[int, ...] = ()

    @property
    def layout(self) -> dict[str, Any]:
        """Which panes there are."""
        return {"slot": self.slot, "opened": self.opened, "hidden": self.hidden}

    def text(self) -> str:
        """The file."""
        import tomli_w

        layout = {name: value for name, value in self.layout.items() if value is not None}
        return tomli_w.dumps({"theme": self.theme, "pace": self.pace, "layout": layout})


def _is_theme(value: Any) -> bool:
    return isinstance(value, str)


def _is_pace(value: Any) -> bool:
    return value in PACES or (isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 1e6)


def _is_slot(value: Any) -> bool:
    return isinstance(value, int) and value in (0, *EXTRAS)


def _are_opened(value: Any) -> bool:
    return _are_panes(value, EXTRAS)


def _are_hidden(value: Any) -> bool:
    return _are_panes(value, FIRST)


def _are_panes(value: Any, among: tuple[int, ...]) -> bool:
    return isinstance(value, list) and all(type(each) is int and each in among for each in value)


KEYS: dict[str, tuple[str, Callable[[Any], bool], str]] = {  # in the file: field, check, what it may be
    "theme": ("theme", _is_theme, "the name of a theme"),
    "pace": ("pace", _is_pace, '"show", "full" or epochs a second'),
    "layout.slot": ("slot", _is_slot, "a pane from 5 to 9, or 0"),
    "layout.opened": ("opened", _are_opened, "panes from 5 to 9, such as [5, 7]"),
    "layout.hidden": ("hidden", _are_hidden, "panes from 1 to 4, such as [1]"),
}


def path(environ: Mapping[str, str] = os.environ) -> Path | None:
    """Where the file is; None where there is no home."""
    if environ.get("MLJ_HOME"):
        return Path(environ["MLJ_HOME"]) / "settings.toml"
    import platformdirs

    try:
        return platformdirs.user_config_path("mlj", appauthor=False) / "settings.toml"
    except RuntimeError:
        return None


def load(file: Path | None) -> tuple[Settings, str]:
    """What the file says, and in one sentence what of it could not be taken; nothing when all is well."""
    import tomllib

    if file is None:
        return Settings(), ""
    try:
        found = tomllib.loads(file.read_bytes()[: 1 << 16].decode("utf-8"))
    except FileNotFoundError:
        return Settings(), ""
    except OSError as error:
        return Settings(), f"{file} could not be read: {error.strerror}; everything is as at first"
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        return Settings(), f"{file} is not TOML: {error}; everything is as at first"
    return _read(file, found)


def _read(file: Path, found: dict[str, Any]) -> tuple[Settings, str]:
    import difflib

    taken, wrong = dict[str, Any](), list[str]()
    for name, value in _flat(found):
        if name not in KEYS:
            near = difflib.get_close_matches(name, KEYS, 1, 0.5)
            there = f"did you mean {near[0]}?" if near else f"there are {', '.join(KEYS)}"
            wrong.append(f"{sanitized(name)} is no setting, {there}")
            continue
        field, good, what = KEYS[name]
        if good(value):
            taken[field] = tuple(value) if isinstance(value, list) else value
        else:
            wrong.append(f"{name} is {sanitized(repr(value))}, not {what}")
    return Settings(**taken), f"{file.name}: {wrong[0]}" if wrong else ""


def sanitized(text: str) -> str:
    """Text of the file made harmless for a terminal."""
    from mlcore import sanitize

    return sanitize.sanitize(text, 40)


def _flat(found: dict[str, Any]) -> list[tuple[str, Any]]:
    """Dotted names and values."""
    flat: list[tuple[str, Any]] = []
    for name, value in found.items():
        if isinstance(value, dict):
            flat += [(f"{name}.{inner}", each) for inner, each in value.items()]
        else:
            flat.append((name, value))
    return flat


def save(settings: Settings, file: Path | None) -> str:
    """Write the file, whole or not at all; why not in one sentence, or nothing."""
    if file is None:
        return "there is no home folder to remember settings in"
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(settings.text(), encoding="utf-8")
        beside.replace(file)
    except OSError as error:
        with contextlib.suppress(OSError):
            beside.unlink()
        return f"{file} could not be written: {error.strerror}"
    return ""
