"""Where a table goes from the Data screen: into files, into an experiment; and other tables that come in its place."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from tui.screens.deeds.writing import written

if TYPE_CHECKING:
    from mlcore.worker.protocol import Reply, TableText
    from tui.app import MljApp
    from tui.exploration import Exploration
    from tui.screens.data import DataScreen

OF_COLUMNS = ("columns", "weight", "format", "steps")  # of an experiment on the same file, what may not fit any longer
NONE_YET = "There is no table yet: o chooses one, r tries again"


class Carrying:
    """The last commands of the Data screen; a public method is the command of its name."""

    def __init__(self, app: MljApp, screen: DataScreen) -> None:
        self.app, self.screen = app, screen

    def do(self, identity: str) -> None:
        """Do the command of that id."""
        if self._now.head is None and identity.startswith("table_") and identity not in ("table_other", "table_again"):
            self.screen.say("It is being read" if self.screen.inquiry.busy("head") else NONE_YET)
            return
        getattr(self, identity)()

    @property
    def _now(self) -> Exploration:
        return self.screen.exploration

    @property
    def _names(self) -> tuple[str, ...]:
        return self._now.head.names if self._now.head is not None else ()

    def _of(self, *kinds: str) -> list[str]:
        """The columns of some kinds."""
        return [name for name, kind in self._now.kinds.items() if kind in kinds]

    def table_code(self) -> None:
        """The steps as a script and as a part of a recipe; the view as pandas."""
        from tui.screens.script import ScriptScreen

        def told(text: TableText) -> None:
            view = self._now.chart.line if self._now.chart is not None else ""
            self.app.push_screen(ScriptScreen((text.script, text.toml, view), self._stem()))

        self._written(told)

    def table_save(self) -> None:
        """The same into two files in the present folder."""

        def told(text: TableText) -> None:
            texts = {"toml": text.toml, "py": text.script}
            self.screen.say("; ".join(written(self._stem(), suffix, each) for suffix, each in texts.items()))

        self._written(told)

    def _written(self, then: Callable[[TableText], None]) -> None:
        """Ask for the steps as text."""

        def answered(reply: Reply) -> None:
            if reply.error is not None:
                self.screen.say(self.screen.wrong(reply))
            elif self.screen.is_attached:
                then(cast("TableText", reply.value))

        self.screen.inquiry.ask("text", answered, "WriteSteps", of=self._now.of, target=self._now.target)

    def _stem(self) -> str:
        """What files are called after the table."""
        name = self._now.crumbs[0].partition(".")[0]
        return f"{''.join(c if c.isalnum() or c in '-_' else '-' for c in name)[:40] or 'table'}-steps"

    def table_train(self) -> None:
        """To Build with this table, behind its steps; what is to be learned is asked where nobody has said."""
        from tui.screens.picking import PickDialog

        if self._now.target:
            self._train(self._now.target)
            return
        names = [name for name in reversed(self._names) if name.isprintable()]
        choices = [(name, self._now.kinds[name]) for name in names]

        def chosen(name: str | None) -> None:
            if name:
                self.screen.aim(name)
                self._train(name)

        self.app.push_screen(PickDialog("What is to be learned?", choices, self._now.column), chosen)

    def _train(self, target: str) -> None:
        from mlcore import Config, MljError
        from tui.draft import Draft
        from tui.screens.build import BuildScreen

        if self.app.options.read_only:
            self.screen.say("This app only looks: mlj-tui without --read-only trains")
            return
        of, lab = self._now.of, self.app.lab
        before = lab.draft.config.to_dict()["dataset"] if lab.draft is not None else {}
        kept = before if (before.get("kind"), before.get("path")) == ("file", of["path"]) else {}
        kept = {name: value for name, value in kept.items() if name not in OF_COLUMNS}
        dataset = {**kept, "kind": "file", "path": of["path"], "target": target}
        dataset |= {name: of[name] for name in ("format", "steps") if of[name]}
        lab.draft = lab.draft or Draft(Config())
        try:
            lab.edit(lambda draft: draft.changed({"dataset": dataset}))
        except MljError as error:
            self.screen.say(f"{error}. {error.hint}".rstrip(". "))
            return
        self.screen.dismiss()
        self.app.push_screen(BuildScreen(self.app))

    def table_other(self) -> None:
        """Another file."""
        from tui.screens.deeds.opening import ask_for_table

        ask_for_table(self.app, self._now.path)

    def table_again(self) -> None:
        """The file as it is now."""
        self.screen.tries = 0
        self.screen.reread()
