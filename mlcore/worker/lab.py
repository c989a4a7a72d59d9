"""The lab: a warm process that trains one experiment after another, each in place of the one before."""

from __future__ import annotations

import queue
import signal
import socket
import threading
import time
import traceback
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from mlcore import changes
from mlcore.config import Config, from_dict
from mlcore.controls import Controls, Pace
from mlcore.datasets.dataset import Dataset
from mlcore.errors import CheckpointError, MljError, RunError, StorageError, lacking
from mlcore.events import Event
from mlcore.foreign import Log, find_log
from mlcore.runs import open_run
from mlcore.state import State
from mlcore.training import train
from mlcore.worker import loop, modest, planning, protocol, recall
from mlcore.worker.board import Board
from mlcore.worker.desk import Desk, settings_of
from mlcore.worker.errands import Errand
from mlcore.worker.keeping import Keeper
from mlcore.worker.peer import Peer
from mlcore.worker.pictures import Stage
from mlcore.worker.protocol import AnyCommand, Reply
from mlcore.worker.server import Server, failure

LONELY = 5.0  # seconds an idle lab waits for a client
FORGOTTEN = 60.0  # seconds a paused run waits for a client
REMEMBERED = 6  # data sets kept loaded


class Order(NamedTuple):
    """An experiment to train next, a run to show (and to go on with, when `settings` say so), or a log to follow."""

    board: Board
    resume: State | None = None
    settings: dict[str, object] | None = None
    log: Log | loop.RunLog | None = None


class Library:
    """Loaded data sets by value: the same data set is loaded once. Asked by the trainer's thread and by errands."""

    def __init__(self) -> None:
        self._stages: OrderedDict[Dataset, Stage] = OrderedDict()
        self._lock = threading.Lock()

    def known(self, config: Config) -> Stage | None:
        """The data of an experiment if they are loaded."""
        with self._lock:
            return self._stages.get(config.dataset)

    def stage(self, config: Config) -> Stage:
        """The data of an experiment. Raises DataError."""
        key = config.dataset
        with self._lock:
            found = self._stages.pop(key, None)
        stage = found or Stage(config, key.load())  # without the lock: the trainer must not wait for a preview
        with self._lock:
            self._stages[key] = stage
            while len(self._stages) > REMEMBERED:
                self._stages.popitem(last=False)
        return stage


class Lab(Desk):
    """Trains what its clients order, one experiment at a time; the newest order always wins.

    `run` returns the exit code: 0 when nobody needs it any longer, 143 or 130 after a signal.
    """

    def __init__(self, path: Path, runs_dir: Path | None, connection: socket.socket | None = None) -> None:
        super().__init__()
        self.orders: queue.SimpleQueue[Order | None] = queue.SimpleQueue()
        self.library = Library()
        self.keeper = Keeper(runs_dir, path)
        self.server = Server(path, self._handle, lab=True)
        self.server.alone = self._alone
        if connection is not None:
            self.server.adopt(connection)
        self.number = self._questions = 0
        self.exit_code: int | None = None
        self._seen = time.monotonic()  # when somebody was last there to look at a log

    def run(self) -> int:
        """Train until nobody is there any more."""
        modest.take_turns()
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, self._signalled)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        self.server.start()
        busy = time.monotonic()
        while self.exit_code is None and time.monotonic() - busy < LONELY:
            try:
                order = self.orders.get(timeout=0.1)
            except queue.Empty:
                self._tidy()
                busy = time.monotonic() if self.server.peers else busy
                continue
            if order is not None:
                self._train(order)
            busy = time.monotonic()
        try:
            self.keeper.settle()
        except MljError:
            traceback.print_exc()
        self.server.end()
        return self.exit_code or 0

    def _tidy(self) -> None:
        """Between experiments: record what lived long enough, delete what was replaced."""
        try:
            if self.keeper.tidy() and self.board is not None:
                self.board.touch()
        except MljError as error:
            if self.board is not None:
                self.board.say(protocol.Warned(number=self.board.number, code=error.code, message=str(error)))

    def _alone(self, seconds: float) -> None:
        """Nobody has been there for so long. A paused run would wait for ever: it is written down and ends."""
        board = self.board
        if seconds > FORGOTTEN and board is not None and not board.over and board.controls.paused:
            board.controls.stop("interrupted")

    def _signalled(self, number: int, frame: object) -> None:
        self.exit_code = 128 + number
        if self.board is not None:
            if self.board.run is not None:
                self.board.run.exit_code = self.exit_code
            self.board.controls.stop("interrupted")
        self.orders.put(None)

    def _train(self, order: Order) -> None:
        """One experiment, until it ends or another is ordered."""
        board = order.board
        if board is not self.board:
            return
        try:
            self._succeed(board)
            if isinstance(board, loop.LoopBoard) and order.log is not None:
                loop.follow(board, order.log, lambda: self._looked_at(board), self._next)
                return
            stage = self.library.stage(board.config)
            source = self._source(order, stage)
            for event in self.keeper.record(source, board) if source else ():
                board.see(event)
                if self.board is not board and self.keeper.replaced(board):
                    break
        except MljError as error:
            board.fail(failure(error))
        except Exception as error:
            traceback.print_exc()  # into worker.log: a bug, but not the end of the lab
            board.fail(failure(lacking(error) or MljError(f"{type(error).__name__}: {error}")))

    def _succeed(self, board: Board) -> None:
        try:
            self.keeper.succeed(board)
        except StorageError as error:
            board.say(protocol.Warned(number=board.number, code=error.code, message=f"the last run is lost: {error}"))

    def _source(self, order: Order, stage: Stage) -> Iterator[Event] | None:
        """The events of an experiment; None for a run that is only shown."""
        board, state = order.board, order.resume
        if board.run is not None and order.settings is None:
            board.past = recall.past(board.run)
            board.config = board.past.turns[-1][1]
            board.open(stage.data, stage, None)
            recall.show(board, board.run)
            return None
        if board.run is not None:
            point = board.run.restore(order.settings)
            board.config, state = point.config, point.state
            step = state.weights.step if state else 0
            board.past = recall.past(board.run).until(step, board.config)
            recall.curves(board, board.run.history, state.epoch if state else 0)
        board.open(stage.data, stage, state)
        return train(board.config, resume=state, controls=board.controls, data=stage.data)

    def _handle(self, peer: Peer, command: AnyCommand) -> Reply:
        match command:
            case protocol.Start():
                self._start(command)
            case protocol.Branch():
                self._branch(command)
            case protocol.Open():
                self._open(command)
            case protocol.Quit():
                self.exit_code = 0
                if self.board is not None:
                    self.board.controls.stop()
                self.orders.put(None)
            case _:
                return self.answer(command)
        return Reply(id=command.id, number=self.number)

    def _start(self, command: protocol.Start) -> None:
        config = from_dict(command.config)
        board = self._board(config, command.pace, command.paused, lab=command.lab)
        board.name = command.name
        self._replace(board)

    def _looked_at(self, board: Board) -> bool:
        """Whether anybody still looks at a log."""
        self._seen = time.monotonic() if self.server.peers else self._seen
        return self.board is board and self.exit_code is None and time.monotonic() - self._seen < LONELY

    def _open(self, command: protocol.Open) -> None:
        log = find_log(command.run)
        if log is not None:
            self._replace(loop.showing(log, self._next()), log=log)
            return
        run = open_run(command.run, self.keeper.root).single()
        if run.loop:
            curves = loop.RunLog(run)
            self._replace(loop.showing(curves, self._next()), log=curves)
            return
        if run.status.state == "running":
            raise RunError(
                f"run {run.name} is running in process {run.status.pid}", code="RUN_LOCKED", hint="attach to it"
            )
        if self.board is not None and self.board.run is not None and self.board.run.id == run.id:
            self.board.kept = True  # what is opened again is not thrown away when it is replaced
        run.socket = str(self.server.path)
        board = self._board(run.config, command.pace, command.paused, lab=False)
        board.run, board.name = run, run.name
        self._replace(board, settings=command.settings)

    def _branch(self, command: protocol.Branch) -> None:
        parent = self._present()
        with parent.lock:
            state, epochs = parent.film.at(command.epoch), parent.film.epochs()
        if state.epoch != command.epoch:
            raise CheckpointError(
                f"epoch {command.epoch} is not on the film any more",
                code="CKPT_MISSING",
                hint=f"the nearest before it is {state.epoch}; the last ones are {', '.join(map(str, epochs[-8:]))}",
            )
        then = parent.past.at(state.weights.step)
        weights = {name: value for name, value in command.settings.items() if changes.is_weight(name)}
        config = settings_of(then, {name: v for name, v in command.settings.items() if name not in weights})
        if len(state.weights.moments) != then.optimizer.moments:
            hint = "the last epochs of a run keep all of it"
            raise CheckpointError(f"epoch {state.epoch}: only its weights were kept", code="CKPT_MISSING", hint=hint)
        for name, value in weights.items():
            changes.edited(parent.blank.network, state.weights, name, value)  # raises what the trainer would refuse
        parent.kept = parent.kept or not command.lab
        board = self._board(config, command.pace, command.paused, lab=command.lab)
        board.follow(parent, command.epoch)
        for name, value in weights.items():
            board.controls.set(name, value)
        if not command.lab:
            board.controls.checkpoint()  # what it begins with is nowhere else on the disk
        self._replace(board, state.between(then.optimizer, config.optimizer))

    def _next(self) -> int:
        """The number of a new experiment."""
        self.number += 1
        return self.number

    def _board(self, config: Config, pace: Pace, paused: bool, lab: bool) -> Board:
        return Board(self._next(), config, Controls(pace, paused), lab=lab)

    def _replace(self, board: Board, resume: State | None = None, **how: Any) -> None:
        """Put a new experiment in place of the present one, whose loop sees it at its next event."""
        old, self.board = self.board, board
        if old is not None:
            old.controls.stop()
        self.server.show(board)
        self.orders.put(Order(board, resume, **how))

    def planned(self, question: planning.Question) -> Any:
        """At once what is quick about data that are loaded; the rest when it is found."""
        config = planning.experiment(question)
        if isinstance(question, protocol.Head):  # whose data may be none, as long as their target is not known
            raise Errand(lambda: planning.columns(config))
        moment = self.board.moment if self.board is not None and self.board.config == config else None
        stage = self.library.known(config)
        if stage is not None and isinstance(question, protocol.Sketch) and planning.quick(config, stage.data):
            return planning.answer(question, config, stage, moment)
        self._questions += 1
        number = self._questions  # a search goes on until somebody asks something else: they look elsewhere
        raise Errand(
            lambda: planning.answer(
                question, config, self.library.stage(config), moment, lambda: self._questions == number
            )
        )
