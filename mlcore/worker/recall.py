"""A recorded run on the board again: its curves, the film of its snapshots, the network that was kept."""

from __future__ import annotations

from typing import Any

import numpy as np

from mlcore import changes, checkpoints, events
from mlcore.backends.backend import Weights
from mlcore.errors import CheckpointError
from mlcore.run import Run
from mlcore.state import State
from mlcore.worker.board import Board
from mlcore.worker.past import Past


def show(board: Board, run: Run) -> None:
    """Put a run that is not going on on a board whose data are open.

    Snapshots hold weights only: they can be looked at, but only the epochs of checkpoints can be branched from.

    Raises CheckpointError where its data are prepared otherwise now.
    """
    model, status = run.model(), run.status
    model.check(board.data)
    curves(board, run.history, status.epoch)
    measured = _measured(run)
    for state in _states(board, run):
        board.film.add(state, measured.get(state.epoch))
    board.see(_started(board, run))
    board.see(
        events.Ended(
            reason=_reason(status.reason),
            epoch=status.epoch,
            step=status.step,
            seconds=status.seconds,
            metrics=status.metrics,
            best_epoch=status.best_epoch,
            message=status.message,
            model=model,
        )
    )


def curves(board: Board, history: dict[str, list[Any]], until: int) -> None:
    """A run goes on: its curves up to there, from the disk."""
    x = np.array(history.get("epoch", []), dtype=np.float64)
    for name, values in history.items():
        y = np.array(values, dtype=np.float64)[x <= until]
        if name not in ("epoch", "step", "seconds") and len(y):
            board.curve(name).add(x[x <= until], y)


def past(run: Run) -> Past:
    """The configuration from each step on: as it was started, and after each change."""
    config = run.config
    found = Past(config)
    for event in run.events:
        if event["event"] == "started" and event.get("changes"):
            config = run.config.with_settings(event["changes"])
        elif event["event"] == "changed" and not changes.is_weight(str(event["name"])):
            config = config.with_settings({event["name"]: event["new"]})
        if config is not found.turns[-1][1]:
            found.turn(int(event["step"]), config)
    return found


def _measured(run: Run) -> dict[int, dict[str, float]]:
    """What was measured after each epoch."""
    columns = run.history
    names = [name for name in columns if name not in ("epoch", "step", "seconds")]
    return {
        int(epoch): {name: columns[name][row] for name in names if columns[name][row] == columns[name][row]}
        for row, epoch in enumerate(columns.get("epoch", ()))
    }


def _reason(reason: str) -> Any:
    """The reason a run ended for; one whose process vanished or failed was interrupted."""
    known = ("finished", "early_stop", "goal", "time", "stopped", "interrupted", "diverged")
    return reason if reason in known else "interrupted"


def _states(board: Board, run: Run) -> list[State]:
    """Every state on the disk by epoch: whole ones where there is a checkpoint, else weights."""
    found: dict[int, State] = {}
    for epoch, path in run.snapshots().items():
        try:
            vector = checkpoints.load_model(path).vector
        except CheckpointError:
            continue
        nothing = np.empty((0, len(vector)), vector.dtype)
        found[epoch] = State(Weights(vector, nothing, epoch * board.steps_in_epoch()), epoch)
    for path in run.checkpoints().values():
        try:
            state = checkpoints.load_checkpoint(path).state
        except CheckpointError:
            continue
        if state.place == 0:
            found[state.epoch] = state
    return [found[epoch] for epoch in sorted(found)]


def _started(board: Board, run: Run) -> events.Started:
    """The start of the run as it was told then."""
    first = next((event for event in run.events if event["event"] == "started"), {})
    return events.Started(
        config=board.config.to_dict(),
        backend=str(first.get("backend", "")),
        device=str(first.get("device", "")),
        isa=str(first.get("isa", "")),
        threads=int(first.get("threads", 1)),
        parameters=board.blank.network.size,
        summary=board.blank.network.summary(),
        why="read from the disk",
        epochs=board.config.epochs,
        steps_per_epoch=board.steps_in_epoch(),
        ceiling=board.data.ceiling,
        world_size=int(first.get("world_size", 1)),
        run=run.id,
        device_name=str(first.get("device_name", "")),
        engine=str(first.get("engine", "")),
        precision=board.config.precision,
    )
