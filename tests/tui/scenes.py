"""Frames made up for tests, and an app that shows panes as the Lab lays them out."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from tests.tui import ways
from tui.frame import (
    Boundary,
    Confusion,
    Fit,
    Frame,
    Happening,
    LayerRow,
    Net,
    Pictures,
    Points,
    Responses,
    Series,
    Surface,
)
from tui.terminal import COLORS, GLYPHS, Terminal
from tui.widgets.boundary import BoundaryPane
from tui.widgets.confusion import ConfusionPane
from tui.widgets.curves import AccuracyPane, LossPane
from tui.widgets.digits import DigitsPane
from tui.widgets.events import EventsPane
from tui.widgets.forecast import ForecastPane
from tui.widgets.keyline import KeyLine
from tui.widgets.layers import LayersPane
from tui.widgets.network import NetworkPane
from tui.widgets.neurons import NeuronsPane
from tui.widgets.patterns import FiltersPane
from tui.widgets.samples import SamplesPane
from tui.widgets.strip import DataStrip, ProgressLine

INSIDE = (LayersPane, ConfusionPane, NeuronsPane, EventsPane, FiltersPane)
PANES = (SamplesPane, ForecastPane, NetworkPane, BoundaryPane, DigitsPane, LossPane, AccuracyPane, *INSIDE)
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
    frame, nan, odd = circles(), np.nan, np.array([np.nan, np.inf, -np.inf, 1e30, 1e-12, 0.0, -1.0])
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
        layers=(
            layer("dense.1", (2, 8), nan, weight=nan, gradient=-np.inf, weights=np.zeros(16, np.uint8), dead=nan),
            layer("", (), np.inf, weight=1e30, gradient=nan, bend="relu", units=10**9, dead=1.0, stuck=1.0),
        ),
        confusion=Confusion(np.zeros((2, 2), np.int32), ("0", "1"), "validation", 0),
        responses=(Responses("dense.1", 8, np.full((8, 1, 24), 128, np.uint8), np.zeros(8)),),
        curves={"r2": (Series("train", odd, odd),), "mae": (Series("validation", np.empty(0), np.empty(0)),)},
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
        layers=(layer(HOSTILE, (2, 8), bend=HOSTILE, units=8, dead=0.0),),
        confusion=Confusion(np.eye(2, dtype=np.int32), (HOSTILE, HOSTILE), HOSTILE, 2),
        responses=(Responses(HOSTILE, 8, np.zeros((8, 24, 24), np.uint8), np.ones(8)),),
        events=(Happening(3, HOSTILE, HOSTILE, HOSTILE),),
        curves={HOSTILE: frame.accuracies},
        axes=(HOSTILE, HOSTILE),
        samples=(HOSTILE,),
    )


EVENTS = (
    Happening(0, "start", "began: 105 parameters, adam, rate 0.01, seed 42"),
    Happening(12, "change", "learning rate 0.01 -> 0.003", "you"),
    Happening(30, "warning", "checkpoint.safetensors could not be written: no space left on the device"),
    Happening(41, "best", "the best so far, validation loss .2034"),
    Happening(40, "checkpoint", "checkpoint written"),
)


def layer(name: str, shape: tuple[int, ...], ratio: float = -3.1, **others: object) -> LayerRow:
    """A row of the table of layers."""
    bell = np.array([0, 4, 20, 60, 110, 180, 240, 255, 250, 200, 120, 70, 30, 10, 2, 0], np.uint8)
    row = LayerRow(name, shape, int(np.prod(shape)) + 1, 2.31, 0.0141, ratio, bell, np.roll(bell, 1))
    return row._replace(**others)


def inside(frame: Frame, classes: int = 2) -> Frame:
    """A frame whose panes show the inside of its network: one layer too fast, one with dead units."""
    random = np.random.default_rng(11)
    mistakes = (random.random((classes, classes)) < 0.2) * random.integers(1, 9, (classes, classes))
    counts = np.diag(np.full(classes, 30)) + mistakes
    down, across = np.meshgrid(np.linspace(1, -1, 24), np.linspace(-1, 1, 24), indexing="ij")
    turned = [np.cos(a) * across + np.sin(a) * down for a in np.linspace(0, 6, 8)]
    maps = np.stack([128 + 127 * np.tanh(3 * each) for each in turned]).astype(np.uint8)
    maps[3] = 128
    scale = np.ones(8, np.float32)
    scale[3] = 0
    return frame._replace(
        inside_epoch=frame.shown_epoch,
        layers=(
            layer("dense.1", (2, 8), -1.4, bend="relu", units=8, dead=0.125, stuck=0.0),
            layer("dense.2", (8, 8), -3.1, bend="tanh", units=8, dead=0.0, stuck=0.62),
            layer("dense.3", (8, classes)),
        ),
        confusion=Confusion(counts.astype(np.int32), frame.class_names or ("0", "1"), "validation", int(counts.sum())),
        responses=(Responses("dense.1", 8, maps, scale), Responses("dense.2", 40, maps[:, ::-1], scale)),
        events=EVENTS,
    )


def surface() -> Frame:
    """A regression on two features, and its metrics as curves."""
    frame = inside(line())
    across, down = np.meshgrid(np.linspace(0, 255, 60), np.linspace(0, 255, 40))
    level = ((across + down) / 2).astype(np.uint8)
    dots = Points(np.linspace(-1, 1, 40), np.linspace(1, -1, 40), np.linspace(0, 255, 40).astype(np.uint8))
    epochs = np.arange(1.0, 44)
    r2 = Series("train", epochs, 1 - np.exp(-epochs / 9)), Series("validation", epochs, 0.9 - np.exp(-epochs / 9))
    mae = Series("train", epochs, np.exp(-epochs / 9)), Series("validation", epochs, np.exp(-epochs / 9) + 0.1)
    return frame._replace(
        state="running",
        dataset="hills",
        fit=None,
        surface=Surface(level, (-1.2, 1.2, -1.2, 1.2), -0.98, 0.91),
        points=dots,
        test_points=dots,
        axes=("x1", "x2"),
        confusion=None,
        curves={"mae": mae, "r2": r2},
        metrics={**frame.metrics, "train_r2": 0.99, "validation_r2": 0.89, "validation_mae": 0.1},
    )


def projected() -> Frame:
    """Classes of many features on the plane they spread over most."""
    names = ("setosa", "versicolor", "virginica")
    frame = inside(circles(classes=3)._replace(class_names=names, dataset="iris"), 3)
    return frame._replace(axes=("1st direction", "2nd direction"), spread=0.958)


def wide() -> Frame:
    """A network with more layers and neurons than there is room for."""
    widths = (784, *([300] * 12), 10)
    bends = (*(["relu"] * 12), "")
    frame = circles()._replace(net=Net((), tuple("0123456789"), widths, bends, weights(widths), 1_234_567))
    many = inside(circles(classes=10), 10)
    names = tuple(f"a class with a long name {n}" for n in range(60))
    counts = np.random.default_rng(2).integers(0, 2000, (60, 60)).astype(np.int32)
    frame = frame._replace(
        layers=many.layers * 13,
        responses=many.responses * 12,
        confusion=Confusion(counts, names, "validation", int(counts.sum())),
        events=EVENTS * 40,
    )
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
    "inside": inside(circles()),
    "surface": surface(),
    "projected": projected(),
    "an image": ways.image(digits()),
    "letters": ways.letters(digits()),
    "one letter": ways.letters(digits(), "."),
    "many letters": ways.letters(digits(), ".ab" * 90),
    "a series": ways.series(line()),
    "one step": ways.series(line(), 1, float("nan")),
    "many steps": ways.series(line(), 500, float("-inf")),
}
