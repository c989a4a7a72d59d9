"""What keys do to the experiment: every change is learned at once."""

from __future__ import annotations

from collections.abc import Callable

from tui.draft import Draft
from tui.screens.deeds.doer import Doer

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


class Experiment(Doer):
    """Data, network and training of the draft."""

    def _edit(self, identity: str) -> None:
        self.app.ensure_worker()
        self.lab.change(EDITS[identity], identity)

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
        rate = draft.config.optimizer.learning_rate if draft else self.app.feed.frame().learning_rate
        help = "how far each step goes; the run goes on with it"
        self._ask("Learning rate", help, rate, "optimizer.learning_rate", float, live=True)

    def build(self) -> None:
        from tui.screens.build import BuildScreen

        if self._there():
            self.app.push_screen(BuildScreen(self.app))

    def preflight(self) -> None:
        from tui.screens.preflight import PreflightScreen

        draft = self._there()
        if draft:
            self._answering()
            self.app.push_screen(PreflightScreen(self.app.runner, draft.config))

    def find_rate(self) -> None:
        from tui.screens.rates import RatesScreen

        draft = self._there()
        if draft:
            self._answering()
            self.app.push_screen(RatesScreen(self.app.runner, draft.config), self._take_rate)

    def _take_rate(self, rate: float | None) -> None:
        if rate is not None:
            self.app.ensure_worker()
            self.lab.change(lambda draft: draft.changed({"optimizer.learning_rate": rate}), "rate")
            self.screen.changed()

    def code(self) -> None:
        from tui.screens.code import CodeScreen

        draft = self._there()
        if draft:
            self._answering()
            self.app.push_screen(CodeScreen(self.app.runner, draft.config))

    def _there(self) -> Draft | None:
        """The draft; nothing, and a word about it, in the first moment."""
        if self.lab.draft is None:
            self.screen.say("There is no experiment yet: it comes in a moment")
        return self.lab.draft

    def _answering(self) -> None:
        """Somebody who answers questions: whoever trains this run, else a new worker."""
        if not self.app.runner.alive:
            self.app.ensure_worker()

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
                elif self.lab.draft is None:
                    return "the loop has ended"
                else:
                    self.app.ensure_worker()
                    self.lab.change(lambda draft: draft.changed({name: number}), name)
            except MljError as error:
                return str(error)
            except ValueError:
                return f"{text!r} is not a number"
            return ""

        self.app.push_screen(ValueDialog(title, help, f"{value:g}", check), lambda _: self.screen.changed())
