"""Keys that lead elsewhere: to another screen, or out."""

from __future__ import annotations

from tui.screens.deeds.doer import Doer, plain


class Going(Doer):
    """Lists, help, and leaving."""

    def place(self) -> None:
        """Points placed by hand; those of the draft where it has some."""
        from tui.screens.place import PlaceScreen
        from tui.widgets.placing import Dot

        placed = self.lab.draft.placed if self.lab.draft is not None else ()
        self.app.push_screen(PlaceScreen([Dot(*dot) for dot in placed]))

    def scribble(self) -> None:
        """A picture drawn by hand, where the network reads pictures."""
        frame = self.app.feed.frame()
        if frame.pictures is None:
            self.screen.say("Only a network that reads pictures can read a digit: choose digits or mnist first")
            return
        from tui.screens.scribble import ScribbleScreen

        self.app.push_screen(ScribbleScreen())

    def runs(self) -> None:
        from tui.screens.runs import RunsScreen

        self.app.push_screen(RunsScreen(self.app.options.runs_dir), self.app.open_run)

    def analyse(self) -> None:
        self.app.analyse()

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
