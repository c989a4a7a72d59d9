"""The curves of a run: the loss, the accuracy or whatever else is measured, and in words what they come to."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar

from textual.strip import Strip

from tui.frame import Frame, Series
from tui.terminal import Terminal
from tui.text import count, figure, percent, plural
from tui.theme import number, paint
from tui.widgets import rows
from tui.widgets.curve import MARKS, CurvePane, extremes
from tui.widgets.curve import horizon as horizon
from tui.widgets.rows import Piece

FEW = 20  # epochs below which the loss of single steps is drawn as well
TALL = 8  # rows a curve gets before there is room for facts below it
SHARES = ("accuracy", "precision", "recall", "f1")  # metrics that are shares of one
LOW = ("mse", "mae", "calibration_error", "entropy")  # metrics that are better the lower they are
HOW = """\
`m` smooths, `w` shows the newest part alone, `V` the range of the points folded into one, `i` reads values out with a
crosshair that the arrows move.
"""


class LossPane(CurvePane):
    """How wrong the network is."""

    NAME = "loss"
    NUMBER = 3
    HELP: ClassVar[str] = f"""\
**Loss.** How wrong the network is, epoch by epoch; lower is better. ◆ is the loss on the rows it learns from, ◇ on rows
held back for validation. Both falling: it learns. ◆ falling while ◇ rises: it learns the noise by heart. Jumping up:
the steps are too long. `y` draws it by powers of ten. A gap: the loss was no longer a number. {HOW}"""

    def title(self, frame: Frame) -> str:
        """Says how it is drawn."""
        return f"{self.NAME}{self.manner()}"

    def shown(self, frame: Frame) -> Sequence[Series]:
        """Training and validation; single steps too while epochs are few."""
        return [each for each in frame.losses if each.name != "step" or frame.epochs <= FEW or frame.epoch < 2]

    def legend(self, frame: Frame) -> list[Piece]:
        """Training and validation with their present values."""
        if self.cursor is not None:
            return self.readout(frame)
        known = [name for name in MARKS if f"{name}_loss" in frame.metrics]
        return list(self.figures(known, [figure(frame.metrics[f"{name}_loss"]) for name in known]))

    def summary(self, frame: Frame) -> str:
        """The newest values, the lowest of validation, and whether it still falls."""
        said = [
            f"{name} loss {figure(frame.metrics[f'{name}_loss'])}" for name in MARKS if f"{name}_loss" in frame.metrics
        ]
        for series in frame.losses:
            found = extremes(series) if series.name == "validation" else None
            if found is not None:
                (lowest, epoch), _ = found
                since = round(frame.epoch - epoch)
                said.append(f"lowest validation loss {figure(lowest)} at epoch {epoch:.0f}")
                said += [f"no lower for {plural(since, 'epoch')}"] if since >= 1 else []
        return ", ".join(said) or "no loss yet"

    def draw(self, frame: Frame, width: int, height: int) -> list[Strip]:
        """The curves of single steps (while epochs are few), of training and of validation."""
        if width < 1 or height < 1:
            return rows.block([], width, height)
        if not any(len(series.x) for series in frame.losses):
            return self.waiting(frame, width, height)
        return self.plotted(frame, width, height)


class AccuracyPane(CurvePane):
    """How often the network is right, the best anybody could be, and the figures; or another metric of the run.

    metric: which one, "" for the first there is.
    """

    NAME = "accuracy"
    NUMBER = 4
    HELP: ClassVar[str] = f"""\
**Accuracy.** The share of rows answered right, epoch by epoch: ◆ of those it learns from, ◇ of validation. The dashed
line is the best possible: data with noise cannot be answered better than that by anybody, however large the network.
When the run has ended, test is the share of rows it never saw, counted once. A regression shows R², the share of the
spread it explains, and other errors: `M` shows the next metric, the learning rate among them. {HOW}"""

    def __init__(self, terminal: Terminal | None = None, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(terminal, id=id, classes=classes)
        self.metric = ""

    def metrics(self, frame: Frame) -> list[str]:
        """The metrics there are curves of, the one shown unasked first."""
        names = (["accuracy"] if frame.accuracies else []) + list(frame.curves)
        return sorted(names, key=lambda name: (name not in ("accuracy", "r2"), name == "learning rate"))

    def chosen(self, frame: Frame) -> str:
        """The metric shown; nothing when there is none."""
        names = self.metrics(frame)
        return self.metric if self.metric in names else names[0] if names and names != ["learning rate"] else ""

    def next_metric(self, frame: Frame) -> None:
        """Show the next one."""
        names = self.metrics(frame)
        if names:
            here = names.index(self.chosen(frame)) if self.chosen(frame) in names else -1
            self.metric, self.cursor = names[(here + 1) % len(names)], None

    def shown(self, frame: Frame) -> Sequence[Series]:
        """The curves of the metric."""
        name = self.chosen(frame)
        return frame.accuracies if name == "accuracy" else frame.curves.get(name, ())

    def value(self, frame: Frame, value: float) -> str:
        """Shares in per cent."""
        return percent(value) if self.chosen(frame) in SHARES and 0 <= value <= 1 else figure(value)

    def title(self, frame: Frame) -> str:
        """The metric; a regression without curves shows figures."""
        figures = frame.task == "regression" or (frame.loop and frame.metrics)
        name = self.chosen(frame) or ("figures" if figures else self.NAME)
        if name == "r2":
            name = "R²" if self.unicode else "R2"
        return f"{name}{self.manner()}"

    def legend(self, frame: Frame) -> list[Piece]:
        """The share that matters most now, or the values of the metric."""
        if self.cursor is not None:
            return self.readout(frame)
        name = self.chosen(frame)
        if name == "learning rate":
            return [(f"{frame.learning_rate:.3g}", paint(self.palette.text, bold=True))]
        if name and name != "accuracy":
            known = [split for split in MARKS if f"{split}_{name}" in frame.metrics]
            return list(self.figures(known, [figure(frame.metrics[f"{split}_{name}"]) for split in known]))
        for split in ("test", "validation", "train"):
            value = frame.metrics.get(f"{split}_accuracy")
            if value is not None:
                mark = [self.mark(split), (" ", paint())] if split in MARKS else []
                quiet = paint(self.palette.muted)
                best = [] if frame.ceiling is None else [(f"possible {percent(frame.ceiling)}  ", quiet)]
                return [*best, (f"{split} ", quiet), *mark, (percent(value), paint(self.palette.text, bold=True))]
        return []

    def summary(self, frame: Frame) -> str:
        """Every figure known, and the best of the curve shown."""
        said = [f"{name} {value}" for name, value in self._facts(frame)]
        name = self.chosen(frame)
        for series in self.shown(frame):
            found = extremes(series) if series.name == "validation" else None
            if found is not None:
                value, epoch = found[0 if name in LOW else 1]
                said.append(f"best validation {name} {self.value(frame, value)} at epoch {epoch:.0f}")
        return ", ".join(said) or "no accuracy yet"

    def draw(self, frame: Frame, width: int, height: int) -> list[Strip]:
        """The curves with the ceiling; below them, where there is room, the figures."""
        if width < 1 or height < 1:
            return rows.block([], width, height)
        facts, name = self._facts(frame), self.chosen(frame)
        series = self.shown(frame)
        if not any(len(each.x) for each in series):
            if frame.task == "regression" or (frame.loop and facts):
                return rows.block([self._fact(*fact, width) for fact in facts], width, height)
            return self.waiting(frame, width, height)
        from mlcore import plots

        room = height - TALL if height >= TALL + 2 else 0
        below = [self._fact(*fact, width) for fact in facts[:room]]
        known = frame.ceiling is not None and name in ("accuracy", "r2")
        levels = [plots.Level(frame.ceiling or 0.0, number(self.palette.muted))] if known else []
        limits = floor(series) if name in ("accuracy", "r2") else None
        return [*self.plotted(frame, width, height - len(below), levels=levels, limits=limits), *below]

    def _facts(self, frame: Frame) -> list[tuple[str, str]]:
        """Names and values, the most wanted first."""
        metrics, facts = frame.metrics, list[tuple[str, str]]()
        if frame.ceiling is not None:
            numbers = frame.task == "regression"
            r2 = "best possible R²" if self.unicode else "best possible R2"
            facts.append((r2, figure(frame.ceiling)) if numbers else ("best possible", percent(frame.ceiling)))
        facts += [
            (f"{s} accuracy", percent(metrics[f"{s}_accuracy"])) for s in ("test", *MARKS) if f"{s}_accuracy" in metrics
        ]
        if "test_r2" in metrics:
            facts.append(("test R²" if self.unicode else "test R2", figure(metrics["test_r2"])))
        if frame.loop:
            others = {name: value for name, value in metrics.items() if not name.endswith("accuracy")}
            facts += [(name.replace("_", " "), figure(value)) for name, value in others.items()]
        if frame.task == "regression":
            facts += [(f"{s} loss", figure(metrics[f"{s}_loss"])) for s in ("test", *MARKS) if f"{s}_loss" in metrics]
        facts += [(f"{name} rows", count(frame.rows[name])) for name in ("train", "test") if name in frame.rows]
        if frame.net.parameters:
            facts.append(("parameters", count(frame.net.parameters)))
        if frame.learning_rate and not (frame.loop and "learning_rate" in metrics):
            facts.append(("learning rate", f"{frame.learning_rate:.3g}"))
        return facts

    def _fact(self, name: str, value: str, width: int) -> Strip:
        left, right = [(f" {name}", paint(self.palette.muted))], [(f"{value} ", paint(self.palette.text))]
        return rows.row(rows.spread(left, right, width), width)


def floor(series: Sequence[Series]) -> tuple[float, float]:
    """From the tenth below the lowest share there is to one; what lies below zero is cut off."""
    finite = [y for each in series for y in each.y.tolist() if math.isfinite(y) and 0 <= y <= 1]
    return max(0.0, int(min(finite, default=0.0) * 10 - 1e-9) / 10), 1.0
