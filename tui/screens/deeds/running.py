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
        self.app.remember(pace=self.lab.pace)

    def pace(self) -> None:
        self.app.ensure_worker()
        self.lab.cycle_pace()
        self.app.remember(pace=self.lab.pace)
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
        self.screen.say(self.app.hearing.unrecorded or promise)
