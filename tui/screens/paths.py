"""Which file: a path to type or to complete, and below it what lies in the present folder and in MLJ_DATA_HOME."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import ClassVar, NamedTuple

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.suggester import Suggester
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from tui.screens.picking import Tell, TypeDialog
from tui.text import si
from tui.widgets.rows import padded

LISTED = 5_000  # entries of a folder looked at
OFFERED = 200  # of them offered at once
SUFFIXES = (".csv", ".tsv", ".txt", ".npz", "-ubyte", "-ubyte.gz")
KEYS = "up down choose, letters too, enter opens a folder, again takes it"


class Found(NamedTuple):
    """A file or a folder as its path is typed, what it is called, and a word about it."""

    path: str
    name: str
    about: str

    @property
    def folder(self) -> bool:
        """Whether there is more inside."""
        return self.path.endswith("/")


def offered(typed: str) -> tuple[list[Found], int]:
    """Folders and files of data that go on with what is typed; how many more have names nobody can type.

    Without a slash: those of the present folder and of MLJ_DATA_HOME, where a relative path is looked for first.
    """
    folder, slash, start = typed.rpartition("/")
    places = [(folder + slash, folder + slash, "")]
    if not slash:
        home = os.environ.get("MLJ_DATA_HOME", "")
        places = [*([(home, "", "MLJ_DATA_HOME")] if home else []), (".", "", "here")]
    kept, odd = dict[str, Found](), 0
    for place, before, words in places:
        for entry in _entries(place):
            name = entry.name
            if start.lower() not in name.lower() or (name.startswith(".") and not start.startswith(".")):
                continue
            if not name.isprintable() or name != name.strip():
                odd += 1
                continue
            path = before + name if before or not name.startswith("~") else f"./{name}"
            if path in kept:  # a relative path means the one in MLJ_DATA_HOME
                path = str(Path.cwd() / name)
            found = _told(entry, path, words)
            kept |= {path: found} if found is not None else {}
    return sorted(kept.values(), key=lambda each: (each.folder, each.name.lower())), odd


def _entries(folder: str) -> Iterator[os.DirEntry[str]]:
    """What is in a folder, as far as it may be read."""
    try:
        with os.scandir(os.path.expanduser(folder)) as entries:
            for entry, _ in zip(entries, range(LISTED), strict=False):
                yield entry
    except (OSError, ValueError):  # no such folder, a NUL in its name
        return


def _told(entry: os.DirEntry[str], path: str, words: str) -> Found | None:
    """An entry that may hold data; None for any other."""
    try:
        if entry.is_dir():
            return Found(f"{path}/", f"{entry.name}/", words)
        if entry.is_file() and entry.name.lower().endswith(SUFFIXES):
            return Found(path, entry.name, f"{si(entry.stat().st_size)}B  {words}".strip())
    except OSError:  # a link to nowhere, or gone in the meantime
        pass
    return None


class PathDialog(TypeDialog):
    """A path to type; what is found is chosen with up, down and enter, or with a click."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "move(1)"),
        Binding("up", "move(-1)"),
    ]

    def __init__(
        self,
        title: str,
        help: str,
        value: str,
        check: Callable[[str], str],
        trial: Callable[[str, Tell], None],
    ) -> None:
        super().__init__(title, help, value, check, trial)
        self._found: list[Found] = []
        self._moved = value  # the path the cursor of the list put into the line

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog picker") as dialog:
            dialog.border_subtitle = KEYS
            yield Static(Content(self._title), classes="sentence")
            yield Input(self._value, select_on_focus=True, suggester=Paths(use_cache=False))
            yield Static(Content(self._help), classes="hint", id="hint")
            yield OptionList(markup=False)

    def on_mount(self) -> None:
        """What is here, wherever the present file is."""
        self._fill("")

    def _fill(self, typed: str) -> None:
        found, odd = offered(typed)
        self._found = found[:OFFERED]
        wide = min(max((len(each.name) for each in self._found), default=0), 48) + 2
        listed = self.query_one(OptionList)
        listed.clear_options()
        listed.add_options(
            Option(Content.assemble((padded(each.name, wide), "bold"), (each.about, "$quiet")), each.path)
            for each in self._found
        )
        more = [f"{len(found) - OFFERED:,} more: type letters of them"] * (len(found) > OFFERED)
        more += [f"{odd} more whose names cannot be typed"] * (odd > 0)
        listed.add_options(Option(Content.styled(line, "$quiet"), disabled=True) for line in more)
        listed.highlighted = None

    def on_input_changed(self, event: Input.Changed) -> None:
        """Other files go on with these letters."""
        if event.value != self._moved:
            self._moved = ""
            self._fill(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """A folder that was just chosen is opened; anything else is taken."""
        if event.value == self._moved and event.value.endswith("/"):
            event.prevent_default()
            self._moved = ""  # the next time it is taken
            self._fill(event.value)

    def action_move(self, step: int) -> None:
        """Another one under the cursor, its path in the line."""
        listed = self.query_one(OptionList)
        if self._found:
            here = listed.highlighted if listed.highlighted is not None else -1 if step > 0 else 0
            listed.highlighted = (here + step) % len(self._found)
            self._put(self._found[listed.highlighted].path)

    def _put(self, path: str) -> None:
        self._moved = path
        line = self.query_one(Input)
        line.value = path
        line.cursor_position = len(path)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """The one clicked: a file is taken, a folder opened."""
        found = next((each for each in self._found if each.path == event.option_id), None)
        if found is None:
            return  # of a folder that was left since
        line = self.query_one(Input)
        line.focus()
        self._put(found.path)
        if found.folder:
            self._fill(found.path)
        else:
            self.post_message(Input.Submitted(line, found.path))


class Paths(Suggester):
    """The first file or folder whose path begins like this."""

    async def get_suggestion(self, value: str) -> str | None:
        if not value:
            return None
        folder, _, start = value.rpartition("/")
        found = _entries(f"{folder}/" if "/" in value else ".")
        names = sorted(entry.name + "/" * entry.is_dir() for entry in found if entry.name.startswith(start))
        return value.removesuffix(start) + names[0] if names and names[0].isprintable() else None
