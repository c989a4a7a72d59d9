"""The caption line: one true sentence at the right moment, chosen from captions.toml by what the run itself shows."""

from __future__ import annotations

import operator
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from importlib.resources import files
from typing import NamedTuple, TypeAlias

from tui.draft import Draft
from tui.frame import Frame

Fact: TypeAlias = str | float | bool
Facts: TypeAlias = Mapping[str, Fact]
LINGER = 2.5  # seconds a caption stays before another may follow that nobody asked for

COMPARE: dict[str, Callable[[Fact, Fact], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": lambda a, b: float(a) < float(b),
    "<=": lambda a, b: float(a) <= float(b),
    ">": lambda a, b: float(a) > float(b),
    ">=": lambda a, b: float(a) >= float(b),
}
CONDITION = re.compile(r"^(\w+) (==|!=|<=|>=|<|>) (\S+)$")
FIGURE = re.compile(r"\{(\w+)\}")


class Condition(NamedTuple):
    """One comparison of a fact with a word or a number, or with another fact."""

    name: str
    comparison: str
    value: str

    @classmethod
    def parse(cls, text: str) -> Condition:
        """The condition of a line like "accuracy < 0.8". Raises ValueError naming the line."""
        found = CONDITION.match(text)
        if found is None:
            raise ValueError(f"not a condition: {text!r} (write: fact == word, or fact < number)")
        return cls(*found.groups())

    def holds(self, facts: Facts) -> bool:
        """Whether it is so; a fact that is not known is not so."""
        if self.name not in facts:
            return False
        other = facts.get(self.value)
        return COMPARE[self.comparison](facts[self.name], _literal(self.value) if other is None else other)


class Caption(NamedTuple):
    """A sentence and when it is true. `short` is what fits eighty columns, where the sentence does not."""

    id: str
    when: tuple[Condition, ...]
    text: str
    short: str = ""

    def holds(self, facts: Facts) -> bool:
        """Whether now is its moment."""
        return all(condition.holds(facts) for condition in self.when)

    def words(self, facts: Facts, width: int) -> str:
        """The sentence with the run's own figures in it, the short one where the long does not fit."""
        text = _filled(self.text, facts)
        return _filled(self.short, facts) if self.short and len(text) > width else text


def load() -> tuple[Caption, ...]:
    """The captions of captions.toml, the most pressing first."""
    table = tomllib.loads(files("tui").joinpath("captions.toml").read_text(encoding="utf-8"))
    return tuple(
        Caption(
            entry["id"],
            tuple(Condition.parse(line) for line in entry["when"]),
            entry["text"],
            entry.get("short", ""),
        )
        for entry in table["caption"]
    )


class Captions:
    """Which sentence stands in the caption line. Each is said at most once; `end` is the last word."""

    def __init__(self, captions: Iterable[Caption]) -> None:
        self._left = list(captions)
        self._current: Caption | None = None
        self._facts: Facts = {}
        self._moment: Fact | None = None
        self._action: Fact | None = None
        self._since = 0.0
        self.ended = False

    def end(self) -> None:
        """No more captions."""
        self.ended, self._current, self._left = True, None, []

    def look(self, facts: Facts, now: float) -> bool:
        """Choose by the facts of this moment; whether another sentence was chosen.

        A change made by a person is a new moment and clears the line.
        """
        if self.ended:
            return False
        if facts.get("changes") != self._moment:
            self._moment, self._current = facts.get("changes"), None
        if self._current is not None and self._current.holds(facts):
            self._facts = dict(facts)  # its figures stay true
        asked = self._action != facts.get("action")
        if self._current is not None and not asked and now - self._since < LINGER:
            return False
        for caption in self._left:
            if caption.holds(facts):
                self._current, self._facts, self._since = caption, dict(facts), now
                self._action = facts.get("action")
                self._left.remove(caption)
                return True
        return False

    def words(self, width: int) -> str:
        """What stands in a line of this width."""
        return self._current.words(self._facts, width) if self._current else ""


def facts(frame: Frame, draft: Draft | None, *, watched: float, changes: int, action: str) -> dict[str, Fact]:
    """What captions may ask about and quote: the frame's figures, the network, what the person did last."""
    found: dict[str, Fact] = {
        "state": frame.state,
        "dataset": frame.dataset,
        "task": frame.task,
        "pace": frame.pace,
        "backend": frame.backend,
        "epoch": frame.epoch,
        "step": frame.step,
        "epochs": frame.epochs,
        "shown_epoch": frame.shown_epoch,
        "parameters": frame.net.parameters,
        "learning_rate": frame.learning_rate,
        "trained": frame.seconds,
        "watched": watched,
        "changes": changes,
        "action": action,
        "film": len(frame.film),
        "test_rows": frame.rows.get("test", 0),
        "scrubbed": frame.shown_epoch < frame.epoch,
        "blocks": len(frame.net.blocks),
        "shows": frame.shows or ("pictures" if frame.pictures is not None else "plane"),
        **frame.metrics,
    }
    for split in ("test", "validation", "train"):
        if f"{split}_accuracy" in frame.metrics:
            accuracy = frame.metrics[f"{split}_accuracy"]
            found |= {"accuracy": accuracy, "gap": frame.metrics.get("train_accuracy", accuracy) - accuracy}
            break
    if frame.ceiling is not None:
        found["ceiling"] = frame.ceiling
        if "accuracy" in found:
            found["missing"] = frame.ceiling - float(found["accuracy"])
            found["chance"] = 1 - frame.ceiling
    if draft is not None:
        widths = [int(words[0]) for words in draft.hidden if words[0].isdigit()]
        found |= {"units": draft.units, "layers": len(widths), "bend": draft.bend or "none"}
        found |= {"widest": max(widths, default=0), "selected": draft.selected + 1}
    return found


def _percent(share: float) -> str:
    text = f"{100 * share:.1f}".removesuffix(".0")
    return f"{text} %"


def _seconds(seconds: float) -> str:
    if seconds < 0.9995:
        return f"{1000 * seconds:.0f} ms"
    return f"{seconds:.1f} s" if seconds < 3 else f"{seconds:.0f} s"


FORMATS: dict[str, Callable[[float], str]] = {
    "accuracy": _percent,
    "train_accuracy": _percent,
    "validation_accuracy": _percent,
    "test_accuracy": _percent,
    "ceiling": _percent,
    "chance": _percent,
    "missing": _percent,
    "gap": _percent,
    "test_mae": lambda error: f"{error:.2g}",
    "watched": _seconds,
    "trained": _seconds,
    "learning_rate": lambda rate: f"{rate:g}",
    "parameters": lambda count: f"{count:,.0f}",
}


def _filled(text: str, known: Facts) -> str:
    def figure(match: re.Match[str]) -> str:
        value = known.get(match[1], "?")
        if isinstance(value, str):
            return value
        return FORMATS[match[1]](float(value)) if match[1] in FORMATS else f"{value:g}"

    return FIGURE.sub(figure, text)


def _literal(word: str) -> Fact:
    if word in ("true", "false"):
        return word == "true"
    try:
        return float(word)
    except ValueError:
        return word
