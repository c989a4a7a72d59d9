"""What keys do to the screen: which pane is looked at, and how."""

from __future__ import annotations

from tui.screens.deeds.doer import Doer
from tui.screens.deeds.writing import written


class Showing(Doer):
    """Panes, and pictures of them in files."""

    def pane_1(self) -> None:
        self._focus(0)

    def pane_2(self) -> None:
        self._focus(1)

    def pane_3(self) -> None:
        self._focus(2)

    def pane_4(self) -> None:
        self._focus(3)

    def _focus(self, place: int) -> None:
        pane = self.screen.panes[place]
        if self.screen.zoomed is not None:
            self.screen.zoom(pane)
        self.screen.set_focus(pane)

    def zoom(self) -> None:
        if self.screen.zoomed is not None:
            self.screen.zoom(None)
        else:
            focused = self.screen.focused
            pane = next((pane for pane in self.screen.panes if pane is focused), self.screen.picture)
            self.screen.zoom(pane)

    def log_scale(self) -> None:
        self.screen.toggle_log()

    def test_points(self) -> None:
        self.screen.toggle_test()

    def save_text(self) -> None:
        self._save("txt", self.screen.text())

    def save_picture(self) -> None:
        self._save("svg", self.app.export_screenshot())

    def _save(self, suffix: str, content: str) -> None:
        frame = self.app.feed.frame()
        stem = f"mlj-{frame.dataset or 'lab'}-epoch-{frame.shown_epoch}"
        self.screen.say(written(stem, suffix, content))
