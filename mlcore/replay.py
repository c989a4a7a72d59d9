"""A run once more: the same experiment, the same changes at the same steps, and whether the same came out.

A run's events are the score: settings and weights by step, in their order, and where somebody stopped it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from mlcore import changes
from mlcore.controls import Controls, Orders
from mlcore.errors import MljError, RunError
from mlcore.events import Event
from mlcore.run import Run

ROLLED_BACK = "ROLLED_BACK"  # the code of the warning; what follows it, the run does by itself
BY_HAND = ("stopped", "interrupted", "time")  # ends that no configuration brings about


class Entry(NamedTuple):
    """What happened to a run at a step: a setting or a weight by name, a roll back, or `stop` with its reason."""

    step: int
    name: str
    value: Any = None


class Replay(Controls):
    """Controls that do at each step what a score says, and whatever else is asked of them meanwhile."""

    def __init__(self, score: Iterable[Entry]) -> None:
        super().__init__()
        self._score, self._step = deque(score), 0

    def follow(self, events: Iterator[Event]) -> Iterator[Event]:
        """Pass on the events of the run that is steered; after a roll back the same steps come again."""
        for event in events:
            back = event.kind == "warned" and getattr(event, "code", "") == ROLLED_BACK
            if back and self._score and self._score[0].name == ROLLED_BACK:
                self._score.popleft()
            yield event

    def orders(self, step: int = 0) -> Orders:
        """What is due at this step; of two changes of one thing, the first, and the other when it looks again."""
        self._step = step
        orders, due = super().orders(step), {}
        stop = ""
        while self._due and self._score[0].name not in due and not stop:
            entry = self._score.popleft()
            if entry.name == "stop":
                stop = entry.value
            else:
                due[entry.name] = entry.value
        return orders._replace(settings=due | orders.settings, stop=orders.stop or stop)

    def room(self, step: int) -> int:
        """How many steps there are before the next entry."""
        ahead = bool(self._score) and self._score[0].name != ROLLED_BACK
        return self._score[0].step - step if ahead else super().room(step)

    @property
    def _due(self) -> bool:
        return bool(self._score) and self._score[0].name != ROLLED_BACK and self._score[0].step <= self._step

    @property
    def holding(self) -> bool:
        """Also while more is due before the next step."""
        return super().holding or self._due

    @property
    def waiting(self) -> bool:
        """Never while anything is due."""
        return super().waiting and not self._due


def score(run: Run) -> list[Entry]:
    """What is to be done again, in its order. Raises RunError saying why a run cannot be replayed."""
    if run.loop:
        hint = "start its program again"
        raise RunError(f"run {run.name} is somebody's own loop: mlj cannot train it", code="RUN_LOOP", hint=hint)
    if run.single().status.state == "running":
        raise RunError(f"run {run.name} is still running", code="RUN_LOCKED", hint="wait for its end, or stop it")
    events = run.events
    starts = [event for event in events if event.get("event") == "started"]
    if not starts:
        raise RunError(f"run {run.name} never began", code="RUN_EMPTY", hint="mlj resume begins it")
    if starts[0].get("step"):
        of = f" from {run.parent}" if run.parent else ""
        message = (
            f"run {run.name} was branched{of} at step {starts[0]['step']:,}: its first weights are in no configuration"
        )
        there = run.parent and (run.folder.parent / run.parent).exists()
        hint = (
            "replay the run it comes from, and branch again" if there else "the run it comes from is not kept any more"
        )
        raise RunError(message, code="RUN_BRANCH", hint=hint)
    if len(starts) > 1 and any(event.get("code") == ROLLED_BACK for event in events):
        message = f"run {run.name} rolled back and was resumed: which steps it made twice nobody wrote down"
        raise RunError(message, code="RUN_RESUMED", hint="mlj resume goes on with it")
    try:
        return _entries(events, starts[0])
    except (KeyError, TypeError, ValueError) as error:
        where = str(run.folder / "events.jsonl")
        raise RunError(f"{where} is damaged: {error!r:.80}", code="RUN_CORRUPT", where=where) from None


def _entries(events: list[dict[str, Any]], first: dict[str, Any]) -> list[Entry]:
    found: list[Entry] = []
    alone = False  # the run itself makes the next change
    for event in events:
        kind, step = event.get("event"), int(event.get("step", 0))
        if kind == "started" and event is not first:
            found = _resumed(found, step, event.get("changes") or {})
        elif kind == "changed" and not alone:
            found.append(Entry(step, str(event["name"]), event["new"]))
        elif kind == "warned" and event.get("code") == ROLLED_BACK:
            found.append(Entry(step, ROLLED_BACK))
        elif kind == "ended" and event.get("reason") in BY_HAND and event is events[-1]:
            found.append(Entry(step, "stop", "interrupted" if event["reason"] == "interrupted" else "stopped"))
        alone = kind == "warned" and event.get("code") == ROLLED_BACK
    return found


def _resumed(found: list[Entry], step: int, settings: Mapping[str, Any]) -> list[Entry]:
    """What is left of a score where a run went on from an earlier step, and what it was given then."""
    before = [each for each in found if each.step < step]
    last = {each.name: each.value for each in before}
    there = [each for each in found if each.step == step and (changes.is_weight(each.name) or each.name in settings)]
    last |= {each.name: each.value for each in there}
    given = [Entry(step, name, value) for name, value in settings.items() if name not in last or last[name] != value]
    return [*before, *there, *given]


def difference(first: Run, second: Run) -> str:
    """Where a replay is not the same bits as its run, in words; nothing when it is."""
    a, b = (_curves(run) for run in (first, second))
    for here, (x, y) in enumerate(zip(a, b, strict=False), 1):
        if x != y:
            return f"from epoch {here} on: {_first(x, y)}{_machines(first, second)}"
    if first.status.state not in ("lost", "failed") and len(a) != len(b):
        return f"{len(b)} epochs in place of {len(a)}"
    if (first.folder / "model.safetensors").exists():
        try:
            one, other = first.model(), second.model()
        except MljError as error:
            return str(error)
        if not np.array_equal(one.vector, other.vector, equal_nan=True):
            return f"its weights{_machines(first, second)}"
    return ""


def _curves(run: Run) -> list[dict[str, str]]:
    columns = {name: values for name, values in run.history.items() if name not in ("seconds", "crc")}
    return [dict(zip(columns, map(repr, row), strict=True)) for row in zip(*columns.values(), strict=True)]


def _first(x: Mapping[str, str], y: Mapping[str, str]) -> str:
    name = next((name for name in {**x, **y} if x.get(name) != y.get(name)), "")
    return f"{name.replace('_', ' ')} is {y.get(name, 'missing')}, was {x.get(name, 'missing')}"


def _machines(first: Run, second: Run) -> str:
    """What else ran it."""
    a, b = (next((each for each in run.events if each.get("event") == "started"), {}) for run in (first, second))
    told = [
        f"{name} {b.get(name)}, was {a.get(name)}"
        for name in ("backend", "device", "device_name", "engine", "isa")
        if a.get(name) != b.get(name)
    ]
    return f" ({'; '.join(told)})" if told else ""
