"""What `mlj plot` draws, and what it draws it from: a run that sits for its picture."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from mlcore.commands.drawing import Paper
from mlcore.commands.table import fold
from mlcore.config import Config
from mlcore.datasets.dataset import Data, Rows
from mlcore.errors import UsageError
from mlcore.examining import split_of
from mlcore.model import Model
from mlcore.runs import Run


class Sitter(NamedTuple):
    """A run that sits for its picture: its network at one epoch, and its data."""

    name: str
    config: Config
    model: Model
    data: Data

    @classmethod
    def of(cls, run: Run, epoch: int | None) -> Sitter:
        """A run as it was after an epoch, or as it is."""
        model, config = run.model(epoch), run.config
        return cls(run.name, config, model, model.data())

    @property
    def classes(self) -> bool:
        """Whether it tells classes apart."""
        return self.data.task.kind != "regression"

    @property
    def held(self) -> tuple[str, Rows]:
        """The rows it is judged by: test, else validation, else training rows; with their name."""
        return self.data.held

    def rows(self, split: str | None) -> tuple[str, Rows]:
        """The rows of a split, or those it is judged by; with their name. Raises DataError where there are none."""
        return (split, split_of(self.data, split)) if split else self.held


class Drawing(NamedTuple):
    """A picture as text, its sentence below it, and the numbers it is made of; none where they are not told."""

    text: str
    numbers: dict[str, Any] | None = None


def captioned(draw: Callable[[Paper], str], sentence: str, numbers: dict[str, Any] | None, paper: Paper) -> Drawing:
    """A picture with its sentence beneath it: together as high as the paper, unless a picture cannot be that low."""
    below = fold(sentence, max(paper.width, 20))
    return Drawing("\n".join([draw(paper._replace(height=paper.height - len(below))), *below]), numbers)


def unfit(sitter: Sitter, has: str, takes: str, instead: str) -> UsageError:
    """The error for a picture a run does not fit."""
    return UsageError(f"run {sitter.name} {has}: {takes}", code="USAGE_UNFIT", hint=f"try --what {instead}")
