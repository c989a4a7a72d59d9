"""The desk: what each command does to the run it is about."""

from __future__ import annotations

from typing import Any

import numpy as np

from mlcore import changes
from mlcore.config import Config
from mlcore.controls import CHANGEABLE
from mlcore.errors import ConfigError, RunError, UsageError
from mlcore.worker import planning, protocol
from mlcore.worker.board import Board
from mlcore.worker.comparing import compared
from mlcore.worker.errands import Errand
from mlcore.worker.examining import Examiner
from mlcore.worker.planning import Question
from mlcore.worker.protocol import AnyCommand, Reply
from mlcore.worker.tabling import Tables


class Desk:
    """Answers commands about the present run. The lab's desk answers more of them.

    Methods run in the server's thread, so they only leave notes (in `Controls`) for the trainer.
    """

    def __init__(self) -> None:
        self.board: Board | None = None
        self._examiner = Examiner()
        self._tables = Tables()

    def answer(self, command: AnyCommand) -> Reply:
        """Do what a command asks. Raises MljError when it cannot be done, Errand when it takes a while."""
        if isinstance(command, protocol.Inspect):
            return Reply(id=command.id, value=self._inspect(command))
        if isinstance(command, protocol.Compare):
            raise Errand(lambda: compared(command.runs, command.what, judged=command.judged))
        if isinstance(command, protocol.Read):
            return Reply(id=command.id, value=self._read(command))
        if isinstance(command, Question):
            return Reply(id=command.id, value=self.planned(command))
        if isinstance(command, protocol.Examine):
            raise Errand(self._examiner.work(self.board, command))
        if isinstance(command, protocol.TableQuestion):
            return Reply(id=command.id, value=self._tables.answer(command))
        board = self._present()
        match command:
            case protocol.Set():
                self._set(board, command)
            case protocol.SetPace():
                board.controls.pace = command.pace
            case protocol.Keep():
                board.kept = True
            case protocol.Start() | protocol.Branch() | protocol.Open():
                raise UsageError("this process trains one run and takes no other", hint="start a run of its own")
            case _:
                self._steer(board, command)
        board.touch()
        return Reply(id=command.id)

    def _steer(self, board: Board, command: AnyCommand) -> None:
        """Pause, resume, step, epoch, stop, checkpoint: each is a method of `Controls`."""
        if board.over:
            raise RunError("the run has ended", code="RUN_ENDED", hint="start another, or branch from this one")
        word = type(command).__struct_config__.tag
        getattr(board.controls, "stop" if word == "quit" else str(word))()

    def _set(self, board: Board, command: protocol.Set) -> None:
        """Refuse here what the trainer would refuse, so that a mistake never ends a run."""
        if changes.is_weight(command.name):
            if board.moment is not None:
                changes.place_of(board.blank.network, command.name)
            changes.number(command.name, command.value)
        else:
            changes.changed(board.config, command.name, command.value)
        if board.over:
            raise RunError("the run has ended", code="RUN_ENDED", hint="branch from one of its epochs")
        board.controls.set(command.name, command.value)

    def _present(self) -> Board:
        if self.board is None:
            raise RunError("there is no run yet", code="RUN_NOT_STARTED", hint="send start first")
        if self.board.deaf:
            raise RunError(self.board.deaf, code="RUN_DEAF")
        return self.board

    def _inspect(self, command: protocol.Inspect) -> protocol.Activity:
        board = self._present()
        if board.stage is None or board.moment is None:
            raise RunError("there is no network yet", code="RUN_NOT_STARTED")
        return board.stage.activity(board.moment.model, command.split, command.row)

    def planned(self, question: Question) -> Any:
        """The answer to a question about an experiment on the data of this run. Only a lab loads others."""
        config, board = planning.experiment(question), self.board
        stage = board.stage if board is not None else None
        if board is None or stage is None or config.dataset != board.config.dataset:
            raise UsageError("this process trains one run and loads no other data")
        moment = board.moment if board.config == config else None
        raise Errand(lambda: planning.answer(question, config, stage, moment))

    def _read(self, command: protocol.Read) -> protocol.Activity:
        from mlcore.worker import scribbles

        board = self._present()
        if board.stage is None or board.moment is None:
            raise RunError("there is no network yet", code="RUN_NOT_STARTED")
        if len(command.pixels) % command.width:
            raise UsageError(f"pixels: expected rows of {command.width}, got {len(command.pixels)} pixels")
        pixels = np.frombuffer(command.pixels, np.uint8).reshape(-1, command.width)
        return scribbles.read(board.stage, board.moment.model, pixels)


def settings_of(config: Config, settings: dict[str, object]) -> Config:
    """A configuration a branch may have. Raises ConfigError for what would be another network or other data."""
    for name in settings:
        if name.partition(".")[0] not in (*CHANGEABLE, "seed"):
            raise ConfigError(f"{name} cannot change in a branch", hint="start a new run")
        if name == "layers":
            changes.changed(config, name, settings[name])
    return config.with_settings(settings)
