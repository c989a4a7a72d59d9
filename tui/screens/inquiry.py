"""Questions to the worker of which only the newest matters: of each kind one is under way, and one waits."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from mlcore.worker.protocol import Reply
    from tui.runner import Runner

    Then: TypeAlias = Callable[[Reply], None]


class Inquiry:
    """What is asked while an older question of its kind is under way waits for its answer, which nobody gets then.

    gone: called where there is nobody to ask. `forget` drops what is under way, so that late answers reach nobody.
    """

    def __init__(self, runner: Runner, gone: Callable[[], None]) -> None:
        self._runner, self._gone = runner, gone
        self._serial = 0
        self._busy: dict[str, int] = {}
        self._waiting: dict[str, tuple[Then, str, dict[str, Any]]] = {}

    def ask(self, kind: str, then: Then, name: str, /, **values: Any) -> None:
        """Ask the command of that name; `then` gets the reply, unless something newer of this kind is asked before."""
        self._waiting[kind] = then, name, values
        if kind not in self._busy:
            self._next(kind)

    def busy(self, kind: str) -> bool:
        """Whether an answer of this kind is waited for."""
        return kind in self._busy

    def forget(self, *kinds: str) -> None:
        """Nobody waits any longer: for questions of these kinds, or of any."""
        for kind in kinds or (*self._busy, *self._waiting):
            self._busy.pop(kind, None)
            self._waiting.pop(kind, None)

    def _next(self, kind: str) -> None:
        if kind not in self._waiting:
            return
        then, name, values = self._waiting.pop(kind)
        self._serial += 1
        serial = self._busy[kind] = self._serial
        if not self._runner.ask(lambda reply: self._answered(kind, serial, then, reply), name, **values):
            del self._busy[kind]
            self._gone()

    def _answered(self, kind: str, serial: int, then: Then, reply: Reply) -> None:
        if self._busy.get(kind) != serial:
            return
        del self._busy[kind]
        if kind in self._waiting:
            self._next(kind)
        else:
            then(reply)
