"""The ways out of the app, and what becomes of the run on each: finished first, stopped, or left to train on."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlcore import MljError
    from tui.app import MljApp

GOING = ("loading", "running", "paused")
PATIENCE = 5.0  # seconds a run gets to write its checkpoint before the app leaves without waiting


class Leaving:
    """Asks what becomes of the run, waits for it where that was the answer, and says on the way out where it is."""

    def __init__(self, app: MljApp) -> None:
        self.app = app
        self.farewell = ""  # printed when the terminal is given back
        self._waiting = False  # whether the app leaves as soon as the run is over

    def ask(self) -> None:
        """Ask what becomes of the run, when one is going."""
        app, frame = self.app, self.app.feed.frame()
        if frame.state not in GOING or not app.runner.alive or app.runner.read_only or frame.loop == "log":
            self.now(0)
            return
        if app.options.table and not app.lab.changes:  # who came for a table never asked for the Lab's first run
            self._wait_for("stop")
            return
        from tui.screens.dialogs import QuitDialog

        where = f"epoch {frame.epoch} of {frame.epochs}" if frame.epochs else "just beginning"
        app.push_screen(QuitDialog(f"{frame.name or frame.dataset or 'The run'} is at {where}."), self._answered)

    def refuse(self, error: MljError) -> None:
        """Leave at once: what was to be opened cannot be."""
        from tui.feed import safe

        hint = f"\n  hint: {safe(error.hint, 500)}" if error.hint else ""
        self.farewell = f"mlj-tui: error[{error.code}]: {safe(str(error), 500)}{hint}"
        self.now(error.exit_code)

    def interrupt(self) -> None:
        """Ask; asked already: stop the run and leave."""
        asking = next((screen for screen in self.app.screen_stack if screen.id == "quit"), None)
        if asking is not None:
            asking.dismiss("stop")
        else:
            self.ask()

    def at_once(self) -> None:
        """Leave; the run goes on."""
        frame = self.app.feed.frame()
        if frame.state in GOING and frame.epoch < frame.epochs and not self.app.runner.read_only:
            lost = f"{self.app.hearing.unrecorded}; it trains on, but nothing of it will be kept"
            there = f"{frame.name or 'The run'} trains on in the background. Come back with: mlj-tui last"
            self.farewell = lost if self.app.hearing.unrecorded else there
        self.now(0)

    def over(self) -> None:
        """The run has ended, or its worker is gone: leave, if that was waited for."""
        if self._waiting:
            self.now(0)

    def now(self, code: int) -> None:
        """Leave with an exit code."""
        self.app.runner.close()
        self.app.exit(code, return_code=code)

    def _answered(self, answer: str | None) -> None:
        send = self.app.runner.send
        if answer in ("finish", "keep"):
            send("SetPace", pace="full")
            send("Resume")
        if answer == "keep":
            send("Keep")
            self.at_once()
        elif answer in ("finish", "stop"):
            self._wait_for(answer)

    def _wait_for(self, answer: str) -> None:
        self._waiting = True
        if answer == "stop":
            self.app.runner.send("Stop")
            self.app.set_timer(PATIENCE, self.over)
        if self.app.feed.over:
            self.now(0)
        else:
            self.app.laboratory.say("leaving as soon as it is done; ctrl+q leaves at once")
