"""Analyse: the network of one moment under examination, one view at a time, or three where there is room."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen, Screen
from textual.widgets import Static

from tui.analysis import Analysis
from tui.commands import commands
from tui.feed import OVER, safe
from tui.hints import sentence
from tui.screens.alone import Alone
from tui.screens.deeds.analysing import Analysing
from tui.screens.deeds.doer import plain
from tui.text import shortened
from tui.widgets.examined import ExaminedPane, HeadLine, TabLine, TextLine, view_of
from tui.widgets.keyline import KeyLine
from tui.widgets.strip import SMALLEST, Cramped

if TYPE_CHECKING:
    from mlcore.worker.protocol import Reply
    from tui.app import MljApp

MODE = "analyse"
WIDE, TALL = 110, 30  # columns and rows from which there are views beside the one keys act on
SPLITS = ("test", "validation", "train")  # the first there is, is looked at first
WRITTEN = 100  # columns of a view in a file
GLANCE = 0.5  # seconds between two looks at what has become of the run


class AnalyseScreen(Alone, Screen[None]):
    """Asks the worker for what the views show, keeps it, and shows it. What keys do is in `deeds/analysing.py`."""

    CSS_PATH: ClassVar[list[str]] = ["../styles/sheets.tcss", "../styles/analyse.tcss"]  # type: ignore[assignment]
    AUTO_FOCUS = ""
    mode = MODE
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(command.keys, f"do('{command.id}')", command.title, id=f"analyse.{command.id}")
        for command in commands(MODE)
        if command.id not in ("palette", "interrupt", "leave")
    ]

    def __init__(self, app: MljApp, view: str = "confusion") -> None:
        super().__init__()
        self.mlj = app
        frame = app.feed.frame()
        splits = tuple(name for name in SPLITS if frame.rows.get(name)) or SPLITS[:1]
        self.analysis = Analysis(
            view,
            frame.data_name or frame.dataset,
            frame.task,
            frame.run,
            frame.name,
            app.feed.scrub,
            frame.ceiling,
            splits,
            splits[0],
        )
        self._number = app.feed.number
        self._held = 0  # the moment examined, as the worker calls it; 0: that of the next answer
        self._asked: set[tuple[object, ...]] = set()
        self._head, self._tabs, self._said, self._line = HeadLine(), TabLine(), TextLine(), TextLine()
        self._panes = tuple(ExaminedPane(id=name) for name in ("main", "first", "second", "below"))
        self.zoomed = False

    def compose(self) -> ComposeResult:
        yield self._head
        yield self._tabs
        with Horizontal(id="views"):
            with Vertical(id="left"):
                yield self._panes[0]
                yield self._panes[3]
            with Vertical(id="beside"):
                yield self._panes[1]
                yield self._panes[2]
        yield self._said
        yield self._line
        yield KeyLine(mode=MODE)
        yield Cramped()

    def on_mount(self) -> None:
        """Ask for the first view, and look at the run now and then."""
        self.set_interval(GLANCE, self._glance)
        self.show(self.analysis)

    def on_resize(self, event: events.Resize) -> None:
        """More views where there is more room."""
        self.set_class(event.size.width < SMALLEST[0] or event.size.height < SMALLEST[1], "-cramped")
        self.show(self.analysis)

    @property
    def shown(self) -> tuple[str, ...]:
        """The views on the screen, the one keys act on first."""
        wide = self.size.width >= WIDE and not self.zoomed
        return (self.analysis.view, *self.analysis.beside(wide, self.size.height >= TALL))

    def show(self, analysis: Analysis) -> None:
        """Show an analysis, and ask for what its views lack."""
        self.analysis = analysis
        for name, least in (("-wide", 2), ("-tall", 3), ("-full", 4)):
            self.set_class(len(self.shown) >= least, name)
        for pane, view in zip(self._panes, self.shown, strict=False):
            pane.look(analysis, view)
        self._tabs.look(analysis)
        self._glance()
        said = analysis.message or self._panes[0].summary(self._panes[0]._frame)
        self._said.say(shortened(said, self.size.width - 2), loud=True)
        line = analysis.command()
        self._line.say(
            f"$ {line}" if line else "not on disk yet: c in the Lab keeps this run, then mlj can do the same"
        )
        for view in self.shown:
            self._ask(*analysis.wanted(view))

    def _glance(self) -> None:
        """What has become of the run since it was looked at."""
        feed, judged = self.mlj.feed, self.analysis.judgement
        frame = feed.frame()
        if feed.number != self._number:
            now = "another experiment has begun"
        elif judged is not None and self.analysis.epoch is None and frame.epoch > judged.epoch:
            now = f"now epoch {frame.epoch}: u"
        else:
            now = ""
            if not self.analysis.run and frame.run:  # it has been written down since
                self.show(self.analysis._replace(run=frame.run, name=frame.name))
        self._head.look(self.analysis, now)

    # asking ---------------------------------------------------------------------------------------------------------

    def _ask(self, what: str, number: int) -> None:
        """Ask the worker for a finding, once."""
        analysis = self.analysis
        key = what, number, analysis.split, self._held
        if not what or key in self._asked:
            return
        self._asked.add(key)
        values: dict[str, Any] = {"held": self._held} if self._held else {"epoch": analysis.epoch}
        if what in ("example", "traced"):
            values["row"] = number
        if what in ("projected", "depends"):
            values["place"] = number
        there = self.mlj.runner.ask(self._answered, "Examine", what=what, split=analysis.split, **values)
        if not there:
            self.show(analysis._replace(message="The worker is gone: o in the Lab opens the run again"))

    def _answered(self, reply: Reply) -> None:
        """A finding came, or why there is none."""
        if not self.is_attached:
            return
        if reply.error is not None:
            self.show(self.analysis._replace(message=sentence(reply.error, 300)))
            return
        found: Any = reply.value
        if found.split != self.analysis.split or (self._held and found.held != self._held):
            return
        kind = type(found).__name__
        if kind == "Judgement":
            self._judged(found)
        else:
            self._asked.discard(
                (kind.lower(), getattr(found, "row", getattr(found, "place", 0)), found.split, self._held)
            )
            self.show(self.analysis._replace(**{kind.lower(): found}))

    def _judged(self, found: Any) -> None:
        """What all views build on is there: from here on every question is about this moment."""
        self._held = found.held
        count = len(found.confusion) if found.confusion is not None else 0
        classes = tuple(safe(name) for name in found.classes[:count])
        most = (0, 0)
        if count and found.confusion.sum() > found.confusion.trace():
            wrong = found.confusion.copy()
            wrong[range(count), range(count)] = 0
            most = divmod(int(wrong.argmax()), count)
        analysis = self.analysis._replace(
            judgement=found,
            classes=(*classes, *(str(place) for place in range(len(classes), count))),
            features=tuple(safe(name) for name in found.features),
            cell=most if self.analysis.cell == (0, 0) else self.analysis.cell,
            passing=self.mlj.feed.frame().state not in OVER,
            message="",
        )
        self.show(analysis)

    def changed(self) -> None:
        """Something may have changed elsewhere."""
        self._glance()

    def look_again(self) -> None:
        """At the present network of the present run."""
        frame = self.mlj.feed.frame()
        self._held, self._number = 0, self.mlj.feed.number
        self._asked.clear()
        splits = tuple(name for name in SPLITS if frame.rows.get(name)) or SPLITS[:1]
        split = self.analysis.split if self.analysis.split in splits else splits[0]
        fresh = Analysis(
            self.analysis.view,
            frame.data_name or frame.dataset,
            frame.task,
            frame.run,
            frame.name,
            None,
            frame.ceiling,
            splits,
            split,
        )
        self.show(fresh)

    def zoom(self) -> None:
        """The view alone, or with others beside it."""
        self.zoomed = not self.zoomed
        self.show(self.analysis)

    def say(self, text: str) -> None:
        """An answer to a key, until the next one."""
        self._said.say(shortened(text, self.size.width - 2), loud=True)

    def explain(self) -> None:
        """The view in one sentence, and how to read it."""
        pane = self._panes[0]
        said = self.analysis.message or pane.summary(pane._frame)
        help = plain(pane.view.HELP)
        if self.mlj.ascii_only:
            help = help.replace("²", "2").encode("ascii", "replace").decode()
        self.mlj.push_screen(ReadingScreen(pane.view.NAME, said, help))

    def text(self) -> str:
        """The whole view as plain text, with the sentence and the command that go with it."""
        of = self.analysis._replace(top=(0, 0))
        view = view_of(of.view, of, self.mlj.terminal._replace(colors="none"))
        if of.judgement is None:
            return f"{of.message}\n"
        head = f"{of.dataset}, epoch {of.judgement.epoch}, {of.split} split: {view.title(of)}"
        drawn = [strip.text.rstrip() for strip in view.draw(of, WRITTEN, view.high(of, WRITTEN))]
        command = of.command()
        lines = [head, "", *drawn]
        while not lines[-1]:
            lines.pop()
        return "\n".join([*lines, "", view.sentence(of), *([f"$ {command}"] if command else [])]) + "\n"

    @property
    def main(self) -> ExaminedPane:
        """The pane keys act on."""
        return self._panes[0]

    def on_examined_pane_chosen(self, message: ExaminedPane.Chosen) -> None:
        """A view was clicked."""
        self.show(self.analysis.seen(message.view))

    def on_examined_pane_picked(self, message: ExaminedPane.Picked) -> None:
        """A point was clicked."""
        self.show(message.analysis)

    def action_do(self, identity: str) -> None:
        """Do what a key asks for."""
        Analysing(self.mlj, self).do(identity)


class ReadingScreen(Alone, ModalScreen[None]):
    """A sentence about what is shown, and how to read it."""

    CSS_PATH = "../styles/sheets.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,x,q,enter,question_mark", "close")]

    def __init__(self, title: str, sentence: str, help: str) -> None:
        super().__init__()
        self._title, self._sentence, self._help = title, sentence, help

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = self._title
            yield Static(Content(self._sentence), classes="sentence")
            yield Static(Content(self._help))
            yield Static(Content("esc closes"), classes="hint")

    def action_close(self) -> None:
        """Back to the view."""
        self.dismiss()
