"""The steps of a table to read, copy and keep: a script of pandas, the part of a recipe that takes them, the view."""

from __future__ import annotations

from collections.abc import Sequence

from tui.screens.deeds.writing import written
from tui.screens.sheet import Sheet

TABS = ("pandas", "recipe", "this view")
SUFFIXES = ("py", "toml", "py")


class ScriptScreen(Sheet):
    """A tab for each. s saves the open one in the present folder, c copies it to the terminal's clipboard."""

    def __init__(self, texts: Sequence[str], stem: str) -> None:
        self._texts, self._stem = [text for text in texts if text], stem
        super().__init__("the steps", TABS[: len(self._texts)])

    def opened(self, place: int) -> None:
        self.show(self._texts[place], "")

    def action_save(self) -> None:
        """Into a new file."""
        self.say(written(self._stem, SUFFIXES[self.place], self._texts[self.place]))

    def action_copy(self) -> None:
        """To the terminal's clipboard."""
        self.copied(self._texts[self.place])
