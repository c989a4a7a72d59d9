"""The worker seen from the app: starts it, talks to it, hands over what it says. The only file that knows how."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import subprocess

    from mlcore.worker import Client, Launched
    from mlcore.worker.protocol import AnyMessage, Reply


ORDERS = ("Pause", "Resume", "Step", "Epoch", "Stop", "Checkpoint", "Keep", "Quit", "Set", "SetPace", "Start", "Branch")


class Runner:
    """One worker at a time: our own laboratory, or the process of a run that somebody started.

    `deliver` gets every batch of messages, on the app's own loop. read_only: whoever is looked at gets no `ORDERS`,
    whatever asks for them. Nothing here waits.
    """

    def __init__(
        self,
        deliver: Callable[[Iterable[AnyMessage]], None],
        runs_dir: Path | None = None,
        read_only: bool = False,
    ) -> None:
        self._deliver, self._runs_dir, self.read_only = deliver, runs_dir, read_only
        self._client: Client | None = None
        self._view: dict[str, Any] = {"width": 60, "height": 40, "count": 12}
        self.takes_starts = False
        self._asked: dict[int, Callable[[Reply], None]] = {}

    def connect(self, launched: Launched | None = None) -> None:
        """Talk to the laboratory that was launched after the first paint, or to a new one."""
        from mlcore import worker

        self._use(worker.attach_to(launched) if launched else worker.spawn(self._runs_dir), takes_starts=True)

    def attach(self, run: Any) -> bool:
        """Talk to the process that trains a run; False when there is none. A laboratory takes further experiments."""
        from mlcore import MljError, worker

        try:
            client = worker.attach(run)
        except MljError:
            return False
        self._use(client, takes_starts=False)
        return True

    @property
    def alive(self) -> bool:
        """Whether somebody is there."""
        return self._client is not None and self._client.alive

    @property
    def process(self) -> subprocess.Popen[bytes] | None:
        """The worker's process, when it was we who started it."""
        return self._client.process if self._client is not None else None

    def send(self, name: str, /, **values: Any) -> int:
        """Send the command of that name in the protocol; the reply carries the number returned (0: nobody is there)."""
        if self._client is None or not self._client.alive or (self.read_only and name in ORDERS):
            return 0
        from mlcore import worker

        return self._client.send(getattr(worker.protocol, name)(**values))

    def ask(self, then: Callable[[Reply], None], name: str, /, **values: Any) -> bool:
        """Send a command whose answer is wanted: `then` gets the reply, its value or its error. False: nobody there.

        The answer to something slow may come after seconds; it never comes once the worker is gone.
        """
        number = self.send(name, **values)
        if number:
            self._asked[number] = then
        return bool(number)

    def answered(self, reply: Reply) -> bool:
        """Give a reply to whoever asked for it; False when nobody did."""
        then = self._asked.pop(reply.id, None)
        if then is not None:
            then(reply)
        return then is not None

    def view(
        self, width: int, height: int, count: int, panes: tuple[str, ...] = (), wanted: bool = True, example: int = 0
    ) -> None:
        """Say how large the picture of the decision map is, how many digits fit, and which panes are shown besides.

        wanted: whether anybody looks; where nobody does, the worker draws nothing. example: the row that is followed.
        """
        view = {"width": width, "height": height, "count": count, "panes": panes, "wanted": wanted}
        view["example"] = example
        if view != self._view:
            self._view = view
            self.ask_for_pictures()

    def ask_for_pictures(self) -> None:
        """Say to a worker which pictures are wanted."""
        self.send("View", **self._view)

    def close(self) -> None:
        """Leave; what is being trained goes on."""
        if self._client is not None and self._client.alive:
            self._unwatch()
            self._client.close()
        self._client = None

    def _use(self, client: Client, *, takes_starts: bool) -> None:
        self.close()
        self._asked.clear()
        self._client, self.takes_starts = client, takes_starts
        asyncio.get_running_loop().add_reader(client.fileno(), self._poll)
        self.ask_for_pictures()

    def _unwatch(self) -> None:
        if self._client is not None:
            with contextlib.suppress(OSError, ValueError):
                asyncio.get_running_loop().remove_reader(self._client.fileno())

    def _poll(self) -> None:
        client = self._client
        if client is None:
            return
        descriptor = client.fileno()
        messages = client.poll()
        if not client.alive:
            asyncio.get_running_loop().remove_reader(descriptor)
        if messages:
            self._deliver(messages)
