"""Keys that lead elsewhere: to another screen, or out."""

from __future__ import annotations

from tui.screens.deeds.doer import Doer, plain


class Going(Doer):
    """Lists, help, and leaving."""

    def runs(self) -> None:
        from tui.screens.runs import RunsScreen

        self.app.push_screen(RunsScreen(self.app.options.runs_dir), self.app.open_run)

    def help(self) -> None:
        from tui.screens.keys import KeysScreen

        self.app.push_screen(KeysScreen(plain(self.screen.looked_at.HELP), self.app.ascii_only))

    def close(self) -> None:
        """One level up: out of the zoom, out of the focus, and then no more captions."""
        if self.screen.zoomed is not None:
            self.screen.zoom(None)
        elif self.screen.focused is not None:
            self.screen.set_focus(None)
        elif self.app.captions is not None:
            self.app.captions.end()

    def quit(self) -> None:
        self.app.leaving.ask()
