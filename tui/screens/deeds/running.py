"""What keys do to the run that goes on: hold it, steer it, move through its film."""

from __future__ import annotations

from tui.screens.deeds.experiment import Experiment

STEERING = {"step": "Step", "epoch": "Epoch"}


class Running(Experiment):
    """The run, its pace and its past."""

    def _steer(self, name: str) -> None:
        if self.app.feed.over:
            self.screen.say("This run has ended: r trains it again, . and , move through its film")
        else:
            self.app.runner.send(name)

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
        pace = self.lab.pace
        said = "As fast as it can" if isinstance(pace, str) else f"{pace:g} epochs a second; f goes back to full speed"
        self.screen.say(said)

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

    def settings(self) -> None:
        from tui.screens.live import LiveScreen

        if self.lab.draft is not None:
            self.app.push_screen(LiveScreen(self.app), lambda _: self.screen.changed())

    def weight(self, start: str = "") -> None:
        """Ask for a weight and its new value; `start` are its three numbers and the present value."""
        from tui.screens.dialogs import ValueDialog

        if not self.app.runner.takes_starts and self.app.feed.over:
            self.screen.say("This run has ended in another process: r trains the same experiment here")
            return

        def check(text: str) -> str:
            try:
                layer, source, target, value = text.replace(",", " ").split()
                name = f"weight.{int(layer)}.{int(source)}.{int(target)}"
                number = float(value)
            except ValueError:
                return f"{text!r}: expected four numbers, e.g. 1 2 5 -0.8"
            self.lab.set_weight(name, number)
            return ""

        help = (
            "layer, from, to, value. Layer 1 comes after the inputs; from 0 is the bias; a click on a line fills it in"
        )
        self.app.push_screen(ValueDialog("Set a weight", help, start, check), lambda _: self.screen.changed())

    def checkpoint(self) -> None:
        frame = self.app.feed.frame()
        if self.app.feed.over:
            self.screen.say("This run has ended: its last moment is on the disk once it is kept, c keeps it")
            return
        if self.app.runner.takes_starts:
            self.app.runner.send("Keep")
        self.app.runner.send("Checkpoint")
        self.screen.say("writing a checkpoint")
        self._written(frame.saved, 50)

    def _written(self, before: int, tries: int) -> None:
        """Say which step is on the disk, once it is; or that it is not."""
        frame = self.app.feed.frame()
        if frame.saved > before or (frame.saved == before == frame.step):
            self.screen.say(f"Step {frame.saved:,} of {frame.name or 'this run'} is on the disk, to go on from")
        elif tries:
            self.screen.set_timer(0.1, lambda: self._written(before, tries - 1))
        else:
            self.screen.say(self.app.hearing.unrecorded or "The checkpoint is not on the disk yet")

    def keep(self) -> None:
        self.app.runner.send("Keep")
        frame = self.app.feed.frame()
        promise = f"{frame.name or 'This run'} stays on disk, whatever you try next: o lists it"
        self.screen.say(self.app.hearing.unrecorded or promise)
