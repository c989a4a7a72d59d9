"""What keys do to the line under the cursor of the Build screen: turn it, choose, type, and take it back."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tui import plan
from tui.hints import sentence
from tui.screens.deeds.stacking import Stacking

if TYPE_CHECKING:
    from mlcore import Config
    from mlcore.form import Row
    from tui.draft import Draft
    from tui.plan import Line
    from tui.screens.picking import Tell

USUAL = {"dataset.target": "the last one", "dataset.weight": "none"}  # of the settings that name a column
OF_A_FILE = {  # its columns, which another one has not
    "dataset.target": "",
    "dataset.task": "auto",
    "dataset.columns": [],
    "dataset.weight": "",
    "dataset.keep": [],
    "dataset.steps": [],
}


class Choosing(Stacking):
    """Changes of the draft by the line under the cursor."""

    def turn_on(self) -> None:
        self._turn(1)

    def turn_back(self) -> None:
        self._turn(-1)

    def _turn(self, step: int) -> None:
        line, row, layer = self._line, self._row, self._layer
        if layer is not None:
            self.screen.edit(lambda draft: draft.with_turned(layer, step))
        elif line is not None and row is not None and row.several:
            word = line.name.partition(":")[2]
            seen = tuple(each for each in row.several if (each in row.value) != (each == word))
            self.screen.edit(lambda draft: draft.changed({row.name: seen}))
        elif row is not None and (line is None or line.role != "step"):
            value = plan.turned(row, step)
            self.open_line() if value is None else self._set(row.name, value)

    def _set(self, name: str, value: object) -> str:
        """Give a setting a value; a data set comes with what its recipe says of it."""
        recipe = self.app.lab.recipes.get(str(value)) if name == "dataset.kind" else None
        if recipe is not None:
            return self.screen.edit(lambda draft: draft.with_data(recipe))
        return self.screen.edit(lambda draft: draft.changed({name: value}))

    def usual(self) -> None:
        row = self._row
        if row is not None and (row.default != "" or row.name.startswith(("stopping", "dataset"))):
            self._set(row.name, row.default)

    def undo(self) -> None:
        if not self.screen.undo():
            self.screen.say("nothing has been changed here yet")

    def open_line(self) -> None:
        line, row, layer = self._line, self._row, self._layer
        if line is None:
            return
        if line.role == "add":
            self.insert_layer()
        elif layer is not None:
            self._type_layer(layer)
        elif line.role == "step":
            self.table()
        elif row is None or row.several or isinstance(row.value, bool):
            self._turn(1)
        elif len(row.choices) > 2:
            self._pick(line, row)
        elif row.name in USUAL and self.screen.draft.dataset == "file":
            self._column(line, row)
        else:
            self._type(row)

    def table(self) -> None:
        from tui.screens.deeds.opening import ask_for_table, of_experiment, open_table

        found = of_experiment(self.screen.draft.config.to_dict()["dataset"])
        if found is not None:
            open_table(self.app, found)
        else:
            ask_for_table(self.app)

    def _pick(self, line: Line, row: Row) -> None:
        from mlcore import form
        from tui.screens.picking import PickDialog

        lines = {choice.word: choice.line for choice in form.choices() if choice.setting == row.name}
        choices = [(form.words(word), lines.get(str(word), "")) for word in row.choices]

        def picked(word: str | None) -> None:
            if word and not self._set(row.name, form.read(row, word)) and (row.name, word) == ("dataset.kind", "file"):
                self.screen.data.go("dataset.path")
                self.open_line()

        self.app.push_screen(PickDialog(line.label, choices, form.words(row.value)), picked)

    def _column(self, line: Line, row: Row) -> None:
        """One of the file's own columns; of what has none a name is typed."""
        from tui.screens.picking import PickDialog

        usual = USUAL[row.name]

        def picked(word: str | None) -> None:
            if word:
                self._set(row.name, "" if word == usual else word)

        def told(names: tuple[str, ...]) -> None:
            if self.app.screen is not self.screen:
                return
            if not names:
                self._type(row)
                return
            choices = [(usual, "when nobody says"), *((name, f"column {n}") for n, name in enumerate(names, start=1))]
            self.app.push_screen(PickDialog(line.label, choices, str(row.value) or usual), picked)

        self.screen.advice.columns(self.screen.draft.config, told)

    def _type(self, row: Row) -> None:
        from mlcore import form

        def changed(draft: Draft, text: str) -> Draft:
            rest = OF_A_FILE if row.name == "dataset.path" and text.strip() != row.value else {}
            return draft.changed({row.name: form.read(row, text), **rest})

        self._ask(row.name, plan.about(row), form.words(row.value), changed)

    def type_body(self) -> None:
        self.screen.open(1)
        self.screen.network.go("layers")
        row = self._row
        if row is not None:
            self._type(row)

    def _type_layer(self, place: int) -> None:
        def changed(draft: Draft, text: str) -> Draft:
            return draft.with_words((*draft.words[:place], *filter(None, [text.strip()]), *draft.words[place + 1 :]))

        help = (
            "neurons, or a layer and its settings: 10, relu, dropout .2, conv 16 k3 p1, gru 32 last; nothing removes it"
        )
        self._ask(f"layer {place + 1}", help, self.screen.draft.words[place], changed)

    def _ask(self, title: str, help: str, value: str, changed: Callable[[Draft, str], Draft]) -> None:
        """Type a value that is tried at every letter: by itself, and of data and layers by the worker."""
        from mlcore import MljError
        from tui.screens.paths import PathDialog
        from tui.screens.picking import TypeDialog

        def trial(text: str, tell: Tell) -> None:
            try:
                config = changed(self.screen.draft, text).config
            except MljError as error:
                tell(sentence(error), False)
            else:
                self._tried(title, config, tell)

        def check(text: str) -> str:
            return self.screen.edit(lambda draft: changed(draft, text))

        dialog = PathDialog if title == "dataset.path" else TypeDialog
        self.app.push_screen(dialog(title, help, value, check, trial), lambda _: self.screen.say(""))

    def _tried(self, title: str, config: Config, tell: Tell) -> None:
        """What the worker makes of a value that can be by itself."""
        if title.startswith("layer"):
            self.screen.advice.trial(config, tell)
        elif title.startswith("dataset."):
            self.screen.advice.data_trial(config, tell)
        else:
            tell("", True)
