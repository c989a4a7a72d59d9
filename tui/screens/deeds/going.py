"""Keys that lead elsewhere: to another screen, or out."""

from __future__ import annotations

from tui import opening
from tui.hints import sentence
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
        self._runs(())

    def _runs(self, chosen: tuple[str, ...]) -> None:
        from tui.screens.runs import RunsScreen

        self.app.push_screen(RunsScreen(self.app, chosen), self._chosen)

    def compare(self) -> None:
        self._compare(())

    def _chosen(self, folders: tuple[str, ...] | None) -> None:
        """One run is opened, several are compared."""
        if folders and len(folders) == 1:
            self.app.open_target(folders[0])
        elif folders:
            self._compare(folders)

    def _compare(self, folders: tuple[str, ...]) -> None:
        from tui.screens.compare import CompareScreen

        self.app.push_screen(CompareScreen(self.app, folders), lambda back: self._runs(back) if back else None)

    def resume(self) -> None:
        self.app.run_worker(self._last, thread=True)

    def _last(self) -> None:
        """Go on with the newest run, or say why not."""
        from mlcore import MljError

        try:
            opened = opening.last(self.app.feed.frame().run, self.app.options.runs_dir)
        except MljError as error:
            self.app.call_from_thread(self.screen.say, sentence(error))
            return
        self.app.call_from_thread(self.app.open, opened)
        if opened.run is not None and not opened.going_on and opened.run.status.state == "finished":
            words = f"{opened.run.name} is finished: , looks back, b branches, k with more epochs trains it again"
            self.app.call_from_thread(self.screen.say, words)

    def go(self) -> None:
        from tui.screens.goto import GoScreen

        def chosen(target: str | None) -> None:
            if target:
                self.app.open_target(target)

        self.app.push_screen(GoScreen(self.app), chosen)

    def table(self) -> None:
        """The table the experiment learns from; of another a file is asked for."""
        from tui.screens.deeds.opening import ask_for_table, of_experiment, open_table

        config = self.lab.draft.config if self.lab.draft is not None else None
        found = of_experiment(config.to_dict()["dataset"]) if config is not None else None
        if found is not None:
            open_table(self.app, found)
        else:
            ask_for_table(self.app)

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
