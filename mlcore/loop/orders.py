"""What can be ordered of somebody's own loop: pause, go on, one step, stop, and other values of its settings."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from mlcore.errors import ConfigError, RunError, UsageError
from mlcore.worker import protocol
from mlcore.worker.desk import Desk

if TYPE_CHECKING:
    from mlcore.loop.handle import Live
    from mlcore.worker.board import Board

REFUSED = {
    "epoch": ("mlj does not know the epochs of this loop", "step goes on to its next log"),
    "checkpoint": ("mlj does not hold the weights of this loop", "the loop saves them itself"),
}


class LoopDesk(Desk):
    """Answers commands about a loop. Runs in the server's thread: it leaves notes, and the loop finds them.

    changed: called with a setting's name, its value before and its value now.
    """

    def __init__(self, live: Live, changed: Callable[[str, Any, Any], None]) -> None:
        super().__init__()
        self._live, self._changed = live, changed

    def _steer(self, board: Board, command: protocol.AnyCommand) -> None:
        word = str(type(command).__struct_config__.tag)
        if word in REFUSED:
            raise UsageError(REFUSED[word][0], hint=REFUSED[word][1])
        super()._steer(board, command)
        self._live.stop = self._live.controls.stopping
        self._live.paused = self._live.controls.paused

    def _set(self, board: Board, command: protocol.Set) -> None:
        values = self._live.values
        name = command.name if command.name in values else command.name.rpartition(".")[2]
        if board.over:
            raise RunError("the loop has ended", code="RUN_ENDED")
        if name not in values:
            known = ", ".join(values)
            hint = f"it asks for: {known}" if known else 'run.value("learning_rate", lr) in the loop asks for one'
            raise ConfigError(f"this loop asks for no {command.name}", code="CONFIG_UNKNOWN", hint=hint)
        old, new = values[name], _fitting(name, command.value, values[name])
        self._live.set_by_hand[name] = values[name] = new
        self._changed(name, old, new)


def _fitting(name: str, value: Any, old: Any) -> Any:
    """A value of the kind the loop had. Raises ConfigError."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if isinstance(old, bool):
        kind, fits = "true or false", isinstance(value, bool)
    elif isinstance(old, int):
        kind, fits = "a whole number", number and float(value).is_integer()
    elif isinstance(old, float) or hasattr(old, "__float__"):
        kind, fits = "a number", number and math.isfinite(value)
    else:
        kind, fits = f"a {type(old).__name__}", isinstance(value, type(old))
    if not fits:
        raise ConfigError(f"{name}: expected {kind}, got {value!r:.80}", code="CONFIG_VALUE")
    return value if isinstance(old, bool | str) else int(value) if isinstance(old, int) else value
