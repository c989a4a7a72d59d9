"""Findings made up for tests of Analyse: of classes (with pictures or without), of numbers, and with hostile words."""

from __future__ import annotations

import numpy as np
from textual.app import App, ComposeResult
from textual.containers import Horizontal

from mlcore.worker.findings import (
    Depends,
    Example,
    Filters,
    Judgement,
    Projected,
    Ranked,
    Ranking,
    Stage,
    Traced,
    Weighed,
)
from tui import theme
from tui.analysis import Analysis
from tui.feed import safe
from tui.terminal import Terminal
from tui.text import plural
from tui.widgets.examined import ExaminedPane, HeadLine, TabLine, TextLine

FACTS = {"held": 1, "epoch": 40, "step": 900, "split": "test"}


def judgement(classes: int, features: tuple[str, ...], rows: int = 60) -> Judgement:
    """Rows of which every fifth is wrong, the greatest loss first; classes=0: a regression."""
    random = np.random.default_rng(5)
    label = np.arange(rows) % classes if classes else random.normal(100, 30, rows)
    said = (
        np.where(np.arange(rows) % 5 == 0, (label + 1) % classes, label)
        if classes
        else label + random.normal(size=rows)
    )
    more = {}
    if classes:
        confusion = np.bincount(label * classes + said, minlength=classes**2).reshape(classes, classes)
        bins = np.array([[0, np.nan, np.nan], [12, 0.61, 0.5], [rows - 12, 0.97, 0.99]])
        report = np.column_stack([random.random((classes, 3)), confusion.sum(axis=1)])
        more = {"confusion": confusion, "report": report, "calibration": bins}
    return Judgement(
        **FACTS,
        rows=rows,
        classes=tuple(f"kind {k}" for k in range(classes)),
        features=features,
        splits=("train", "test"),
        metrics={"loss": 0.31, "accuracy": 0.8, "calibration_error": 0.04, "mae": 0.8, "mse": 1.1, "r2": 0.9},
        index=np.argsort(label != said, kind="stable")[::-1].astype(np.int32),
        label=label[::-1].astype(np.float64),
        said=said[::-1].astype(np.float64),
        sure=np.linspace(0.9, 0.4, rows, dtype=np.float32),
        losses=np.linspace(4, 0, rows, dtype=np.float32),
        **more,
    )


def _stage(word: str, ins: int, outs: int) -> Stage:
    arrays = {"w": np.arange(ins * outs).reshape(ins, outs) / 7, "b": np.ones((1, outs)), "y": np.ones((1, outs)) / 3}
    arrays |= {"dy": np.full((1, outs), -12345.678901234), "dw": np.zeros((ins, outs)), "w after": np.ones((ins, outs))}
    arrays |= {"dx": np.full((1, ins), 1e-9)}
    shapes = {name: value.shape if "w" in name else value.shape[1:] for name, value in arrays.items()}
    return Stage(
        kind="dense", word=word, forward=("y = x W + b",), backward=("dW = xᵀ dy",), arrays=arrays, shapes=shapes
    )


def analysis(classes: int = 3, image: bool = False, hostile: str = "") -> Analysis:
    """Everything known of a network: of 3 features, or of pictures of 4 x 5 pixels."""
    inputs, outs = 20 if image else 3, max(classes, 1)
    features = tuple(safe(f"{hostile}x{k}") for k in range(inputs))
    judged = judgement(classes, features)
    now = Analysis(
        dataset="made up",
        task="multiclass" if classes else "regression",
        run="20260101-000000-aaaaaa",
        name="calm-finch",
        ceiling=0.95,
        splits=("test", "train"),
        classes=tuple(safe(f"{hostile}{name}") for name in judged.classes),
        features=features,
        judgement=judged,
    )
    row, random = now.row or 0, np.random.default_rng(6)
    near = {"near": np.arange(5, dtype=np.int32), "near_label": judged.label[:5], "far": np.ones(5)}
    weighed, depends = _columns(features, outs, texts=classes == 2)
    return now._replace(
        ranked=_curves(classes) if classes else None,
        weighed=weighed,
        depends=depends,
        example=Example(
            **FACTS,
            row=row,
            inputs=np.zeros(0) if image else np.array([1.5, -2e9, 3.0]),
            image=random.integers(0, 255, (4, 5)).astype(np.uint8) if image else None,
            answer=random.dirichlet(np.ones(classes)) if classes else np.array([99.5]),
            label=np.array([float(classes > 1)]) if classes else np.array([101.25]),
            loss=3.51,
            pull=random.normal(size=inputs),
            **near,
        ),
        projected=Projected(
            **FACTS,
            places=("inputs", safe(f"{hostile}hidden layer 1: {plural(4, 'unit')}")),
            place=0,
            index=np.arange(60, dtype=np.int32),
            x=random.normal(size=60).astype(np.float32),
            y=np.zeros(60, np.float32) if image else random.normal(size=60).astype(np.float32),
            label=judged.label,
            wrong=(judged.label != judged.said).astype(np.uint8),
            shares=np.array([0.5, 0.25, 0.0]),
        ),
        filters=Filters(
            **FACTS,
            weights=random.normal(size=(inputs, 9)).astype(np.float32),
            biases=np.zeros(9, np.float32),
            of=9,
            image=(4, 5) if image else None,
        ),
        traced=Traced(
            **FACTS,
            row=row,
            x=np.linspace(-1, 1, inputs),
            target="kind 1",
            stages=(_stage("4", inputs, 4), _stage(str(outs), 4, outs)),
            answer=np.full(outs, 1 / outs),
            loss=3.5,
            loss_kind="softmax_cross_entropy",
            dz=np.full(outs, -0.5),
            optimizer="adam",
            rate=0.01,
            loss_after=3.2,
        ),
    )


def _curves(classes: int) -> Ranked:
    """A curve for each class, of two classes one: two corners, and more points than a screen has columns."""
    x = np.linspace(0, 1, 150)
    curves = [
        Ranking(
            number=k, area=0.9 - k / 100, average=0.7, share=0.3, false=x, true=x**0.2, recall=x, precision=1 - x / 2
        )
        for k in ([1] if classes == 2 else range(classes))
    ]
    return Ranked(**FACTS, curves=tuple(curves))


def _columns(features: tuple[str, ...], outs: int, texts: bool) -> tuple[Weighed, Depends]:
    """Columns of which the last is the most important, and how answers go with it."""
    count, random = len(features), np.random.default_rng(7)
    mean = np.arange(count) / 10 - 0.1
    weighed = Weighed(
        **FACTS, metric="accuracy" if outs > 1 else "r2", score=0.9, names=features, mean=mean,
        spread=np.full(count, 0.02), order=np.argsort(-mean, kind="stable").astype(np.int32), rows=60,
    )  # fmt: skip
    values, words = (np.zeros(0), ("red", "a rather long green")) if texts else (np.linspace(-2e9, 3, 25), ())
    curve = random.random((max(len(values), len(words)), outs))
    depends = Depends(
        **FACTS, place=count - 1, name=features[-1], values=values, texts=words,
        outputs=tuple(f"kind {k}" for k in range(outs)), mean=curve, low=curve - 0.1, high=curve + 0.1,
        counts=np.arange(2 if texts else 50),
    )  # fmt: skip
    return weighed, depends


class Wall(App[None]):
    """Four views of one analysis beside each other, as on a large screen."""

    CSS_PATH = "../../tui/styles/panes.tcss"
    CSS = "Horizontal { height: 1fr; } Pane { width: 1fr; height: 1fr; } TabLine, HeadLine, TextLine { height: 1; }"

    def __init__(self, terminal: Terminal, scene: Analysis, views: tuple[str, str, str, str]) -> None:
        super().__init__(ansi_color=True if terminal.colors in ("16", "none") else None)
        self.terminal, self.scene, self.views = terminal, scene, views

    def compose(self) -> ComposeResult:
        yield HeadLine()
        yield TabLine()
        for _ in range(2):
            with Horizontal():
                yield ExaminedPane()
                yield ExaminedPane()
        yield TextLine()

    def on_mount(self) -> None:
        """Show the analysis in the terminal's own theme."""
        first, *_ = theme.themes(self.terminal)
        self.register_theme(first)
        self.theme = first.name
        self.query_one(HeadLine).look(self.scene, "now epoch 57: u")
        self.query_one(TabLine).look(self.scene)
        for pane, view in zip(self.query(ExaminedPane), self.views, strict=True):
            pane.look(self.scene, view)
        self.query_one(TextLine).say(f"$ {self.scene.command()}")
