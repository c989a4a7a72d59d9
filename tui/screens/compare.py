"""Compare: curves of several runs over one another, only what differs, a verdict with an interval, where they part."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from tui.commands import commands
from tui.hints import sentence
from tui.screens.alone import Alone
from tui.screens.keys import KeysScreen
from tui.widgets.keyline import KeyLine
from tui.widgets.overlay import AXES, Overlay

if TYPE_CHECKING:
    from mlcore.worker.protocol import Reply
    from tui.app import MljApp

OWN = ("palette", "interrupt", "leave", "close")  # of the app, and what has more keys here
AGAIN = 1.0  # seconds between two looks while one of the runs is going on
TRIES = 20  # times a tenth of a second that the run of the Lab gets to be written down
HELP = """Curves are of validation where all runs have it. Of many seeds a curve is the median, dots reach from the
lowest to the highest. A verdict compares the others with the first, by the rows none of them was trained on; the
interval says how far it can be trusted. Two curves part where they stay more than two standard deviations apart.
The same as text: mlj compare."""


class CompareScreen(Alone, Screen[tuple[str, ...]]):
    """Runs by their folders; without any, the run of the Lab and the newest other of the same data.

    Dismissed with the folders when others are to be chosen, else with nothing.
    """

    CSS_PATH = "../styles/sheets.tcss"
    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(each.keys, f"do('{each.id}')", each.title) for each in commands("compare") if each.id not in OWN),
        Binding("up", "scroll(-1)"),
        Binding("down", "scroll(1)"),
        Binding("escape,v,q", "close"),
    ]

    mode = "compare"

    def __init__(self, app: MljApp, folders: tuple[str, ...]) -> None:
        super().__init__(id="compare")
        self._mlj, self._folders = app, folders
        self._what: str | None = None
        self._verdicts: tuple[str, ...] = ()
        self._asked = 0  # counts questions: an answer to an older one is out of date

    def compose(self) -> ComposeResult:
        yield Static(Content(" compare"), id="title")
        yield Overlay()
        yield KeyLine(mode="compare")

    def on_mount(self) -> None:
        """Ask for what was chosen, or find what there is to compare."""
        if len(self._folders) > 1:
            self._ask()
        else:
            self._find(TRIES)

    @property
    def _view(self) -> Overlay:
        return self.query_one(Overlay)

    # what to compare ------------------------------------------------------------------------------------------------

    def _find(self, tries: int) -> None:
        """The run of the Lab, once it is on the disk, and another."""
        app = self._mlj
        mine = app.feed.frame().run
        if not mine and tries == TRIES and app.runner.takes_starts:
            app.runner.send("Keep")
        if mine or not tries:
            self._look(mine)
        else:
            self.set_timer(0.1, lambda: self._find(tries - 1))

    @work(thread=True, exclusive=True)
    def _look(self, mine: str) -> None:
        from mlcore import MljError, shelf

        folders: list[str] = []
        try:
            found = [each for each in shelf.look(self._mlj.options.runs_dir) if not each.broken]
        except MljError:
            found = []
        own = [each for each in found if each.run.id == mine] or found[:1]
        if own:
            kind = own[0].config["dataset"].get("kind")
            others = [each for each in found if each is not own[0] and each.config["dataset"].get("kind") == kind]
            others.sort(key=lambda each: not each.labels.pinned)
            folders = [own[0].key, *(each.key for each in others[:1])]
        self.app.call_from_thread(self._take_folders, tuple(folders))

    def _take_folders(self, folders: tuple[str, ...]) -> None:
        self._folders = folders
        if len(folders) > 1:
            self._ask()
        else:
            self._show(None, "There is no other run of these data yet: a chooses runs, c in the Lab keeps one")

    # asking ---------------------------------------------------------------------------------------------------------

    def _ask(self, judged: bool = False) -> None:
        """Curves and table first, since they are there at once; then the verdicts."""
        if not self.is_attached:
            return
        if not self._mlj.runner.alive:
            self._mlj.ensure_worker()
        self._asked += 1
        number = self._asked

        def then(reply: Reply) -> None:
            if number == self._asked and self.is_attached:
                self._answered(reply, judged)

        if not self._mlj.runner.ask(then, "Compare", runs=self._folders, what=self._what, judged=judged):
            self._show(None, "the worker is gone: esc, then r starts another")

    def _answered(self, reply: Reply, judged: bool) -> None:
        import msgspec

        found: Any = reply.value
        if reply.error is not None or found is None:
            error = reply.error
            self._show(None, sentence(error, 300) if error else "no answer")
            return
        self._what = found.what
        if judged:
            self._verdicts = found.verdicts
        self._show(msgspec.structs.replace(found, verdicts=self._verdicts), "")
        if found.running:
            self.set_timer(AGAIN, lambda: self._ask(judged=not self._verdicts))
        elif not judged:
            self._ask(judged=True)

    def _show(self, found: Any, words: str) -> None:
        self._view.take(found, words)
        title = f" compare  {len(self._folders)} runs" if found else " compare"
        if found:
            title += (f"  by {found.what}" if found.what else "") + ("  (one goes on: so far)" if found.running else "")
        self.query_one("#title", Static).update(Content(title))

    def _anew(self) -> None:
        self._verdicts = ()
        self._ask()

    # keys -----------------------------------------------------------------------------------------------------------

    def action_compare_metric(self) -> None:
        """The next metric all have."""
        found = self._view.found
        if found is not None and found.whats:
            whats = found.whats
            self._what = whats[(whats.index(found.what) + 1) % len(whats)]
            self._anew()

    def action_compare_axis(self) -> None:
        """By epoch, step or second."""
        view = self._view
        loops = view.found is not None and view.found.unit == "step"
        axes = AXES[1:] if loops else AXES
        view.axis = axes[(axes.index(view.axis) + 1) % len(axes)] if view.axis in axes else axes[1]
        view.again()

    def action_compare_log(self) -> None:
        """By powers of ten."""
        self._view.log_scale = not self._view.log_scale
        self._view.again()

    def action_compare_next(self) -> None:
        """Another run, or group of repeats, is the one the others are compared with."""
        first, *others = self._together() or ((),)
        if others:
            self._folders = (*(folder for each in others for folder in each), *first)
            self._anew()

    def action_compare_drop(self) -> None:
        """What is first is left out, while two are left."""
        others = self._together()[1:]
        if len(others) > 1:
            self._folders = tuple(folder for each in others for folder in each)
            self._anew()

    def _together(self) -> tuple[tuple[str, ...], ...]:
        """The folders of each curve: of loops that are repeats several."""
        found = self._view.found
        return found.folders if found is not None and found.folders else tuple((each,) for each in self._folders)

    def action_compare_add(self) -> None:
        """To the table of runs, these chosen."""
        self.dismiss(self._folders)

    def action_scroll(self, step: int) -> None:
        """Through the table where it is longer than its room."""
        self._view.top += step
        self._view.again()

    def changed(self, at_once: bool = False) -> None:
        """The Lab beneath has news: nothing of it is shown here."""

    def say(self, text: str, seconds: float = 4.0) -> None:
        """A sentence for a person."""
        self.query_one("#title", Static).update(Content(f" {text}"))

    def action_do(self, identity: str) -> None:
        """Do what a key, a click on the key line or the palette asks for."""
        getattr(self, f"action_{identity}")()

    def action_help(self) -> None:
        """Every key, and what can be told in words."""
        reading = f"{' '.join(HELP.split())} {self._view.summary()}"
        self.app.push_screen(KeysScreen(reading, self._mlj.ascii_only, "compare"))

    def action_close(self) -> None:
        """Back."""
        self.dismiss(())
