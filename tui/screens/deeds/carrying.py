"""Where a table goes from the Data screen: into files, into an experiment; and other tables that come in its place."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from tui.hints import sentence
from tui.screens.deeds.writing import written
from tui.text import exact, plural

if TYPE_CHECKING:
    from mlcore.worker.protocol import Reply, TableSeries, TableText
    from tui.app import MljApp
    from tui.draft import Draft
    from tui.exploration import Exploration
    from tui.screens.data import DataScreen

OF_COLUMNS = ("columns", "weight", "format", "steps")  # of an experiment on the same file, what may not fit any longer
SERIES, ROWS = "as a series", "row by row"  # how a column over time can be learned
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

        if self.app.options.read_only:
            self.screen.say("This app only looks: mlj-tui without --read-only trains")
            return
        if self._now.head is not None and not self._now.head.rows:
            self.screen.say("There is no row to learn from: u takes the last step back")
            return
        if self._now.target:
            self._learn(self._now.target)
            return
        names = [name for name in reversed(self._names) if name.isprintable()]
        choices = [(name, self._now.kinds[name]) for name in names]

        def chosen(name: str | None) -> None:
            if name:
                self.screen.aim(name)
                self._learn(name)

        self.app.push_screen(PickDialog("What is to be learned?", choices, self._now.column), chosen)

    def _learn(self, target: str) -> None:
        """Row by row, or as a series where the column is one: then that is asked."""
        if self._now.kinds.get(target) != "number":
            self._train(target)
            return

        def answered(reply: Reply) -> None:
            if self.app.screen is not self.screen:
                return
            found = cast("TableSeries", reply.value)
            if reply.error is None and found.horizon:
                self._ask_how(target, found)
            else:
                why = found.why if reply.error is None else ""
                self._train(target, f"Row by row, not as a series: {why}" if why else "")

        self.screen.inquiry.ask("series", answered, "FindSeries", of=self._now.of, target=target)

    def _ask_how(self, target: str, found: TableSeries) -> None:
        from tui.screens.picking import PickDialog

        ahead = plural(found.horizon, found.step)
        choices = [
            (SERIES, f"the next {ahead}, from the {found.step}s before them"),
            (ROWS, "each value from the other columns of its row"),
        ]

        def chosen(how: str | None) -> None:
            if how == SERIES:
                self._ask_horizon(target, found)
            elif how:
                self._train(target)

        self.app.push_screen(PickDialog(f"How is {target[:40]!r} to be learned?", choices, SERIES), chosen)

    def _ask_horizon(self, target: str, found: TableSeries) -> None:
        """How far a series is foretold; as far as there is enough left to learn from."""
        from tui.screens.dialogs import ValueDialog

        def check(text: str) -> str:
            fits = text.strip().isdecimal() and 1 <= int(text) <= found.most
            return (
                "" if fits else f"a whole number from 1 to {found.most}: {exact(found.values)} {found.step}s are there"
            )

        def typed(text: str | None) -> None:
            if text:
                self._foretell(target, int(text))

        title = f"How many {found.step}s ahead?"
        about = f"from 1 to {found.most}; the last {found.step}s are kept back and foretold, to see how well it does"
        self.app.push_screen(ValueDialog(title, about, str(found.horizon), check), typed)

    def _foretell(self, target: str, horizon: int) -> None:
        """To Build with the experiment of `mlj train FILE --target COLUMN --horizon N`.

        Of an experiment on the same series all else stays as it is.
        """
        from mlcore import load_recipe
        from tui.draft import Draft

        of, lab = self._now.of, self.app.lab
        path = of["path"]
        settings = {f"dataset.{name}": of[name] for name in ("path", "format", "steps")}
        settings |= {"dataset.horizon": horizon, "dataset.target": target}
        before = lab.draft.config.to_dict()["dataset"] if lab.draft is not None else {}
        same = all(
            before.get(name) == value for name, value in (("kind", "series"), ("path", path), ("target", target))
        )
        lab.draft = lab.draft or Draft(load_recipe("series"))
        self._build(lambda draft: draft.changed(settings) if same else Draft(load_recipe("series")).changed(settings))

    def _train(self, target: str, said: str = "") -> None:
        """To Build with the experiment of `mlj train FILE --target COLUMN`.

        Of an experiment on the same file all else stays as it is; what the target is taken for, where it is the same.
        """
        from mlcore import load_recipe
        from tui.draft import Draft

        of, lab = self._now.of, self.app.lab
        first = Draft(load_recipe("table"))
        lab.draft = lab.draft or first
        before = lab.draft.config.to_dict()["dataset"]
        same = (before["kind"], before.get("path")) == ("file", of["path"])
        draft = lab.draft if same else first
        other = OF_COLUMNS if same and before["target"] == target else (*OF_COLUMNS, "task", "keep")
        kept = {name: value for name, value in draft.config.to_dict()["dataset"].items() if name not in other}
        dataset = {**kept, "path": of["path"], "target": target}
        dataset |= {name: of[name] for name in ("format", "steps") if of[name]}
        self._build(lambda _: draft.changed({"dataset": dataset}), said)

    def _build(self, edit: Callable[[Draft], Draft], said: str = "") -> None:
        """To Build with another draft, where a sentence is `said` until something changes, or say why it cannot be."""
        from mlcore import MljError
        from tui.screens.build import BuildScreen

        try:
            self.app.lab.edit(edit)
        except MljError as error:
            self.screen.say(sentence(error))
            return
        self.screen.dismiss()
        below = next((each for each in self.app.screen_stack if isinstance(each, BuildScreen)), None)
        if below is None:
            self.app.push_screen(BuildScreen(self.app, said))
        else:  # the table was opened from there
            below.open(0)
            below.changed()
            below.say(said)

    def table_other(self) -> None:
        """Another file."""
        from tui.screens.deeds.opening import ask_for_table

        ask_for_table(self.app, self._now.path)

    def table_again(self) -> None:
        """The file as it is now."""
        self.screen.tries = 0
        self.screen.reread()
