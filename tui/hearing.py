"""What the worker says, and to whom in the app it goes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from tui.feed import safe
from tui.hints import sentence

if TYPE_CHECKING:
    from mlcore.worker.protocol import AnyMessage, Reply, Warned
    from tui.app import MljApp

NO_FAULT_OF_THE_DISK = ("REPEATS", "DATA")  # warnings that say what is trained


class Hearing:
    """Hands every message to the feed, and the rare ones to whom they concern."""

    def __init__(self, app: MljApp) -> None:
        self._app = app
        self._unrecorded = 0, ""  # the experiment the disk refused last, and why

    def heard(self, messages: Iterable[AnyMessage]) -> None:
        """Messages of the worker, as they came."""
        app, ended = self._app, False
        for message in messages:
            app.feed.take(message)
            match type(message).__name__:
                case "Hello":
                    app.runner.takes_starts = message.lab  # type: ignore[union-attr]
                case "Ended" | "Failed" | "Lost":
                    # A worker that is gone: a finished run needs it no more, the next change starts another
                    ended = ended or type(message).__name__ != "Lost"
                    app.lab.ended()
                    app.leaving.over()
                case "Reply":
                    self._answered(message)  # type: ignore[arg-type]
                case "Started":
                    app.lab.began(message.number, message.config)  # type: ignore[union-attr]
                case "Changed":
                    app.lab.heard(message)  # type: ignore[arg-type]
                case "Warned":
                    self._warned(message)  # type: ignore[arg-type]
        app.laboratory.changed(at_once=ended)

    def _answered(self, reply: Reply) -> None:
        app = self._app
        app.lab.answered(reply.id, reply.number)
        if not app.runner.answered(reply) and reply.error is not None:
            app.laboratory.say(sentence(reply.error))

    def _warned(self, warned: Warned) -> None:
        self._app.laboratory.say(safe(warned.message, 200), 8.0)
        if not warned.code.startswith(NO_FAULT_OF_THE_DISK):
            self._unrecorded = warned.number, safe(warned.message, 200)

    @property
    def unrecorded(self) -> str:
        """Why the disk does not take the run that is shown; nothing when it does, or may."""
        number, why = self._unrecorded
        feed = self._app.feed
        return why if number == feed.number and not feed.frame().run else ""
