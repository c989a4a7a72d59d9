"""The curves: loss and accuracy over epochs, and in words what they come to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.strip import Strip

from tui.frame import Frame, Series
from tui.terminal import Terminal
from tui.text import count, figure, percent
from tui.theme import number, paint
from tui.widgets import rows
from tui.widgets.ansi import strips
from tui.widgets.pane import Pane
from tui.widgets.rows import Piece

if TYPE_CHECKING:
    from mlcore.plots import Level, Line

MARKS = {"train": ("◆", "*"), "validation": ("◇", "o")}
FEW = 20  # epochs below which the loss of single steps is drawn as well
TALL = 8  # rows a curve gets before there is room for facts below it


class CurvePane(Pane):
    """Curves of one kind over epochs. Training and validation differ by mark and colour."""

    CURVES = True

    def lacking(self, frame: Frame) -> str:
        """What somebody's own loop has not logged."""
        return f"no {self.NAME} was logged" if frame.loop else ""

    def _draw(
        self,
        frame: Frame,
        width: int,
        height: int,
        series: Sequence[Series],
        *,
        log: bool = False,
        levels: Sequence[Level] = (),
        limits: tuple[float, float] | None = None,
    ) -> list[Strip]:
        from mlcore import plots

        scrubbed = frame.shown_epoch < frame.epoch
        text = plots.curve(
            [self._line(each, width) for each in series],
            width,
            height,
            log=log,
            levels=levels,
            span=(0.0, horizon(frame.epoch, frame.epochs)),
            limits=limits,
            at=float(frame.shown_epoch) if scrubbed else None,
            glyphs=self.terminal.glyphs,
            colors=self.terminal.colors != "none",
            axis=number(self.palette.faint),
        )
        return rows.block(strips(text, width), width, height)

    def _line(self, series: Series, width: int) -> Line:
        """A series as a line; without colours validation is a row of marks instead."""
        from mlcore import plots

        color = number(
            {"train": self.palette.train, "validation": self.palette.validation}.get(series.name, self.palette.faint)
        )
        if self.terminal.colors == "none" and series.name == "validation":
            every = max(1, 4 * len(series.x) // max(width, 1))
            return plots.Line(series.name, series.x[::every], series.y[::every], color, "o")
        return plots.Line(series.name, series.x, series.y, color)

    def mark(self, name: str) -> Piece:
        """The mark of training or validation, as in the legend."""
        color = self.palette.train if name == "train" else self.palette.validation
        return MARKS[name][0 if self.unicode else 1], paint(color)

    def _figures(self, names: Sequence[str], values: Sequence[str]) -> Iterator[Piece]:
        quiet, loud = paint(self.palette.muted), paint(self.palette.text)
        for place, (name, value) in enumerate(zip(names, values, strict=True)):
            yield "  " if place else "", quiet
            yield self.mark(name)
            yield f" {name} ", quiet
            yield value, loud


class LossPane(CurvePane):
    """How wrong the network is. log_scale: by powers of ten."""

    NAME = "loss"
    NUMBER = 3
    HELP: ClassVar[str] = """\
**Loss.** How wrong the network is, epoch by epoch; lower is better. ◆ is the loss on the rows it learns from, ◇ on rows
held back for validation. Both falling: it learns. ◆ falling while ◇ rises: it learns the noise by heart. Jumping up:
the steps are too long. `y` draws it by powers of ten. A gap: the loss was no longer a number.
"""

    def __init__(self, terminal: Terminal | None = None, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(terminal, id=id, classes=classes)
        self.log_scale = False

    def title(self, frame: Frame) -> str:
        """Says how it is scaled."""
        return f"{self.NAME}, powers of ten" if self.log_scale else self.NAME

    def legend(self, frame: Frame) -> list[Piece]:
        """Training and validation with their present values."""
        known = [name for name in MARKS if f"{name}_loss" in frame.metrics]
        return list(self._figures(known, [figure(frame.metrics[f"{name}_loss"]) for name in known]))

    def summary(self, frame: Frame) -> str:
        """The newest values, and the lowest of validation."""
        said = [
            f"{name} loss {figure(frame.metrics[f'{name}_loss'])}" for name in MARKS if f"{name}_loss" in frame.metrics
        ]
        for series in frame.losses:
            finite = [
                (y, x) for x, y in zip(series.x.tolist(), series.y.tolist(), strict=True) if abs(y) < float("inf")
            ]
            if series.name == "validation" and finite:
                lowest, epoch = min(finite)
                said.append(f"lowest validation loss {figure(lowest)} at epoch {epoch:.0f}")
        return ", ".join(said) or "no loss yet"

    def draw(self, frame: Frame, width: int, height: int) -> list[Strip]:
        """The curves of single steps (while epochs are few), of training and of validation."""
        if width < 1 or height < 1:
            return rows.block([], width, height)
        if not any(len(series.x) for series in frame.losses):
            return self.waiting(frame, width, height)
        shown = [series for series in frame.losses if series.name != "step" or frame.epochs <= FEW or frame.epoch < 2]
        return self._draw(frame, width, height, shown, log=self.log_scale)


class AccuracyPane(CurvePane):
    """How often the network is right, the best anybody could be, and the figures; for a regression the figures."""

    NAME = "accuracy"
    NUMBER = 4
    HELP: ClassVar[str] = """\
**Accuracy.** The share of rows answered right, epoch by epoch: ◆ of those it learns from, ◇ of validation. The dashed
line is the best possible: data with noise cannot be answered better than that by anybody, however large the network.
When the run has ended, test is the share of rows it never saw, counted once. A regression shows figures instead.
"""

    def title(self, frame: Frame) -> str:
        """A regression has no accuracy."""
        return "figures" if frame.task == "regression" or (frame.loop and not frame.accuracies) else self.NAME

    def legend(self, frame: Frame) -> list[Piece]:
        """The share that matters most now."""
        for split in ("test", "validation", "train"):
            value = frame.metrics.get(f"{split}_accuracy")
            if value is not None:
                mark = [self.mark(split), (" ", paint())] if split in MARKS else []
                name = f"{split} ", paint(self.palette.muted)
                return [name, *mark, (percent(value), paint(self.palette.text, bold=True))]
        return []

    def summary(self, frame: Frame) -> str:
        """Every figure known."""
        return ", ".join(f"{name} {value}" for name, value in self._facts(frame)) or "no accuracy yet"

    def draw(self, frame: Frame, width: int, height: int) -> list[Strip]:
        """The curves with the ceiling; below them, where there is room, the figures."""
        if width < 1 or height < 1:
            return rows.block([], width, height)
        facts = self._facts(frame)
        if frame.task == "regression" or (frame.loop and facts and not frame.accuracies):
            return rows.block([self._fact(*fact, width) for fact in facts], width, height)
        if not any(len(series.x) for series in frame.accuracies):
            return self.waiting(frame, width, height)
        from mlcore import plots

        room = height - TALL if height >= TALL + 2 else 0
        below = [self._fact(*fact, width) for fact in facts[:room]]
        levels = [plots.Level(frame.ceiling, number(self.palette.muted))] if frame.ceiling is not None else []
        lowest = min((float(y) for s in frame.accuracies for y in s.y.tolist() if 0 <= y <= 1), default=0.0)
        limits = max(0.0, int(lowest * 10 - 1e-9) / 10), 1.0
        curves = self._draw(frame, width, height - len(below), frame.accuracies, levels=levels, limits=limits)
        return [*curves, *below]

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
        if frame.learning_rate and "learning_rate" not in metrics:
            facts.append(("learning rate", f"{frame.learning_rate:.3g}"))
        return facts

    def _fact(self, name: str, value: str, width: int) -> Strip:
        left, right = [(f" {name}", paint(self.palette.muted))], [(f"{value} ", paint(self.palette.text))]
        return rows.row(rows.spread(left, right, width), width)


def horizon(epoch: int, epochs: int) -> float:
    """Where the epochs' axis ends: a round number ahead of the present, and never beyond the last epoch."""
    power = 10
    while True:
        for nice in (1, 2, 5):
            if epoch <= nice * power:
                return float(max(1, min(nice * power, epochs or nice * power)))
        power *= 10
