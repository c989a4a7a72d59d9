"""The lines of the Build form, and its pictures: everything can be chosen somewhere, on every terminal."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest

import mlcore
from mlcore.worker import planning, protocol
from mlcore.worker.pictures import Stage
from tests.tui.scenes import HOSTILE, TIERS
from tests.tui.test_pane_drawings import SIZES, checked
from tui import plan, rowplan
from tui.draft import Draft
from tui.frame import Frame
from tui.screens.rates import SweepCurve
from tui.terminal import Terminal
from tui.widgets.fields import FormPane
from tui.widgets.headline import Headline
from tui.widgets.preview import PreviewPane
from tui.widgets.sketch import RatePane

KINDS = ("circles", "hills", "line", "digits", "iris", "diabetes")


def draft_of(**settings: object) -> Draft:
    return Draft(mlcore.load_recipe("circles").with_settings(settings))


def asked(config: object, name: str = "Sketch", **more: object) -> object:
    """A worker's answer, in this process."""
    plain = config.to_dict()  # type: ignore[attr-defined]
    about = {"dataset": plain["dataset"]} if name in ("Preview", "Measure") else {"config": plain}
    question = getattr(protocol, name)(**about, **more)
    return planning.answer(question, planning.experiment(question), Stage(config, config.dataset.load()), None)  # type: ignore[attr-defined]


@pytest.mark.parametrize("kind", [*mlcore.datasets.CATALOGUE.names()])
def test_every_setting_there_is_has_a_line_in_one_of_the_columns_with_help(kind: str) -> None:
    config = draft_of(dataset=kind).config
    lines = (
        *rowplan.data_lines(plan.rows_of(config), None),
        *plan.network_lines(plan.rows_of(config), Draft(config).words, None),
        *plan.training_lines(plan.rows_of(config), None),
    )
    shown = {line.name.partition(":")[0] for line in lines if line.live or line.role == "fixed"}
    assert {row.name for row in mlcore.form.rows(config)} <= shown
    assert [line.name for line in lines if line.live and not line.help] == []


def test_each_layer_has_a_line_with_what_comes_out_and_how_much_it_learns() -> None:
    draft = draft_of(layers="10 batch_norm relu | drop .2 | 4 elu 1.5")
    lines = plan.network_lines(plan.rows_of(draft.config), draft.words, asked(draft.config))  # type: ignore[arg-type]
    layers = [(line.label, line.value, *line.tail.split()[1:]) for line in lines if line.role == "layer"]
    assert layers == [
        ("1 dense", "10", "10", "30"),
        ("2 norm", "batch_norm", "10", "40"),
        ("3 bend", "relu", "10"),
        ("4 dropout", ".2", "10"),
        ("5 dense", "4", "4", "44"),
        ("6 bend", "elu 1.5", "4"),
    ]
    assert [line.value for line in lines if line.role == "end"] == ["2", "1"]
    odd = draft_of(layers="8 | 8")
    remarks = plan.network_lines(plan.rows_of(odd.config), odd.words, asked(odd.config))  # type: ignore[arg-type]
    assert any("no activation at all" in line.label for line in remarks if line.role == "odd")
    assert plan.network_lines(plan.rows_of(odd.config), odd.words, None, "no such file")[3].label == "no such file"


def test_a_setting_is_turned_to_its_neighbour_doubled_or_halved_and_never_stuck_at_nothing() -> None:
    rows = {row.name: row for row in mlcore.form.rows(draft_of().config)}
    assert plan.turned(rows["optimizer.kind"], 1) == "adamw" and plan.turned(rows["optimizer.kind"], -1) == "adagrad"
    assert plan.turned(rows["epochs"], 1) == 400 and plan.turned(rows["seed"], -1) == 41
    assert plan.turned(rows["optimizer.learning_rate"], -1) == 0.0025
    assert plan.turned(rows["stopping.restore_best"], 1) is False
    decay = rows["optimizer.weight_decay"]
    assert plan.turned(decay, 1) == plan.LEAST and plan.turned(decay._replace(value=plan.LEAST), -1) == 0.0
    patience = rows["stopping.patience"]
    assert plan.turned(patience, 1) == 1 and plan.turned(patience._replace(value=1), -1) == 0
    assert plan.turned(rows["epochs"]._replace(value=1), -1) == 1
    assert plan.turned(rows["stopping.goal"], 1) is None


def test_a_number_turned_past_its_limits_stays_within_them() -> None:
    rows = {row.name: row for row in mlcore.form.rows(draft_of(dataset="blobs").config)}

    def far(name: str, step: int) -> object:
        row = rows[name]
        for _ in range(60):
            row = row._replace(value=plan.turned(row, step))
            draft_of(dataset="blobs").changed({name: row.value})
        return row.value

    assert plan.turned(rows["optimizer.beta1"], 1) == 0.95 and 0.9999 < far("optimizer.beta1", 1) < 1  # type: ignore[operator]
    assert (far("dataset.centers", 1), far("dataset.centers", -1)) == (20, 2)
    assert (far("dataset.n_samples", 1), far("dataset.n_samples", -1)) == (1_000_000, 10)
    assert 0.9999 < far("dataset.split.test", 1) < 1  # type: ignore[operator]
    rows["dataset.split.test"] = rows["dataset.split.test"]._replace(value=10)
    assert plan.turned(rows["dataset.split.test"], 1) == 20


def test_choices_that_do_not_go_with_the_data_are_not_offered_but_kept_where_they_stand() -> None:
    config = draft_of(dataset="iris").config
    outline = asked(config)
    rows = plan.rows_of(config, outline)  # type: ignore[arg-type]
    assert rows["loss.kind"].choices == ("auto", "softmax_cross_entropy", "kl_div")
    assert "validation_r2" not in rows["stopping.monitor"].choices
    wrong = config.with_settings({"loss.kind": "mse"})
    assert "mse" in plan.rows_of(wrong, outline)["loss.kind"].choices  # type: ignore[arg-type]


def test_layers_are_moved_resized_and_removed_by_their_place() -> None:
    draft = draft_of(layers="8 relu | drop .2 | 4 tanh")
    assert draft.words == ("8", "relu", "drop .2", "4", "tanh")
    assert draft.with_moved(2, 1).words == ("8", "relu", "4", "drop .2", "tanh")
    assert draft.with_moved(0, -1) == draft and draft.with_moved(4, 1) == draft
    assert draft.without_block(0).words == ("drop .2", "4", "tanh") and draft.without_block(2).words[2] == "4"
    turns = [draft.with_turned(place, step).words[place] for place in range(5) for step in (1, -1)]
    assert turns == ["12", "6", "relu6", "gelu", "drop .3", "drop .1", "6", "3", "leaky_relu", "sigmoid"]
    assert draft.with_inserted(2, "5", "elu").words[2:4] == ("5", "elu")


@pytest.mark.parametrize("kind", KINDS)
def test_a_preview_fills_its_cells_on_every_terminal_and_says_itself_in_one_sentence(kind: str) -> None:
    config = draft_of(dataset=kind).config
    scene, yardsticks = asked(config, "Preview"), asked(config, "Measure")
    for terminal, (width, height) in itertools.product(TIERS, SIZES):
        pane = PreviewPane(terminal)
        pane.scene, pane.yardsticks = scene, yardsticks  # type: ignore[assignment]
        lines = checked(pane, Frame(), width, height)
        assert terminal.glyphs != "ascii" or all(line.isascii() for line in lines), lines
    assert kind in pane.summary(Frame()) and "\n" not in pane.summary(Frame())
    text = "\n".join(lines)  # of the last one, 80 x 30
    expected = {"circles": "o", "hills": "9", "line": "o", "digits": "9", "iris": "virginica", "diabetes": "bmi"}
    assert expected[kind] in text and "train" in text
    pane.problem = "no such file " + HOSTILE
    assert any("no such file" in line for line in checked(pane, Frame(), 40, 12))


def test_forms_rates_sweeps_and_headlines_fill_their_cells_on_every_terminal() -> None:
    config = draft_of(schedule="one_cycle", layers="8 relu | drop .2").config
    outline, x = asked(config), np.geomspace(1e-6, 10, 50)
    swept = protocol.Swept(
        rates=x, losses=1 / x, smoothed=x * 0 + 0.5, first=0.7, suggestion=0.01, why="it falls", networks=5
    )
    lines = plan.network_lines(plan.rows_of(config), Draft(config).words, outline, HOSTILE)  # type: ignore[arg-type]
    lines = (*lines, plan.Line("field", "x", HOSTILE, HOSTILE, HOSTILE, HOSTILE))
    for terminal, (width, height) in itertools.product(TIERS, SIZES):
        form, rate, curve, head = (
            FormPane("network", 2, "", terminal),
            RatePane(terminal),
            SweepCurve(terminal),
            Headline("x"),
        )
        head._terminal, head.words = terminal, HOSTILE
        form.lines, form.cursor, rate.config, rate.steps, curve.swept = lines, 4, config, 22, swept
        for drawing in (form, rate, curve, head):
            drawn = checked(drawing, Frame(), width, height)
            assert terminal.glyphs != "ascii" or all(line.isascii() or "日" in line for line in drawn), drawn
    assert rate.summary(Frame()) == "the learning rate goes from 0.0002 to 2e-08, at most 0.005"
    assert form.summary(Frame()).startswith("network: ")


def test_the_line_under_the_cursor_is_always_among_those_shown() -> None:
    form = FormPane("training", 3, "", Terminal())
    form.lines = plan.training_lines(plan.rows_of(draft_of().config), None)
    for step in (1, -1):
        for _ in form.lines:
            form.move(step)
            assert any(strip.text.startswith("▸") for strip in form.draw(Frame(), 38, 7))
    assert form.line is not None and form.line.name == "epochs"
    form.go("recording.keep")
    assert form.line.label == "keep"


def test_each_step_of_a_table_has_a_line_in_the_words_of_the_data_screen() -> None:
    steps = [
        {"kind": "filter", "where": "Price > 3"},
        {"kind": "sort", "by": ["-Sales", "Region"]},
        {"kind": "fill", "column": "Price", "how": "mean"},
        {"kind": "keep", "columns": ["Price", "Sales"]},
        {"kind": "filter", "where": " or ".join(f"Price == {n}" for n in range(20))},
    ]
    config = draft_of(dataset={"kind": "file", "path": "x.csv", "steps": steps}).config
    found = [line for line in rowplan.data_lines(plan.rows_of(config), None) if line.role == "step"]
    assert [line.label for line in found[:4]] == [
        "1 filter Price > 3", "2 sort by Sales down, Region", "3 Price filled: mean", "4 keep 2 columns",
    ]  # fmt: skip
    assert all(line.live and line.label[2:] in line.help for line in found)
    for terminal, (width, height) in itertools.product(TIERS, SIZES):
        form = FormPane("data", 1, "help", terminal)
        form.lines, form.cursor = rowplan.data_lines(plan.rows_of(config), None), 0
        checked(form, Frame(), width, height)
    assert [line.label for line in rowplan.data_lines(plan.rows_of(draft_of(dataset="file").config), None)
            if line.role == "step"] == ["none"]  # fmt: skip


@pytest.mark.parametrize(
    ("values", "task", "taken", "other"),
    [
        ("0 1 2 3", "auto", "4 classes", "numbers: their distances count too"),
        ("0 1 2 3", "numbers", "a number", ""),
        (".5 1 2 3", "auto", "a number", "classes: each value by itself"),
        ("low mid high top", "auto", "4 classes", ""),
    ],
)
def test_build_says_what_a_target_is_taken_for_and_what_else_it_could_be(
    tmp_path: Path, values: str, task: str, taken: str, other: str
) -> None:
    rows = [f"{n},{value}" for n in range(20) for value in values.split()]
    (tmp_path / "x.csv").write_text("\n".join(["a,b", *rows]) + "\n", encoding="utf-8")
    dataset = {"kind": "file", "path": str(tmp_path / "x.csv"), "target": "b", "task": task}
    config = draft_of(dataset=dataset).config
    lines = rowplan.data_lines(plan.rows_of(config), asked(config, "Preview"))  # type: ignore[arg-type]
    line = next(line for line in lines if line.name == "dataset.task")
    assert lines.index(line) == 4 and lines[3].name == "dataset.target"
    assert (line.value, line.tail) == (task, taken)
    assert line.help.startswith(f"here it is {taken}" + (f"; {other}." if other else "."))
