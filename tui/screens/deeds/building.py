"""What keys do on the Build screen: move, change, add and remove layers, and open what lies over it."""

from __future__ import annotations

from tui.screens.deeds.choosing import Choosing
from tui.screens.deeds.doer import plain

CLICKS = {"back": "turn_back", "on": "turn_on", "choose": "open_line", "up": "layer_up", "down": "layer_down",
          "gone": "remove_layer"}  # fmt: skip


class Building(Choosing):
    """The commands of the Build screen; a public method is the command of its name."""

    def do(self, identity: str) -> None:
        """Do the command of that id."""
        getattr(self, identity)()

    def clicked(self, deed: str) -> None:
        """What a click on the line under the cursor means."""
        if deed in CLICKS:
            self.do(CLICKS[deed])

    # moving ---------------------------------------------------------------------------------------------------------

    def line_up(self) -> None:
        self._go(-1)

    def line_down(self) -> None:
        self._go(1)

    def _go(self, step: int) -> None:
        self.screen.form.move(step)
        self.screen.moved()

    def column_1(self) -> None:
        self.screen.open(0)

    def column_2(self) -> None:
        self.screen.open(1)

    def column_3(self) -> None:
        self.screen.open(2)

    def column_on(self) -> None:
        self.screen.open(self.screen.place + 1)

    def column_back(self) -> None:
        self.screen.open(self.screen.place - 1)

    # what lies over it ----------------------------------------------------------------------------------------------

    def parameters(self) -> None:
        from tui.screens.parameters import ParametersScreen

        self.app.push_screen(ParametersScreen(self.screen), lambda _: self.screen.changed())

    def preflight(self) -> None:
        from tui.screens.preflight import PreflightScreen

        self.screen.changed()  # which sees to it that somebody is there to ask
        self.app.push_screen(PreflightScreen(self.app.runner, self.screen.draft.config))

    def find_rate(self) -> None:
        from tui.screens.rates import RatesScreen

        def found(rate: float | None) -> None:
            if rate is not None:
                self._set("optimizer.learning_rate", rate)

        self.screen.changed()
        self.app.push_screen(RatesScreen(self.app.runner, self.screen.draft.config), found)

    def code(self) -> None:
        from tui.screens.code import CodeScreen

        self.screen.changed()
        self.app.push_screen(CodeScreen(self.app.runner, self.screen.draft.config))

    def help(self) -> None:
        from tui.screens.keys import KeysScreen

        self.app.push_screen(KeysScreen(plain(self.screen.form.HELP), self.app.ascii_only, "build"))

    def quit(self) -> None:
        self.app.leaving.ask()

    def close(self) -> None:
        """Back to the Lab, which learns what it has not yet; a run somebody else trains is watched again."""
        self.screen.dismiss()
        lab = self.app.lab
        if lab.behind:
            lab.learn()
        elif self.screen.watched and not self.screen.past:
            self.app.open_target(self.screen.watched)
        self.app.laboratory.changed()
