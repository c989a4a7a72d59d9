"""What every group of deeds needs: the app, its Lab and the Lab's screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tui.app import MljApp
    from tui.screens.lab import LabScreen


def plain(help: str) -> str:
    """The help of a pane as one text without marks."""
    return " ".join(help.split()).replace("**", "").replace("`", "")


class Doer:
    """Does commands to the app and its Lab screen."""

    def __init__(self, app: MljApp, screen: LabScreen) -> None:
        self.app, self.screen, self.lab = app, screen, app.lab
