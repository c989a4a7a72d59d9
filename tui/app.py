"""MljApp: wiring only. The worker's messages go to the feed, the feed's frames to the panes, keys to the Lab."""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual import work
from textual.app import App
from textual.binding import Binding, BindingType
from textual.command import Provider
from textual.messages import TerminalSupportsSynchronizedOutput

from tui import opening
from tui.clock import MOVING
from tui.commands import COMMANDS as LIST
from tui.commands import commands, find
from tui.feed import Feed
from tui.frame import Frame
from tui.hearing import Hearing
from tui.hints import sentence
from tui.lab import Lab
from tui.leaving import Leaving
from tui.link import Link
from tui.onlooking import refusal
from tui.opening import Options
from tui.palette import Palette, PaletteScreen
from tui.runner import Runner
from tui.screens.lab import LabScreen
from tui.theme import themes

if TYPE_CHECKING:
    from mlcore.form import Choice
    from mlcore.worker import Launched
    from tui.captions import Captions
    from tui.demo import Demo
    from tui.exploration import Exploration
    from tui.opening import Opened
    from tui.screens.analyse import AnalyseScreen
    from tui.screens.build import BuildScreen
    from tui.settings import Settings
    from tui.terminal import Terminal
    from tui.trace import Trace

SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


class MljApp(App[int]):
    """The laboratory."""

    TITLE = "mlj"
    CSS_PATH = ["styles/panes.tcss", "styles/app.tcss"]  # noqa: RUF012 (Textual's own attribute)
    COMMANDS: ClassVar[set[type[Provider]]] = {Palette}  # type: ignore[assignment]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(command.keys, command.id, command.title, priority=True)
        for command in LIST
        if command.id in ("interrupt", "leave")
    ]

    def __init__(self, terminal: Terminal, options: Options | None = None) -> None:
        super().__init__(ansi_color=True if terminal.colors in ("16", "none") else None)  # before any theme is known
        self.terminal, self.options = terminal, options or Options()
        self._launched: Launched | None = None
        self.feed = Feed()
        self.hearing = Hearing(self)
        self.runner = Runner(self.hearing.heard, self.options.runs_dir, self.options.read_only)
        self.lab = Lab(self.runner, self.feed)
        self.link = Link(self._write)
        self.captions: Captions | None = None
        self.explored: dict[str, Exploration] = {}  # tables that were left, by path, as they were then
        self.recipe_lines: dict[str, str] = {}
        first, *self._themes = themes(terminal)
        self.register_theme(first)
        self.set_reactive(MljApp.theme, first.name)  # setting it plainly reads every style sheet a second time
        self.stylesheet.set_variables(self.get_css_variables())
        self.add_class(f"-{terminal.glyphs}", f"-colors-{terminal.colors}")
        self.diary = self._diary()
        self._shown = Frame()
        self.signal = 0
        self.leaving = Leaving(self)
        self._demo: Demo | None = None
        self.settings: Settings | None = None  # until the file was read

    def _diary(self) -> Trace | None:
        if self.options.trace is None:
            return None
        from tui.trace import Trace

        return Trace(self.options.trace)

    def get_default_screen(self) -> LabScreen:
        """The Lab is the first screen there is."""
        return LabScreen()

    def on_mount(self) -> None:
        """Listen to signals; everything else happens after the first paint."""
        loop = asyncio.get_running_loop()
        for number in SIGNALS:
            loop.add_signal_handler(number, self._signalled, number)
        self.call_after_refresh(self._prepare)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """What the style sheets ask for and Textual's own themes do not have."""
        return {"frame": "#4a5260", "frame-focus": "#b79cf5", "quiet": "#8791a0"}

    @property
    def ascii_only(self) -> bool:
        """Whether nothing but ASCII may be written."""
        return self.terminal.glyphs == "ascii"

    @property
    def laboratory(self) -> LabScreen:
        """The screen everything happens on; others lie over it for a while."""
        return next(screen for screen in self.screen_stack if isinstance(screen, LabScreen))

    @property
    def acting(self) -> LabScreen | BuildScreen | AnalyseScreen:
        """The screen whose keys there are: the Lab, or the topmost over it that has commands of its own."""
        found = next(screen for screen in reversed(self.screen_stack) if hasattr(screen, "mode"))
        return cast("LabScreen | BuildScreen | AnalyseScreen", found)

    # beginning ------------------------------------------------------------------------------------------------------

    @work(thread=True)
    def _prepare(self) -> None:
        """Import what is heavy and find out what is to be opened, while the screen already stands."""
        if self.diary:
            self.diary.note("painted")
        if self.options.launch:
            self._launched = self.options.launch()
        from mlcore import MljError
        from tui import settings

        remembered, complaint = (settings.Settings(), "") if self.options.demo else settings.load(settings.path())
        try:
            opened = opening.resolve(self.options.target, self.options.runs_dir)
        except MljError as error:
            self.call_from_thread(self.leaving.refuse, error)
            return
        self.call_from_thread(self._start, opened, remembered, complaint)
        self.call_from_thread(self._know, opening.recipes_by_data(), opening.recipe_lines(), opening.choices())

    def _start(self, opened: Opened, remembered: Settings, complaint: str) -> None:
        from tui import captions

        self.captions = captions.Captions(captions.load())
        self.settings = None if self.options.demo else remembered  # the demo is the same for everybody
        self.theme_changed_signal.subscribe(self, lambda theme: self.remember(theme=theme.name))
        self.lab.pace = self.lab.pace if self.lab.changes else remembered.pace  # a key may have been quicker
        self.laboratory.equip(remembered.layout)
        self.open(opened)
        if self.options.table:
            from tui.screens.deeds.opening import named, open_table

            open_table(self, named(self.options.table))
        if complaint:
            self.laboratory.say(complaint, 12.0)

    def _know(self, recipes: dict[str, Any], lines: dict[str, str], choices: tuple[Choice, ...]) -> None:
        self.lab.recipes, self.recipe_lines, self.lab.choices = recipes, lines, choices
        for theme in self._themes:
            self.register_theme(theme)
        chosen = self.settings.theme if self.settings is not None else ""
        if chosen in self.available_themes and self.terminal.colors in ("full", "256"):
            self.theme = chosen
        self.laboratory.name_data(tuple(recipes))
        if self.options.demo:
            from tui.demo import Demo

            self._demo = Demo(self)
            self._demo.begin()

    def remember(self, **changes: Any) -> None:
        """Keep settings for the next time; where that fails it is said."""
        from tui import settings

        if self.settings is None or self.settings == (changed := self.settings._replace(**changes)):
            return
        self.settings = changed
        trouble = settings.save(changed, settings.path())
        if trouble:
            self.laboratory.say(trouble)

    def open(self, opened: Opened) -> None:
        """Begin with an experiment, go on with a run, or look at what another program trains."""
        self._forget()
        if opened.run is not None and self.runner.attach(opened.run):
            self.lab.adopt(opened.config)
            return
        if self._launched is not None:
            self.runner.connect(self._launched)
            self._launched = None
        self.ensure_worker()
        if opened.place:
            self.lab.show(opened.config, opened.place, opened.going_on)
        elif opened.config is not None:
            self.lab.open(opened.config, chosen=opened.chosen)
        self.acting.changed()

    def do(self, identity: str) -> None:
        """Do a command by its id; not one of a screen that was closed since somebody asked for it."""
        if identity in ("interrupt", "leave"):
            self.run_worker(self.run_action(identity))
        elif find(identity) in commands(self.acting.mode):
            self.acting.action_do(identity)

    def choose_data(self, name: str) -> None:
        """Learn a data set."""
        if refusal("next_data", self.feed.frame(), self.options.read_only):
            return
        self.ensure_worker()
        self.lab.choose_data(name)
        self.acting.changed()

    def analyse(self, view: str = "confusion") -> None:
        """Examine the network that is shown."""
        if not self.runner.alive:
            self.laboratory.say("Its worker is gone: o opens the run again")
        elif not self.feed.frame().net.widths:
            self.laboratory.say("There is no network to analyse yet")
        else:
            from tui.screens.analyse import AnalyseScreen

            self.push_screen(AnalyseScreen(self, view))

    @work(thread=True)
    def open_target(self, target: str) -> None:
        """Open a recipe or a run by name, or say why not."""
        from mlcore import MljError

        try:
            opened = opening.resolve(target, self.options.runs_dir)
        except MljError as error:
            self.call_from_thread(self.laboratory.say, sentence(error))
        else:
            self.call_from_thread(self.open, opened)

    # the worker -----------------------------------------------------------------------------------------------------

    def _forget(self) -> None:
        self.feed.forget()
        self.lab.forget()

    def ensure_worker(self) -> None:
        """A worker that takes experiments: the one there is, or a new one."""
        if not (self.runner.alive and self.runner.takes_starts):
            self._forget()
            self.runner.connect()

    @property
    def held(self) -> bool:
        """Whether the picture before still stands, because the next will be there before anybody has seen another."""
        return self.lab.young and self.feed.frame().state in MOVING

    def frame(self) -> Frame:
        """What there is to show now."""
        if not self.held:
            self._shown = self.feed.frame()
        frame, draft = self._shown, self.lab.draft
        if draft is None:
            return frame._replace(link=self.link.words)
        selected = draft.selected if draft.hidden else -1
        if frame.state == "loading" or self.lab.awaited:
            frame = frame._replace(dataset=draft.dataset, data_name=draft.data_name)
        return frame._replace(selected=selected, link=self.link.words)

    # the terminal ---------------------------------------------------------------------------------------------------

    def _write(self, text: str) -> None:
        if self._driver is not None:
            self._driver.write(text)

    def on_terminal_supports_synchronized_output(self, message: TerminalSupportsSynchronizedOutput) -> None:
        """The terminal's answer to the link's question."""
        self.link.answered()

    def _signalled(self, number: int) -> None:
        """Leave the terminal as it was found; the run goes on in its own session."""
        self.signal = number
        self.leaving.now(128 + number)

    def on_key(self) -> None:
        """A person takes over from the demo."""
        if self._demo is not None:
            self._demo.end()

    def action_command_palette(self) -> None:
        """Open the palette."""
        if self.screen.id != "--command-palette":
            self.push_screen(PaletteScreen())

    def action_interrupt(self) -> None:
        """ctrl+c: ask; again: stop the run and leave."""
        self.leaving.interrupt()

    def action_leave(self) -> None:
        """Leave at once; the run goes on."""
        self.leaving.at_once()
