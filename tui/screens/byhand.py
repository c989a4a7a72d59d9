"""What screens have in common on which something is made by hand: points, a digit."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from textual.screen import Screen

from tui.screens.alone import Alone
from tui.screens.deeds.doer import plain
from tui.screens.keys import KeysScreen

if TYPE_CHECKING:
    from tui.app import MljApp

OWN = ("palette", "interrupt", "leave", "close")  # of the app, and what has more keys here


class ByHandScreen(Alone, Screen[None]):
    """Does what its commands ask for. mode: of the commands; READING: how what is made is read, for the help."""

    mode: ClassVar[str]
    READING: ClassVar[str]

    @property
    def mlj(self) -> MljApp:
        """The app, by its own type."""
        return cast("MljApp", self.app)

    def action_do(self, identity: str) -> None:
        """Do what a key, a click on the key line or the palette asks for."""
        getattr(self, f"action_{identity}")()

    def action_help(self) -> None:
        """Every key, and how it is read."""
        self.app.push_screen(KeysScreen(plain(self.READING), self.mlj.ascii_only, self.mode))

    def changed(self, at_once: bool = False) -> None:
        """The run has news: these screens look at it by themselves."""
