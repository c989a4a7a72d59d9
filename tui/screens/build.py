"""Build: data, network and training in three columns, each a form and a picture of what it means."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from tui import plan, rowplan
from tui.commands import commands
from tui.hints import sentence
from tui.screens.advice import Advice
from tui.screens.alone import Alone
from tui.screens.deeds.building import Building
from tui.text import about, shortened
from tui.widgets.fields import FormPane
from tui.widgets.headline import Headline
from tui.widgets.keyline import KeyLine
from tui.widgets.preview import PreviewPane
from tui.widgets.sketch import RatePane, SketchPane
from tui.widgets.strip import LONGEST, SMALLEST, Cramped

if TYPE_CHECKING:
    from tui.app import MljApp
    from tui.draft import Draft

MODE = "build"
WIDE = 110  # columns from which three forms stand beside each other
PARTS = ("data", "network", "training")
DATA_HELP = """\
**Data.** Which rows are learned from, how many are kept back, and what the network sees of each. `right` and `left`
step through what can be chosen, `enter` lists it or lets you type. A file of your own: choose `file`, type its path.
"""
NETWORK_HELP = """\
**Network.** The hidden layers, from the inputs down; the output layer follows from the data. `right` and `left` make
the layer under the cursor larger or smaller, `+` adds one behind it, `-` removes it, `<` and `>` move it, the mouse
carries it, `t` types all of them as one line. Behind each stand its outputs and how many numbers it learns.
"""
TRAINING_HELP = """\
**Training.** How long, by which rule, and how far each step goes. What is not as it would be by itself is bold, `d`
puts it back.
"""


class BuildScreen(Alone, Screen[None]):
    """Edits the Lab's draft. Small experiments are learned behind it at every change, large ones when it is left."""

    CSS_PATH: ClassVar[list[str]] = ["../styles/sheets.tcss", "../styles/build.tcss"]  # type: ignore[assignment]
    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(command.keys, f"do('{command.id}')", command.title, id=f"build.{command.id}")
        for command in commands(MODE)
        if command.id not in ("palette", "interrupt", "leave")
    ]
    mode = MODE

    def __init__(self, app: MljApp, said: str = "") -> None:
        super().__init__()
        self.mlj, self.lab = app, app.lab
        self.watched = app.feed.frame().run if app.runner.alive and not app.runner.takes_starts else ""
        self.advice = Advice(app.runner, self._news)
        self.past: list[Draft] = []  # drafts before each change, whoever made it
        self._seen = self.draft
        self._headline = Headline("Build", PARTS)
        self.data = FormPane("data", 1, DATA_HELP)
        self.network = FormPane("network", 2, NETWORK_HELP)
        self.training = FormPane("training", 3, TRAINING_HELP)
        self._preview, self._sketch, self._rate = PreviewPane(), SketchPane(), RatePane()
        self._said, self._first = "", said

    def compose(self) -> ComposeResult:
        yield self._headline
        with Horizontal(id="columns"):
            for form, picture in zip(self.forms, self.pictures, strict=True):
                picture.can_focus = False
                picture.add_class("picture")
                with Horizontal(classes="column"):
                    yield form
                    yield picture
        yield Static(id="about")
        yield KeyLine(mode=MODE)
        yield Cramped()

    @property
    def forms(self) -> tuple[FormPane, ...]:
        """The three columns."""
        return self.data, self.network, self.training

    @property
    def pictures(self) -> tuple[PreviewPane, SketchPane, RatePane]:
        """What stands with each."""
        return self._preview, self._sketch, self._rate

    @property
    def place(self) -> int:
        """Which column keys act on."""
        return self._headline.open

    @property
    def form(self) -> FormPane:
        """The form keys act on."""
        return self.forms[self.place]

    @property
    def draft(self) -> Draft:
        """The experiment as it is now; there is one, or this screen is never opened."""
        assert self.lab.draft is not None
        return self.lab.draft

    def on_mount(self) -> None:
        """Fill the forms and ask what they mean."""
        self.open(0)
        self.changed()
        self.say(self._first)

    def on_resize(self, event: events.Resize) -> None:
        """Three columns, or one at a time."""
        self.set_class(event.size.width < WIDE, "-narrow")
        self.set_class(event.size.width < SMALLEST[0] or event.size.height < SMALLEST[1], "-cramped")

    def open(self, place: int) -> None:
        """The column keys act on from now on."""
        self._headline.open = place % len(PARTS)
        for number, column in enumerate(self.query(".column")):
            column.set_class(number == self.place, "-open")
        self._headline.again()
        self.set_focus(self.form)
        self.say("")

    def on_headline_opened(self, message: Headline.Opened) -> None:
        """A tab was clicked."""
        self.open(message.place)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """A form was clicked on."""
        if isinstance(event.widget, FormPane) and event.widget is not self.form:
            self.open(self.forms.index(event.widget))

    # editing --------------------------------------------------------------------------------------------------------

    def edit(self, change: Callable[[Draft], Draft]) -> str:
        """Change the draft, or say why it cannot be: the sentence, empty when it was done."""
        from mlcore import MljError

        try:
            self.lab.edit(change)
        except MljError as error:
            self.say(sentence(error))
            return self._said
        self.say("")
        self.changed()
        return ""

    def undo(self) -> bool:
        """The draft before the last change; False when there is none."""
        if not self.past:
            return False
        before = self._seen = self.past.pop()
        self.edit(lambda draft: before)
        return True

    def changed(self) -> None:
        """The draft may be another: fill the forms, and ask what it means."""
        if self._seen.config != self.draft.config:
            self.past.append(self._seen)
        self._seen = self.draft
        if not (self.mlj.runner.alive and self.mlj.runner.takes_starts):
            self.mlj.ensure_worker()
            self.advice.forget()
        self.advice.of(self.draft.config)
        self._fill()

    def _news(self) -> None:
        """The worker has answered."""
        if not self.is_running:
            return
        outline = self.advice.outline
        if self.advice.settled and outline is not None and plan.live(outline):
            self.lab.learn()
        self._fill()

    def _fill(self) -> None:
        draft, advice = self.draft, self.advice
        rows = plan.rows_of(draft.config, advice.outline)
        self.data.fill(rowplan.data_lines(rows, None if advice.data_problem else advice.scene))
        self.network.fill(plan.network_lines(rows, draft.words, advice.outline, advice.problem))
        self.training.fill(plan.training_lines(rows, advice.outline))
        ways = advice.outline.varied if advice.outline is not None else None
        self._preview.look(advice.scene, advice.yardsticks, advice.data_problem, ways)
        self._sketch.outline(advice.outline, self._hidden())
        self._rate.plan(draft.config, advice.outline)
        self._headline.tell(*self._words())
        self._about()

    def _hidden(self) -> int:
        """Which hidden layer of neurons the cursor of the network stands in, -1 for none."""
        line = self.network.line
        if line is None or line.role != "layer":
            return -1
        place = int(line.name)
        return sum(word.partition(" ")[0].isdigit() for word in self.draft.words[: place + 1]) - 1

    def _words(self) -> tuple[str, bool]:
        """What it comes to, and when it is learned."""
        outline = self.advice.outline
        if self.advice.problem:
            return "it cannot be trained like this", True
        if outline is None:
            return "", False
        large = "learned when left" if self.lab.behind else "being learned"
        when = "learned at once" if plan.live(outline) else f"{about(outline.seconds)}: {large}"
        return f"{shortened(self.draft.data_name, LONGEST)}  {outline.summary}  {when}", False

    # words ----------------------------------------------------------------------------------------------------------

    def say(self, problem: str) -> None:
        """What is wrong or should be known, before the help of the line under the cursor; nothing: the help."""
        self._said = problem
        self._about()

    def _about(self) -> None:
        line = self.form.line
        wrong = self._said or ("" if self.form is self.network else self.advice.problem)  # which that column says
        text = wrong or (line.help if line is not None else "")
        if self.is_mounted:
            self.query_one("#about", Static).update(Content.styled(text, "$warning" if wrong else "$quiet"))

    def moved(self) -> None:
        """The cursor stands on another line."""
        self.say("")
        if self.form is self.network:
            self._sketch.outline(self.advice.outline, self._hidden())

    def on_form_pane_clicked(self, message: FormPane.Clicked) -> None:
        """The mouse does what keys do."""
        self.open(self.forms.index(message.form))
        Building(self.mlj, self).clicked(message.deed)
        self.moved()

    def on_form_pane_carried(self, message: FormPane.Carried) -> None:
        """A layer was carried to another place with the mouse."""
        Building(self.mlj, self).carry(message.place, message.to)

    def action_do(self, identity: str) -> None:
        """Do what a key or the palette asks for."""
        Building(self.mlj, self).do(identity)
