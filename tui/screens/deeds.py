"""What every command does, by its id: the table behind keys, palette and demo."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from tui.draft import Draft
from tui.lab import HOLD

if TYPE_CHECKING:
    from tui.app import MljApp
    from tui.screens.lab import LabScreen

EDITS: dict[str, Callable[[Draft], Draft]] = {
    "more_units": lambda draft: draft.with_units(1),
    "fewer_units": lambda draft: draft.with_units(-1),
    "next_layer": Draft.with_next_selected,
    "add_layer": Draft.with_layer,
    "drop_layer": Draft.without_layer,
    "activation": Draft.with_bend,
    "lower_rate": lambda draft: draft.with_rate(0.5),
    "raise_rate": lambda draft: draft.with_rate(2.0),
    "reseed": Draft.with_seed,
}
STEERING = {"step": "Step", "epoch": "Epoch"}


def plain(help: str) -> str:
    """The help of a pane as one text without marks."""
    return " ".join(help.split()).replace("**", "").replace("`", "")


class Deeds:
    """Does commands to the app and its Lab screen."""

    def __init__(self, app: MljApp, screen: LabScreen) -> None:
        self.app, self.screen, self.lab = app, screen, app.lab

    def do(self, identity: str) -> None:
        """Do the command of that id. What cannot be done is said in the caption line."""
        from mlcore import MljError

        self.screen.hush()
        try:
            if identity in EDITS:
                self._edit(identity)
            elif identity in STEERING:
                self._steer(STEERING[identity])
            else:
                getattr(self, identity)()
        except MljError as error:
            self.screen.say(f"{error}. {error.hint}".rstrip())
        self.screen.show_lines(self.app.frame())
        self.screen.changed()
        if self.app.held:
            self.screen.set_timer(HOLD, self.screen.changed)

    def _edit(self, identity: str) -> None:
        self.app.ensure_worker()
        self.lab.change(EDITS[identity], identity)

    def _steer(self, name: str) -> None:
        if self.app.feed.over:
            self.screen.say("This run has ended: r trains it again, . and , move through its film")
        else:
            self.app.runner.send(name)

    # the experiment -------------------------------------------------------------------------------------------------

    def next_data(self) -> None:
        self.app.ensure_worker()
        self.lab.move_data(1)

    def previous_data(self) -> None:
        self.app.ensure_worker()
        self.lab.move_data(-1)

    def restart(self) -> None:
        self.app.ensure_worker()
        self.lab.restart()

    def epochs(self) -> None:
        draft = self.lab.draft
        if draft is not None:
            self._ask("Epochs", "how often every row is seen, from 1 to 10,000,000", draft.config.epochs, "epochs", int)

    def rate(self) -> None:
        draft = self.lab.draft
        if draft is None:
            return
        rate = draft.config.optimizer.learning_rate
        help = "how far each step goes; the run goes on with it"
        self._ask("Learning rate", help, rate, "optimizer.learning_rate", float, live=True)

    def parameters(self) -> None:
        from tui.screens.parameters import ParametersScreen

        self.app.ensure_worker()
        self.app.push_screen(ParametersScreen(self.lab))

    def _ask(
        self, title: str, help: str, value: float, name: str, kind: type[int] | type[float], live: bool = False
    ) -> None:
        """Ask for a number and make the change; live: the run goes on with it, unless it has ended."""
        from mlcore import MljError
        from tui.screens.dialogs import ValueDialog

        def check(text: str) -> str:
            try:
                number = kind(text.replace(",", ""))
                if live and not self.app.feed.over:
                    self.lab.set_live(name, number)
                else:
                    self.app.ensure_worker()
                    self.lab.change(lambda draft: draft.changed({name: number}), name)
            except MljError as error:
                return str(error)
            except ValueError:
                return f"{text!r} is not a number"
            return ""

        self.app.push_screen(ValueDialog(title, help, f"{value:g}", check), lambda _: self.screen.changed())

    # the run --------------------------------------------------------------------------------------------------------

    def pause(self) -> None:
        frame = self.app.feed.frame()
        if not self.app.feed.over:
            self.app.runner.send("Resume" if frame.state == "paused" else "Pause")
        elif frame.state == "finished" or not self.lab.go_on():
            self.restart()

    def full(self) -> None:
        self.app.ensure_worker()
        self.lab.toggle_pace()

    def pace(self) -> None:
        self.app.ensure_worker()
        self.lab.cycle_pace()
        self.screen.say(f"{self.lab.pace:g} epochs a second; f goes back to full speed")

    def back(self) -> None:
        self._scrub(-1)

    def forward(self) -> None:
        self._scrub(1)

    def first(self) -> None:
        self._scrub(-(10**9))

    def last(self) -> None:
        self._scrub(10**9)

    def _scrub(self, step: int) -> None:
        if not self.lab.scrub(self.app.feed.frame(), step):
            self.screen.say("The film is empty: it gets a picture after every epoch")

    def branch(self) -> None:
        if not self.app.runner.takes_starts:
            self.screen.say("This run is trained by another process: r trains the same experiment here")
        elif self.app.feed.scrub is None:
            self.screen.say("First choose a picture with , and . then b trains on from it")
        else:
            self.lab.branch()

    def keep(self) -> None:
        self.app.runner.send("Keep")
        frame = self.app.feed.frame()
        promise = f"{frame.name or 'This run'} stays on disk, whatever you try next: o lists it"
        self.screen.say(self.app.unrecorded or promise)

    # the screen -----------------------------------------------------------------------------------------------------

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
        path = next(
            path
            for number in range(1, 10_000)
            if not (path := Path(f"{stem}{'' if number == 1 else f'-{number}'}.{suffix}")).exists()
        )
        try:
            path.write_text(content, encoding="utf-8")
        except OSError as error:
            self.screen.say(f"{path} could not be written: {error.strerror}")
        else:
            self.screen.say(f"written: {path}")

    # the app --------------------------------------------------------------------------------------------------------

    def runs(self) -> None:
        from tui.screens.runs import RunsScreen

        self.app.push_screen(RunsScreen(self.app.options.runs_dir), self.app.open_run)

    def help(self) -> None:
        from tui.screens.keys import KeysScreen

        focused = self.screen.focused
        pane = next((pane for pane in self.screen.panes if pane is focused), self.screen.picture)
        self.app.push_screen(KeysScreen(plain(pane.HELP), self.app.ascii_only))

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
