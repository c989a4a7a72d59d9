"""Which experiments of a lab become runs on disk: those that lived a while, were asked for, or were branched from."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

from mlcore import runs
from mlcore.errors import StorageError
from mlcore.events import Event, Snapshot, Warned
from mlcore.runs import Run
from mlcore.worker import sockets
from mlcore.worker.board import Board

YOUNG = 0.5  # seconds after which an experiment gets a folder
OLD = 30.0  # seconds after which one is kept when it is replaced


class Keeper:
    """Records the experiments of a lab, without the disk being on the way from a key to a picture.

    An experiment gets its folder when it has lived half a second. When another replaces it, the folder goes, unless
    the experiment is kept: asked for, branched from, not of the lab, or more than half a minute old.
    """

    def __init__(self, root: Path | None, socket: Path) -> None:
        self.root, self.socket = root, socket
        self._young: tuple[Board, list[Event]] | None = None  # ended before it had a folder
        self._present: Board | None = None
        self._trash: list[Run] = []

    def record(self, source: Iterator[Event], board: Board) -> Iterator[Event]:
        """The events of an experiment, recorded at once or, for one of the lab, when it has lived a while.

        Raises StorageError when one that must be recorded cannot be; one of the lab goes on without, and says so.
        """
        if not board.lab:
            yield from runs.record(source, board.run or self._create(board))
            return
        waiting: list[Event] = []
        passed: set[int] = set()
        for event in source:
            waiting.append(event)
            if not isinstance(event, Snapshot):  # which is passed on once it is on the disk
                passed.add(id(event))
                yield event
            if isinstance(event, Snapshot) and event.asked:
                board.kept = True
                break
            if board.lived >= YOUNG and event.kind != "ended":
                break
        else:
            self._young = board, waiting
            return
        try:
            self._empty()
            run = self._create(board)
        except StorageError as error:
            yield Warned(board.epoch, board.step, error.code, f"this run is not recorded: {error}")
            yield from source
            return
        for event in runs.record(itertools.chain(waiting, source), run):
            if id(event) not in passed:
                yield event

    def succeed(self, board: Board) -> None:
        """This experiment takes the place of the present one. Raises StorageError when that one cannot be kept."""
        old, self._present = self._present, board
        if old is None:
            return
        if self._kept(old):
            self._grow_up()
        elif old.run is not None:
            self._trash.append(old.run)
        self._young = None

    def replaced(self, board: Board) -> bool:
        """Whether an experiment that was replaced while it ran may end at once, to be forgotten."""
        if self._kept(board):
            return False
        if board.run is not None:
            board.run.discarded = True
        return True

    def _kept(self, board: Board) -> bool:
        return board.kept or board.lived >= OLD

    def tidy(self) -> bool:
        """Write and delete what is due while nobody waits; True when the present experiment got its folder.

        Raises StorageError, once for each experiment and folder.
        """
        self._empty()
        return self._young is not None and self._young[0].age >= YOUNG and self._grow_up()

    def _empty(self) -> None:
        """Delete the folders of what was replaced."""
        while self._trash:
            self._trash.pop().delete()

    def settle(self) -> None:
        """The lab ends: nothing that should be on the disk may be missing."""
        self._grow_up()
        self.tidy()

    def _grow_up(self) -> bool:
        """Record an experiment that ended before it had a folder."""
        if self._young is None:
            return False
        (board, waiting), self._young = self._young, None
        for _ in runs.record(iter(waiting), self._create(board)):
            pass
        return True

    def _create(self, board: Board) -> Run:
        if board.parent is not None and board.parent.run is not None:
            board.parent_id = board.parent.run.id
        board.parent = None
        run = Run.create(board.first_config, self.root, parent=board.parent_id, name=board.name, data=board.data)
        run.socket = str(self.socket)
        sockets.own_log(run.folder / "worker.log")
        board.run = run
        return run
