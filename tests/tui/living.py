"""The whole app on a pretended terminal, with a real worker, for tests."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from time import monotonic

import textual._wait
from textual.pilot import Pilot
from textual.widgets import Input

from tests.tui.idle import busy
from tui.app import MljApp
from tui.clock import MOVING
from tui.frame import Frame
from tui.opening import Options
from tui.terminal import Terminal

SLOW = 2.0  # epochs a second: a run of 200 outlasts any test


class Living:
    """The running app, and the few things tests ask of it."""

    def __init__(self, app: MljApp, pilot: Pilot[int]) -> None:
        self.app, self.pilot = app, pilot
        self.exits: list[int] = []  # codes it was left with, while it stays

    @property
    def frame(self) -> Frame:
        return self.app.frame()

    @property
    def screen(self) -> str:
        return self.app.laboratory.text()

    @property
    def over(self) -> str:
        """What lies on top, as text."""
        return "\n".join(strip.text.rstrip() for strip in self.app.screen._compositor.render_strips())

    async def until(self, condition: Callable[[], object], seconds: float = 60.0) -> None:
        """Wait until something is so; fails with the screen when it never is."""
        end = monotonic() + seconds
        while not condition():
            assert monotonic() < end, f"waited {seconds:g} s in vain\n{self.over}"
            await asyncio.sleep(0.02)

    async def drawn(self) -> None:
        """Wait until nothing waits to be laid out or drawn: under load a pause alone is over before."""

        for _ in range(2):  # what was drawn may have asked for more
            await self.pilot.pause()
            await textual._wait.wait_for_idle(0)  # timers have their turn
            await self.until(lambda: not busy(self.app) and not self.due())

    def due(self) -> bool:
        """Whether the Lab's clock has a pane to draw, of a run that stands still."""
        laboratory = self.app.laboratory
        clock = laboratory._clock if self.app.screen is laboratory and self.frame.state not in MOVING else None
        return clock is not None and clock._ticking

    async def learned(self, **expected: object) -> Frame:
        """Wait until the experiment asked for has ended."""

        def done() -> bool:
            frame = self.frame
            right = all(getattr(frame, name) == value for name, value in expected.items())
            return right and not self.app.lab.awaited and not self.app.held and frame.state == "finished"

        await self.until(done)
        return self.frame

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)

    def stays(self) -> None:
        """From now on nobody leaves: who would is noted."""
        self.app.leaving.now = self.exits.append  # type: ignore[method-assign]

    async def asks(self) -> None:
        """Wait until a dialog asks for a value, the old one selected, so that typing replaces it."""

        def ready() -> bool:
            focused = self.app.screen.focused
            return isinstance(focused, Input) and focused.selected_text == focused.value

        await self.until(ready)

    async def says(self, words: str) -> None:
        """Wait until the words stand on the Lab's screen."""
        await self.until(lambda: words in self.screen)


@asynccontextmanager
async def living(
    tmp_path: Path,
    target: str = "",
    *,
    size: tuple[int, int] = (80, 24),
    terminal: Terminal | None = None,
    pace: str | float = "full",
    read_only: bool = False,
    table: str = "",
    ready: Callable[[Living], object] = lambda lab: lab.frame.net.widths,
) -> AsyncIterator[Living]:
    """The app, opened: at full speed with its first run ended, at `SLOW` with one that outlasts any test, or as shown.

    A test that needs the run to go on asks for `SLOW`: on a loaded machine the eight seconds of "show" pass too soon.
    """
    options = Options(target, tmp_path / "runs", read_only=read_only, table=table)
    app = MljApp(terminal or Terminal(columns=size[0], rows=size[1]), options)
    async with app.run_test(size=size) as pilot:
        lab = Living(app, pilot)
        await lab.until(lambda: ready(lab))
        if pace == "full":
            await lab.until(lambda: lab.app.lab.recipes)
            await pilot.press("f")
            await lab.learned()
        elif pace != "show":
            app.lab.pace = pace
            app.lab.restart()
            await lab.until(lambda: not app.lab.awaited and lab.frame.pace == f"{pace:g}" and lab.frame.net.widths)
        started = [app.runner.process]
        try:
            yield lab
        finally:
            started.append(app.runner.process)
            app.runner.send("Quit")
            app.runner.close()
            for process in filter(None, started):
                process.terminate()
                process.wait(60)
