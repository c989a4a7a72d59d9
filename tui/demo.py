"""The first minute by itself: keys at their moments, while the caption line says what they do. Any key takes over."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from tui.app import MljApp


class Scene(NamedTuple):
    """After so many seconds, this command; `times` in a row, a quarter of a second apart."""

    wait: float
    command: str
    times: int = 1


SCRIPT = (
    Scene(11.5, "full"),  # circles are learned; from now on every key trains a whole network
    Scene(4.0, "activation", 4),  # tanh, sigmoid, relu6, none: a straight line
    Scene(5.0, "activation"),  # relu again
    Scene(2.0, "next_data"),  # moons
    Scene(5.0, "next_data", 2),  # blobs, spirals
    Scene(5.0, "fewer_units", 4),  # two neurons cannot wind
    Scene(5.0, "more_units", 7),
    Scene(2.5, "back", 12),
    Scene(3.5, "branch"),
    Scene(4.5, "next_data", 2),  # line, digits
)
BETWEEN = 0.3  # seconds between repetitions


class Demo:
    """Plays the script into the app's own commands."""

    def __init__(self, app: MljApp) -> None:
        self._app = app
        self._steps = [
            (scene.wait if first else BETWEEN, scene.command) for scene in SCRIPT for first in _firsts(scene)
        ]
        self.playing = False

    def begin(self) -> None:
        """Start playing."""
        self.playing = True
        self._next()

    def end(self) -> None:
        """A person takes over."""
        self.playing = False

    def _next(self) -> None:
        if self._steps:
            self._app.set_timer(self._steps[0][0], self._play)
        else:
            self.playing = False

    def _play(self) -> None:
        if self.playing and self._steps:
            self._app.do(self._steps.pop(0)[1])
            self._next()


def _firsts(scene: Scene) -> tuple[bool, ...]:
    return (True,) + (False,) * (scene.times - 1)
