"""The palette (ctrl+p): every command, data set and recipe by name, with its key."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from textual.command import CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.widgets import Input, OptionList

from tui.commands import commands
from tui.hints import sentence
from tui.keys import keys_of
from tui.screens.alone import Alone

if TYPE_CHECKING:
    from mlcore.form import Choice
    from tui.app import MljApp


TITLES = {
    "dataset.kind": "Data",
    "layers": "Layer",
    "loss.kind": "Loss",
    "optimizer.kind": "Optimizer",
    "schedule.kind": "Schedule",
    "init": "Weights",
}


ALSO = {  # words people look for that stand neither in a title nor in its help
    "find_rate": "learning rate finder lr search",
    "save_picture": "screenshot image export",
    "save_text": "screenshot copy export",
    "code": "export script python",
    "runs": "history list tag note pin delete filter",
    "pane_5": "histogram gradient norm dead saturated units",
    "pane_6": "matrix mistakes errors",
    "pane_7": "units response maps activations hidden state",
    "pane_8": "log journal history",
    "pane_9": "kernels weights convolution embedding patterns",
    "next_example": "activation maps hidden state",
    "place": "draw own data custom",
    "scribble": "handwriting write number",
    "reseed": "random initialise",
    "preflight": "gradient check overfit sanity",
    "back": "time travel history scrub",
    "pace": "slow motion speed",
    "settings": "momentum weight decay batch size dropout change",
    "compare": "versus overlay",
    "build": "editor architecture network optimizer settings",
}


class Entry(NamedTuple):
    """One line of the palette."""

    title: str
    help: str
    run: Callable[[], object]
    key: str = ""
    also: str = ""

    def told(self, query: str) -> bool:
        """Whether every word looked for stands in the title, the help or the words beside them."""
        text = f"{self.title} {self.help} {self.also}".lower()
        return all(word in text for word in query.lower().split())

    @property
    def shown(self) -> Content:
        """The line with its key at the end."""
        return Content.assemble(self.title, (f"  {self.key}", "$text-muted")) if self.key else Content(self.title)


def entries(app: MljApp) -> Iterator[Entry]:
    """Everything the palette lists, commands first."""
    for command in commands(app.acting.mode):
        if command.id != "palette":
            key, also = keys_of(command, app.ascii_only), ALSO.get(command.id, "")
            yield Entry(command.title, command.help, partial(app.do, command.id), key, also)
    if app.acting is app.laboratory:
        for command in commands("analyse"):
            if command.group == "Views":
                view = partial(app.analyse, command.id.removeprefix("view_"))
                yield Entry(f"Analyse: {command.title}", command.help, view)
    for name in app.lab.recipes:
        yield Entry(f"Data: {name}", "learn this data set", partial(app.choose_data, name))
    for name, line in app.recipe_lines.items():
        yield Entry(f"Recipe: {name}", line, partial(app.open_target, name))
    for choice in app.lab.choices:
        kind = TITLES.get(choice.setting)
        if kind and not (choice.setting == "dataset.kind" and choice.word in (*app.lab.recipes, "file")):
            yield Entry(f"{kind}: {choice.word}", choice.line, partial(choose, app, choice))
    for theme in app.available_themes:
        yield Entry(f"Theme: {theme}", "the colours of this screen", partial(setattr, app, "theme", theme))


def choose(app: MljApp, choice: Choice) -> None:
    """Learn with another entry of a catalogue, or say why not."""
    from mlcore import MljError

    app.ensure_worker()
    try:
        app.lab.choose(choice)
    except MljError as error:
        app.laboratory.say(sentence(error))
    app.acting.changed()


class PaletteScreen(Alone, CommandPalette):
    """Textual's palette in the colours of the other sheets; what is chosen is done once, however fast keys come."""

    CSS_PATH = "styles/sheets.tcss"

    def __init__(self) -> None:
        super().__init__(placeholder="A command, a data set, a recipe, a theme", id="--command-palette")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Not once more after it has closed."""
        if not self.is_active:
            event.prevent_default()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """The same of a click."""
        if not self.is_active:
            event.prevent_default()


BESIDE = 0.01  # the score of what is told of by its help alone: behind every title that fits


class Palette(Provider):
    """Feeds Textual's palette."""

    async def discover(self) -> Hits:
        """Everything, before a letter is typed."""
        for entry in entries(self.app):  # type: ignore[arg-type]
            yield DiscoveryHit(entry.shown, entry.run, entry.title, entry.help)

    async def search(self, query: str) -> Hits:
        """What fits the letters typed."""
        matcher = self.matcher(query)
        for entry in entries(self.app):  # type: ignore[arg-type]
            score = matcher.match(entry.title)
            if score > 0:
                yield Hit(score, matcher.highlight(entry.title), entry.run, entry.title, entry.help)
            elif entry.told(query):
                yield Hit(BESIDE, entry.title, entry.run, entry.title, entry.help)
