"""The Build screen and what lies over it without a worker: questions are answered in this process, at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

from textual.app import App

import mlcore
from mlcore.errors import MljError
from mlcore.worker import planning, protocol
from mlcore.worker.pictures import Stage
from mlcore.worker.server import failure
from tui import theme
from tui.feed import Feed
from tui.frame import Frame
from tui.lab import Lab
from tui.screens.build import BuildScreen
from tui.terminal import Terminal


class Answering:
    """Stands for the runner: answers as a worker does, and remembers what it was told to train."""

    alive = takes_starts = True

    def __init__(self) -> None:
        self.started: list[dict[str, Any]] = []
        self.asked: list[str] = []
        self._stages: dict[Any, Stage] = {}

    def send(self, name: str, /, **values: Any) -> int:
        assert name == "Start", name
        self.started.append(values["config"])
        return len(self.started)

    measuring = False  # answers to Measure take a while, and few tests want them

    def ask(self, then: Callable[[protocol.Reply], None], name: str, /, **values: Any) -> bool:
        self.asked.append(name)
        if name == "Measure" and not self.measuring:
            return True
        question = getattr(protocol, name)(**values)
        try:
            config = planning.experiment(question)
            if name == "Head":
                then(protocol.Reply(id=1, value=planning.columns(config)))
                return True
            key = config.dataset
            if key not in self._stages:
                self._stages[key] = Stage(config, key.load())
            reply = protocol.Reply(id=1, value=planning.answer(question, config, self._stages[key], None))
        except MljError as error:
            reply = protocol.Reply(id=1, error=failure(error))
        then(reply)
        return True


class Bench(App[None]):
    """Only what the screens ask of the app."""

    CSS_PATH: ClassVar[list[str]] = [
        str(Path(__file__).parents[2] / "tui" / "styles" / f"{name}.tcss") for name in ("panes", "app")
    ]

    def __init__(self, recipe: str = "circles", terminal: Terminal | None = None) -> None:
        self.terminal = terminal or Terminal()
        super().__init__(ansi_color=True if self.terminal.colors in ("16", "none") else None)
        first = theme.themes(self.terminal)[0]
        self.register_theme(first)
        self.theme = first.name
        self.add_class(f"-{self.terminal.glyphs}")
        self.runner, self.feed = Answering(), Feed()
        self.lab = Lab(self.runner, self.feed)  # type: ignore[arg-type]
        self.lab.recipes = {name: mlcore.load_recipe(name) for name in ("circles", "moons", "digits", "iris")}
        self.lab.open(mlcore.load_recipe(recipe))
        self.runner.started.clear()
        self.laboratory = SimpleNamespace(changed=lambda: None)
        self.build = BuildScreen(self)  # type: ignore[arg-type]

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return {"frame": "#4a5260", "frame-focus": "#b79cf5", "quiet": "#8791a0"}

    def on_mount(self) -> None:
        self.push_screen(self.build)

    @property
    def ascii_only(self) -> bool:
        return self.terminal.glyphs == "ascii"

    def frame(self) -> Frame:
        return self.feed.frame()

    def ensure_worker(self) -> None:
        pass

    @property
    def text(self) -> str:
        """What stands on the screen."""
        return "\n".join(strip.text.rstrip() for strip in self.screen._compositor.render_strips())

    @property
    def hint(self) -> str:
        """What the dialog says of what is typed."""
        return str(self.screen.query_one("#hint").render())
