"""Frames made up for tests, and an app that shows panes as the Lab lays them out."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from textual.app import App, ComposeResult
from textual.containers import Horizontal

from tui import theme
from tui.frame import Boundary, Fit, Frame, Net, Pictures, Points, Series
from tui.terminal import COLORS, GLYPHS, Terminal
from tui.widgets.boundary import BoundaryPane
from tui.widgets.curves import AccuracyPane, LossPane
from tui.widgets.digits import DigitsPane
from tui.widgets.keyline import KeyLine
from tui.widgets.network import NetworkPane
from tui.widgets.strip import CaptionLine, DataStrip, ProgressLine

PANES = (NetworkPane, BoundaryPane, DigitsPane, LossPane, AccuracyPane)
LINES = (DataStrip, ProgressLine, KeyLine)
TIERS = tuple(Terminal(colors, glyphs) for colors in COLORS for glyphs in GLYPHS)
HOSTILE = "x[/red]\x1b[31m\x1b]52;c;aGk=\x07\u202e\x00日本\n"


def circles(epoch: int = 43, classes: int = 2) -> Frame:
    """A run on two rings, or on more classes, in the middle of it."""
    random = np.random.default_rng(7)
    label = np.arange(400) % classes
    radius, angle = 1 - 0.5 * label / classes + random.normal(0, 0.05, 400), random.random(400) * 6.28
    x, y = radius * np.cos(angle), radius * np.sin(angle)
    across, down = np.meshgrid(np.linspace(-1.2, 1.2, 60), np.linspace(1.2, -1.2, 40))
    share = (1.3 - np.hypot(across, down)).clip(0, 0.999) * classes
    epochs = np.arange(1.0, epoch + 1)
    loss = 0.69 * np.exp(-epochs / 18) + 0.11
    widths = (2, 8, 8, 1 if classes == 2 else classes)
    names = tuple(str(number) for number in range(classes))
    return Frame(
        state="running",
        dataset="circles",
        task="binary",
        backend="native avx2",
        epoch=epoch,
        epochs=100,
        step=22 * epoch,
        seconds=0.02,
        steps_per_second=103_000,
        learning_rate=0.01,
        metrics={"train_loss": 0.1731, "validation_loss": 0.2034, "train_accuracy": 0.97, "validation_accuracy": 0.95},
        ceiling=0.977,
        class_names=names,
        rows={"train": 300, "test": 100},
        losses=(Series("train", epochs, loss), Series("validation", epochs, loss + 0.05)),
        accuracies=(Series("train", epochs, 1 - loss / 2), Series("validation", epochs, 0.98 - loss / 2)),
        points=Points(x[:300], y[:300], label[:300]),
        test_points=Points(x[300:], y[300:], label[300:]),
        boundary=Boundary(
            share.astype(np.uint8), (255 * np.abs(share % 1 - 0.5) * 2).astype(np.uint8), (-1.2, 1.2, -1.2, 1.2)
        ),
        net=Net(("x1", "x2"), names, widths, ("relu", "relu", ""), weights(widths), 105),
        film=tuple(range(epoch)),
        shown_epoch=epoch,
        selected=0,
    )


def weights(widths: tuple[int, ...]) -> tuple[np.ndarray, ...]:
    """Matrices between layers of these widths, cut as the worker cuts them."""
    random = np.random.default_rng(3)
    return tuple(random.normal(size=(min(a, 16), min(b, 16))) for a, b in pairwise(widths))


def digits() -> Frame:
    """Pictures with answers, the fourth wrong."""
    images = np.random.default_rng(5).integers(0, 256, (12, 8, 8)).astype(np.uint8)
    label = np.arange(12) % 10
    predicted = label.copy()
    predicted[3] = 8
    names = tuple("0123456789")
    return circles()._replace(
        dataset="digits",
        task="multiclass",
        points=None,
        test_points=None,
        boundary=None,
        ceiling=None,
        class_names=names,
        pictures=Pictures(images, predicted, label, np.linspace(0.5, 1, 12)),
        net=Net((), names, (64, 32, 10), ("relu", ""), weights((64, 32, 10)), 2410),
    )


def line() -> Frame:
    """A regression on one feature, at its end."""
    x = np.linspace(0, 1, 50)
    return circles()._replace(
        state="finished",
        dataset="line",
        task="regression",
        points=None,
        test_points=None,
        boundary=None,
        ceiling=None,
        class_names=(),
        accuracies=(),
        metrics={"train_loss": 0.0123, "test_loss": 0.0151, "test_r2": 0.9876},
        fit=Fit(Points(x, 0.7 * x + 0.3, 0 * x), Points(x[::5], 0.7 * x[::5] + 0.3, 0 * x[::5]), x, 0.68 * x + 0.31),
        net=Net(("x",), ("y",), (1, 10, 1), ("relu6", ""), weights((1, 10, 1)), 31),
    )


def broken() -> Frame:
    """Everything that is not a number, in every place one can stand."""
    frame, odd = circles(), np.array([np.nan, np.inf, -np.inf, 1e30, 1e-12, 0.0, -1.0])
    widths = (2, 8, 8, 1)
    return frame._replace(
        state="diverged",
        steps_per_second=float("nan"),
        eta=float("inf"),
        learning_rate=float("inf"),
        metrics={"train_loss": float("nan"), "validation_loss": float("-inf"), "train_accuracy": float("nan")},
        ceiling=float("nan"),
        losses=(Series("train", np.arange(7.0), odd), Series("validation", odd, odd)),
        accuracies=(Series("train", np.arange(7.0), odd),),
        points=Points(odd, odd[::-1], np.arange(7)),
        net=frame.net._replace(weights=tuple(np.full_like(w, np.nan) for w in weights(widths))),
    )


def hostile() -> Frame:
    """Text that would steer a terminal, in every place text can stand."""
    frame = circles()
    net = frame.net._replace(inputs=(HOSTILE, HOSTILE), outputs=(HOSTILE, HOSTILE), activations=(HOSTILE, HOSTILE, ""))
    return frame._replace(
        dataset=HOSTILE,
        name=HOSTILE,
        run=HOSTILE,
        backend=HOSTILE,
        pace=HOSTILE,
        class_names=(HOSTILE, HOSTILE),
        message=HOSTILE,
        net=net,
    )


def wide() -> Frame:
    """A network with more layers and neurons than there is room for."""
    widths = (784, *([300] * 12), 10)
    bends = (*(["relu"] * 12), "")
    frame = circles()._replace(net=Net((), tuple("0123456789"), widths, bends, weights(widths), 1_234_567))
    return frame._replace(shown_epoch=7, selected=4, metrics={**frame.metrics, "test_accuracy": 0.9713})


FRAMES = {
    "nothing": Frame(),
    "circles": circles(),
    "six classes": circles(classes=6),
    "first epoch": circles(epoch=1),
    "digits": digits(),
    "line": line(),
    "broken": broken(),
    "hostile": hostile(),
    "wide": wide(),
}


class Shelf(App[None]):
    """Panes and lines of one frame, laid out as in the Lab."""

    CSS_PATH = "../../tui/styles/panes.tcss"
    CSS = "#upper { height: 3fr; } #lower { height: 2fr; } Pane { width: 1fr; height: 1fr; } LossPane { width: 3fr; }"

    def __init__(self, terminal: Terminal, frame: Frame, caption: str = "") -> None:
        super().__init__(ansi_color=True if terminal.colors in ("16", "none") else None)
        self.terminal, self.frame, self.caption = terminal, frame, caption

    def compose(self) -> ComposeResult:
        strip = DataStrip()
        strip.names = ("circles", "moons", "blobs", "spirals", "line", "digits")
        yield strip
        with Horizontal(id="upper"):
            yield NetworkPane()
            yield BoundaryPane() if self.frame.pictures is None else DigitsPane()
        with Horizontal(id="lower"):
            yield LossPane()
            yield AccuracyPane()
        yield CaptionLine()
        yield ProgressLine()
        yield KeyLine()

    def on_mount(self) -> None:
        """Show the frame in the terminal's own theme."""
        first, *_ = theme.themes(self.terminal)
        self.register_theme(first)
        self.theme = first.name
        for kind in (*PANES, *LINES):
            for drawing in self.query(kind):
                drawing.show(self.frame)
        self.query_one(CaptionLine).say(self.caption)

    @property
    def rows(self) -> list[str]:
        """The screen as text."""
        return [strip.text for strip in self.screen._compositor.render_strips()]
