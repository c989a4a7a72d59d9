"""What every command does, by its id: the table behind keys, palette and demo.

A public method of one of the groups is the command of its name; a new command is a line in `tui/commands.py` and a
method in the group it belongs to.
"""

from __future__ import annotations

from tui.hints import sentence
from tui.lab import HOLD, SLOW
from tui.onlooking import refusal
from tui.screens.deeds.experiment import EDITS
from tui.screens.deeds.going import Going
from tui.screens.deeds.running import STEERING, Running
from tui.screens.deeds.showing import ARROWS, Showing


class Deeds(Running, Showing, Going):
    """Every command."""

    def do(self, identity: str) -> None:
        """Do the command of that id. What cannot be done is said in the caption line."""
        from mlcore import MljError

        self.screen.hush()
        why = refusal(identity, self.app.feed.frame(), self.app.options.read_only)
        if why:
            self.screen.say(why)
            return
        changes = self.lab.changes
        try:
            if identity in ARROWS and self._move_crosshair(ARROWS[identity]):
                return
            if identity == "close" and self._end_crosshair():
                return
            if identity in EDITS:
                self._edit(identity)
            elif identity in STEERING:
                self._steer(STEERING[identity])
            else:
                getattr(self, identity)()
        except MljError as error:
            self.screen.say(sentence(error))
        self.screen.show_lines(self.app.frame())
        self.screen.changed()
        if self.app.held:
            self.screen.set_timer(HOLD, self.screen.changed)
        if self.lab.changes > changes:
            self.screen.set_timer(SLOW + 0.05, lambda: self._slow(changes + 1))

    def _slow(self, changes: int) -> None:
        """An experiment that takes longer than a person waits says so, unless another has been asked for since."""
        words = self.lab.slow(self.app.feed.frame())
        if words and self.lab.changes == changes:
            self.screen.say(words)
