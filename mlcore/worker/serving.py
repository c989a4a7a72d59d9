"""A run in the foreground that can be watched and steered from elsewhere: events go through, clients see them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlcore import events
from mlcore.config import Config
from mlcore.controls import Controls
from mlcore.datasets.dataset import Data
from mlcore.errors import MljError, StorageError
from mlcore.events import Event
from mlcore.state import State
from mlcore.worker import modest, recall, sockets
from mlcore.worker.board import Board
from mlcore.worker.desk import Desk
from mlcore.worker.pictures import Stage
from mlcore.worker.server import Server, failure

if TYPE_CHECKING:
    from mlcore.runs import Run


def serve(
    source: Iterator[Event],
    run: Run,
    config: Config,
    controls: Controls,
    data: Data,
    resume: State | None = None,
) -> Iterator[Event]:
    """Pass events on, and publish them on the run's own socket while they come.

    source is `record(train(…), run)`, with the same controls, data and resume. Where no socket can be had the run goes
    on without one and says so in a `Warned`.
    """
    board = Board(1, config, controls)
    board.run = run
    recall.curves(board, run.history, resume.epoch if resume else 0)
    board.open(data, Stage(config, data), resume)
    desk = Desk()
    desk.board = board
    try:
        path = sockets.folder() / f"{run.id}.sock"
        server = Server(path, lambda peer, command: desk.answer(command), lab=False)
    except (StorageError, OSError) as error:
        yield from _unseen(source, f"this run cannot be watched from elsewhere: {error}")
        return
    run.socket = str(path)
    modest.take_turns()
    server.show(board)
    server.start()
    try:
        yield from _published(source, board)
    finally:
        close = getattr(source, "close", None)
        if close is not None:
            close()
        server.end()


def _unseen(source: Iterator[Event], why: str) -> Iterator[Event]:
    """The events of a run nobody can watch, and after the first the reason."""
    for event in source:
        yield event
        if event.kind == "started":
            yield events.Warned(0, 0, "SOCKET", why)


def _published(source: Iterator[Event], board: Board) -> Iterator[Event]:
    try:
        for event in source:
            board.see(event)
            yield event
    except MljError as error:
        board.fail(failure(error))
        raise
