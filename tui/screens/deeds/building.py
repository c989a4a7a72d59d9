"""What keys do on the Build screen: move, change, type, add and remove layers, and open what lies over it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tui import plan
from tui.screens.deeds.going import plain

if TYPE_CHECKING:
    from mlcore import Config
    from mlcore.form import Row
    from tui.app import MljApp
    from tui.draft import Draft
    from tui.plan import Line
    from tui.screens.build import BuildScreen
    from tui.screens.picking import Tell

CLICKS = {"back": "turn_back", "on": "turn_on", "choose": "open_line", "up": "layer_up", "down": "layer_down",
          "gone": "remove_layer"}  # fmt: skip
OF_A_FILE = {"dataset.target": "", "dataset.columns": [], "dataset.weight": ""}  # columns, which another one has not


class Building:
    """The commands of the Build screen; a public method is the command of its name."""

    def __init__(self, app: MljApp, screen: BuildScreen) -> None:
        self.app, self.screen = app, screen

    def do(self, identity: str) -> None:
        """Do the command of that id."""
        getattr(self, identity)()

    def clicked(self, deed: str) -> None:
        """What a click on the line under the cursor means."""
        if deed in CLICKS:
            self.do(CLICKS[deed])

    @property
    def _line(self) -> Line | None:
        return self.screen.form.line

    @property
    def _row(self) -> Row | None:
        return plan.line_of(self.screen.draft, self._line.name) if self._line else None

    @property
    def _layer(self) -> int | None:
        """The place of the layer under the cursor."""
        line = self._line
        return int(line.name) if self.screen.form is self.screen.network and line and line.role == "layer" else None

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

    # changing -------------------------------------------------------------------------------------------------------

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
        elif row is not None:
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
        if not self.screen.past:
            self.screen.say("nothing has been changed here yet")
            return
        before = self.screen.past.pop()
        self.app.lab.edit(lambda draft: before)
        self.screen.say("")
        self.screen.changed()

    def open_line(self) -> None:
        line, row, layer = self._line, self._row, self._layer
        if line is None:
            return
        if line.role == "add":
            self.insert_layer()
        elif layer is not None:
            self._type_layer(layer)
        elif row is None or row.several or isinstance(row.value, bool):
            self._turn(1)
        elif len(row.choices) > 2:
            self._pick(line, row)
        else:
            self._type(row)

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

    def _type(self, row: Row) -> None:
        from mlcore import form

        def changed(draft: Draft, text: str) -> Draft:
            rest = OF_A_FILE if row.name == "dataset.path" and text.strip() != row.value else {}
            return draft.changed({row.name: form.read(row, text), **rest})

        offered = ". What is offered behind it is taken with right" if row.name == "dataset.path" else ""
        self._ask(row.name, plan.about(row) + offered, form.words(row.value), changed)

    def type_body(self) -> None:
        self.screen.open(1)
        self.screen.network.go("layers")
        row = self._row
        if row is not None:
            self._type(row)

    def _type_layer(self, place: int) -> None:
        def changed(draft: Draft, text: str) -> Draft:
            return draft.with_words((*draft.words[:place], *filter(None, [text.strip()]), *draft.words[place + 1 :]))

        help = "neurons, or a layer and its number: 10, relu, dropout .2, 10 batch_norm relu; nothing removes it"
        self._ask(f"layer {place + 1}", help, self.screen.draft.words[place], changed)

    def _ask(self, title: str, help: str, value: str, changed: Callable[[Draft, str], Draft]) -> None:
        """Type a value that is tried at every letter: by itself, and of data and layers by the worker."""
        from mlcore import MljError
        from tui.screens.picking import TypeDialog

        def trial(text: str, tell: Tell) -> None:
            try:
                config = changed(self.screen.draft, text).config
            except MljError as error:
                tell(f"{error}. {error.hint}".rstrip(". "), False)
            else:
                self._tried(title, config, tell)

        def check(text: str) -> str:
            return self.screen.edit(lambda draft: changed(draft, text))

        self.app.push_screen(
            TypeDialog(title, help, value, check, trial, files=title == "dataset.path"), lambda _: self.screen.say("")
        )

    def _tried(self, title: str, config: Config, tell: Tell) -> None:
        """What the worker makes of a value that can be by itself."""
        if title.startswith("layer"):
            self.screen.advice.trial(config, tell)
        elif title.startswith("dataset."):
            self.screen.advice.data_trial(config, tell)
        else:
            tell("", True)

    # layers ---------------------------------------------------------------------------------------------------------

    def _behind(self) -> int:
        """Where a new layer goes: behind the one under the cursor, else at the end."""
        draft = self.screen.draft
        return len(draft.words) if self._layer is None else draft.behind(self._layer)

    def insert_layer(self) -> None:
        self.screen.open(1)
        draft, place = self.screen.draft, self._behind()
        units = next((word for word in reversed(draft.words[:place]) if word.isdigit()), "8")
        new = (units, *filter(None, [draft.bend or ("" if draft.hidden else "relu")]))
        if not self.screen.edit(lambda draft: draft.with_inserted(place, *new)):
            self._stand(place)

    def insert_kind(self) -> None:
        from mlcore import form
        from tui.screens.picking import PickDialog

        self.screen.open(1)
        place = self._behind()
        kinds = [(choice.word, choice.line) for choice in form.choices() if choice.setting == "layers"]

        def picked(word: str | None) -> None:
            new = "8" if word == "dense" else word
            if new and not self.screen.edit(lambda draft: draft.with_inserted(place, new)):
                self._stand(place)

        self.app.push_screen(PickDialog("a layer behind this one", kinds, "dense"), picked)

    def remove_layer(self) -> None:
        place = self._layer
        if place is None:
            self.screen.say("put the cursor on the layer that is to go: 2 opens the network")
        else:
            self.screen.edit(lambda draft: draft.without_block(place))
            self._stand(max(0, min(place, len(self.screen.draft.words) - 1)))

    def layer_up(self) -> None:
        self._shift(-1)

    def layer_down(self) -> None:
        self._shift(1)

    def _shift(self, step: int) -> None:
        place = self._layer
        if place is None:
            self.screen.say("put the cursor on the layer that is to move: 2 opens the network")
        elif not self.screen.edit(lambda draft: draft.with_moved(place, step)):
            self._stand(max(0, min(place + step, len(self.screen.draft.words) - 1)))

    def _stand(self, place: int) -> None:
        self.screen.network.go(str(place))
        self.screen.moved()

    # what lies over it ----------------------------------------------------------------------------------------------

    def parameters(self) -> None:
        from tui.screens.parameters import ParametersScreen

        before = self.screen.draft

        def done(_: None) -> None:
            if self.screen.draft.config != before.config:
                self.screen.past.append(before)
            self.screen.changed()

        self.app.push_screen(ParametersScreen(self.app.lab), done)

    def preflight(self) -> None:
        from tui.screens.preflight import PreflightScreen

        self.app.push_screen(PreflightScreen(self.app.runner, self.screen.draft.config))

    def find_rate(self) -> None:
        from tui.screens.rates import RatesScreen

        def found(rate: float | None) -> None:
            if rate is not None:
                self._set("optimizer.learning_rate", rate)

        self.app.push_screen(RatesScreen(self.app.runner, self.screen.draft.config), found)

    def code(self) -> None:
        from tui.screens.code import CodeScreen

        self.app.push_screen(CodeScreen(self.app.runner, self.screen.draft.config))

    def help(self) -> None:
        from tui.screens.keys import KeysScreen

        self.app.push_screen(KeysScreen(plain(self.screen.form.HELP), self.app.ascii_only, "build"))

    def close(self) -> None:
        """Back to the Lab, which learns what it has not yet; a run somebody else trains is watched again."""
        self.screen.dismiss()
        lab = self.app.lab
        if lab.behind:
            lab.learn()
        elif self.screen.watched and not self.screen.past:
            self.app.open_target(self.screen.watched)
        self.app.laboratory.changed()
