"""Happenings: what became of a run, in order, out of what its worker said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tui.frame import Happening
from tui.text import count, figure
from tui.told import safe

if TYPE_CHECKING:
    from mlcore.worker import Mirror
    from mlcore.worker.protocol import Changed, Ended, Started

ENDS = {
    "finished": "every epoch is done",
    "early_stop": "stopped by itself: validation got no better",
    "goal": "stopped by itself: the goal is reached",
    "time": "stopped by itself: its time is up",
    "stopped": "stopped by hand",
    "interrupted": "interrupted",
    "diverged": "diverged",
}
MOST = 200  # changes and warnings remembered


def happenings(mirror: Mirror, asked: Sequence[tuple[str, Any]]) -> tuple[Happening, ...]:
    """The start, changes, warnings, the best epoch so far, the newest checkpoint and the end, by epoch.

    asked: settings this app has changed; what else changed, somebody else did, or the run itself.
    """
    if mirror.started is None:
        return ()
    found = [_start(mirror.started)]
    found += [_change(changed, asked) for changed in mirror.changes[-MOST:]]
    found += [Happening(epoch, "warning", safe(said.message, 300)) for epoch, said in mirror.warnings[-MOST:]]
    update = mirror.update
    if update is not None and update.best_epoch > 0:
        found.append(Happening(update.best_epoch, "best", _best(mirror)))
    if update is not None and update.saved_epoch >= 0:
        found.append(Happening(update.saved_epoch, "checkpoint", "checkpoint written"))
    found.sort(key=lambda happening: happening.epoch)
    return (*found, *([_end(mirror.ended, bool(mirror.started.loop))] if mirror.ended is not None else []))


def _start(started: Started) -> Happening:
    if started.loop:
        return Happening(0, "start", safe(f"began: {started.loop}", 200))
    config = started.config
    optimizer = config.get("optimizer", {})
    rate = optimizer.get("learning_rate")
    words = f"began: {count(started.net.parameters)} parameters, {optimizer.get('kind', 'sgd')}"
    words += f", rate {rate:g}" if isinstance(rate, int | float) else ""
    return Happening(0, "start", safe(f"{words}, seed {config.get('seed', '')}", 200))


def _change(changed: Changed, asked: Sequence[tuple[str, Any]]) -> Happening:
    mine = (changed.name, changed.new) in [(name, value) for name, value in asked]
    words = f"{changed.name.rpartition('.')[2].replace('_', ' ')} {_value(changed.old)} -> {_value(changed.new)}"
    return Happening(changed.epoch, "change", safe(words, 200), "you" if mine else "")


def _value(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _best(mirror: Mirror) -> str:
    """The validation loss of the best epoch, where the curve still has every epoch."""
    assert mirror.update is not None
    epoch, curve = mirror.update.best_epoch, mirror.curves.get("validation_loss")
    if curve is None:
        return "the best so far"
    place = int(curve[0].searchsorted(epoch))
    known = place < len(curve[0]) and curve[0][place] == epoch
    return f"the best so far, validation loss {figure(float(curve[1][place]))}" if known else "the best so far"


def _end(ended: Ended, loop: bool) -> Happening:
    words = "the loop is done" if loop and ended.reason == "finished" else ENDS.get(ended.reason, ended.reason)
    if ended.message:
        words = f"{words}: {ended.message}"
    elif ended.best_epoch and ended.best_epoch < ended.epoch:
        words = f"{words}; the weights kept are those of epoch {ended.best_epoch:,}"
    return Happening(ended.epoch, "end", safe(words, 300))
