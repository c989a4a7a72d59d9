"""Analyse: every view at every size and tier, what keys do, and the screen with a real worker behind it."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import msgspec
import numpy as np
import pytest

from mlcore.cli import main
from tests.tui.findings import Wall, analysis
from tests.tui.living import SLOW, living
from tests.tui.scenes import HOSTILE, TIERS
from tui.sights import VIEWS
from tui.terminal import Terminal
from tui.widgets.bars import bar, signed
from tui.widgets.examined import view_of
from tui.widgets.matrix import matrix
from tui.widgets.scatter import signs_of

SIZES = ((1, 1), (7, 3), (31, 6), (78, 17), (70, 34), (130, 50))
SCENES = {
    "classes": analysis(3),
    "pictures": analysis(10, image=True),
    "two": analysis(2),
    "many": analysis(40),
    "numbers": analysis(0),
    "hostile": analysis(3, hostile=HOSTILE),
}


def drawn(view: str, scene, terminal: Terminal, width: int, height: int) -> list[str]:
    strips = view_of(view, scene, terminal).draw(scene, width, height)
    assert len(strips) == height
    for strip in strips:
        assert sum(segment.cell_length for segment in strip) == width == strip.cell_length
        assert all(segment.style is not None and segment.text.isprintable() for segment in strip)
    return [strip.text.rstrip() for strip in strips]


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("name", SCENES)
def test_a_view_fills_its_cells_exactly_on_every_terminal(view: str, name: str) -> None:
    moved = SCENES[name].seen(view).moved(1, 3).scrolled(99, 99)._replace(step=99)
    for scene, terminal, size in itertools.product((SCENES[name], moved), TIERS, SIZES):
        lines = drawn(view, scene, terminal, *size)
        assert terminal.glyphs != "ascii" or name == "hostile" or "".join(lines).isascii()
    said = view_of(view, SCENES[name], Terminal()).sentence(SCENES[name])
    assert said.isprintable() and len(said) > 10
    assert view_of(view, SCENES[name], Terminal()).HELP.startswith("**")


@pytest.mark.parametrize("name", ["classes", "numbers"])
def test_every_step_of_a_trace_has_its_numbers(name: str) -> None:
    scene = SCENES[name]
    found = []
    for step in range(scene.steps):
        lines = drawn("trace", scene._replace(step=step), Terminal(), 80, 60)
        found += [lines[0].split(":")[0].strip()]
    assert found[:3] == ["forward", "forward, layer 1", "forward, layer 2"]
    assert found[3].startswith("the loss") and found[4:] == ["back, layer 2", "back, layer 1"]
    text = "\n".join(drawn("trace", scene._replace(step=1), Terminal(), 80, 60))
    assert "y = x W + b" in text and "0.142857143" in text and "3x4" in text.replace(" ", "")
    text = "\n".join(drawn("trace", scene._replace(step=5), Terminal(), 80, 60))
    assert "dW = xᵀ dy" in text and "1.00000e-09" in text and "learning rate 0.01" in text
    assert "loss after   3.200000000   (was 3.500000000)" in text


def test_a_matrix_shows_what_is_around_its_cursor_and_the_share_found() -> None:
    counts = np.diag(np.arange(1, 41))
    counts[2, 7] = 3
    names = [f"class {k}" for k in range(40)]
    lines = [strip.text for strip in matrix(counts.tolist(), names, 78, 12, Terminal(), (2, 7))]
    assert any("[3]" in line and "class 2" in line and line.rstrip().endswith("50.0 %") for line in lines)
    lines = [strip.text for strip in matrix(counts.tolist(), names, 78, 12, Terminal(), (39, 39))]
    assert "[40]" in lines[-1] and "class 39" in lines[-1] and "of 40" in lines[0]
    small = [strip.text.split() for strip in matrix([[9, 1], [0, 0]], ["no", "yes"], 60, 4, Terminal("none", "ascii"))]
    assert small[1:] == [["no", "yes"], ["no", "9", "1", "90.0", "%"], ["yes", ".", ".", "-"]]


def test_bars_say_nothing_of_nothing_and_signs_are_as_many_as_classes() -> None:
    terminal = Terminal()
    assert (bar(0, 4, terminal), bar(0.001, 4, terminal), bar(1, 4, terminal)) == ("    ", "▏   ", "████")
    assert bar(float("nan"), 3, terminal) == "   "
    assert signed(-0.5, 4, Terminal(glyphs="ascii")) == ("  ##", "    ")
    assert signs_of([str(k) for k in range(10)]) == tuple("0123456789")
    assert len(set(signs_of([f"kind {k}" for k in range(30)])[:30])) == 30


def test_keys_move_a_cursor_open_cells_and_come_back() -> None:
    scene = SCENES["classes"]
    assert scene.moved(5, 1).cell == (2, 1) and scene.moved(-1, -1).cell == (0, 0)
    opened = scene.moved(0, 1).opened()
    assert (opened.view, opened.within) == ("mistakes", (0, 1))
    judged = opened.judgement
    assert all(judged.label[k] == 0 and judged.said[k] == 1 for k in opened.listed)
    assert opened.moved(1, 0).place == 1 and opened.stepped(10**9).place == len(opened.listed) - 1
    assert opened.closed().view == "confusion" and opened.closed().closed() is None
    of_class = scene.seen("report").moved(1, 0).opened()
    assert of_class.within == (1, None) and all(judged.label[k] == 1 != judged.said[k] for k in of_class.listed)
    assert len(scene.listed) == (judged.label != judged.said).sum() and len(SCENES["numbers"].listed) == 60
    assert scene.seen("mistakes").opened().view == "trace"
    deeper = scene.seen("projection").scrolled(0, 9)
    assert deeper.depth == 1 == deeper.wanted("projection")[1]
    assert scene.on_next_split().split == "train" and scene.on_next_split().judgement is None
    assert scene._replace(within=(0, 2)).row is None


def test_the_command_of_a_view_says_the_same_in_a_shell() -> None:
    scene = SCENES["classes"]
    said = {view: scene.seen(view)._replace(epoch=7).command() for view in VIEWS}
    assert said["confusion"] == "mlj evaluate calm-finch --split test --epoch 7"
    assert said["calibration"].endswith("--calibration") and said["filters"].endswith("--what filters --epoch 7")
    assert said["ranking"] == "mlj plot calm-finch --what roc --split test --epoch 7"
    assert said["columns"] == "mlj plot calm-finch --what dependence --column x2 --split test --epoch 7"
    assert scene.seen("ranking").moved(0, 1).command() == "mlj plot calm-finch --what pr --split test"
    assert SCENES["numbers"].seen("ranking").command() == "mlj plot calm-finch --what residuals --split test"
    assert said["trace"] == f"mlj trace calm-finch --split test --row {scene.row} --backward --epoch 7"
    assert scene._replace(passing=True).command().endswith("--epoch 40")
    assert scene._replace(run="", name="").command() == ""
    assert scene._replace(name="a b; rm").command() == "mlj evaluate 'a b; rm' --split test"
    assert SCENES["numbers"].command() == "mlj plot calm-finch --what fit"


@pytest.mark.parametrize(
    ("name", "terminal", "scene", "views"),
    [
        ("analyse", Terminal(), "pictures", ("confusion", "mistakes", "projection", "filters")),
        ("analyse-table", Terminal("256"), "two", ("columns", "ranking", "calibration", "report")),
        ("analyse-numbers", Terminal("none", "ascii"), "numbers", ("ranking", "columns", "calibration", "confusion")),
        ("analyse-16", Terminal("16", "blocks"), "classes", ("report", "calibration", "mistakes", "trace")),
    ],
)
async def test_analyse_looks_as_reviewed(name, terminal, scene, views, snapshot) -> None:
    app = Wall(terminal, SCENES[scene].seen(views[0])._replace(step=4), views)
    async with app.run_test(size=(120, 40)):
        await snapshot(app, name)


# with a worker ----------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("own_home")
async def test_two_keys_lead_to_the_worst_mistake_and_a_third_to_why(tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    async with living(tmp_path, "journey/digits") as lab:
        await lab.until(lambda: lab.frame.run)
        await lab.press("A", "3")
        screen = lab.app.screen
        await lab.until(lambda: screen.analysis.example)
        now = screen.analysis
        shown = now.example
        assert shown.row == now.judgement.index[0] and shown.answer.argmax() != shown.label[0]
        assert shown.loss == pytest.approx(float(now.judgement.losses.max()), rel=1e-4)
        await lab.press("enter")
        await lab.until(lambda: screen.analysis.traced)
        assert screen.analysis.traced.loss == pytest.approx(shown.loss, rel=1e-4)
        await lab.press("T", "2", "T")
        (whole,) = tmp_path.glob("mlj-digits-report-epoch-*.txt")
        assert f"$ {screen.analysis.command()}" in whole.read_text(encoding="utf-8")
        command = screen.analysis.command()
        await lab.press("escape")
        assert lab.app.screen is lab.app.laboratory
    capsys.readouterr()
    assert main([*command.split()[1:], "--runs-dir", str(tmp_path / "runs"), "--json"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line)["confusion"] == now.judgement.confusion.tolist()


@pytest.mark.parametrize("name", SCENES)
def test_arrows_choose_the_nearest_point_in_their_direction_and_every_point_can_be_clicked(name: str) -> None:
    scene = SCENES[name].seen("projection")
    x, y, index = scene.projected.x, scene.projected.y, scene.projected.index
    first = scene.moved(0, 1)
    assert first.chosen == scene.row == first.row  # the row looked at, where it is among them
    for down, across, values, sign in ((0, 1, x, 1), (0, -1, x, -1), (1, 0, y, -1), (-1, 0, y, 1)):
        at = first
        for _ in range(100):
            after = at.moved(down, across)
            assert after == at or (values[after.point] - values[at.point]) * sign > 0
            at = after
        assert values[at.point] * sign == (values * sign).max()  # the last one of that side
    clicked = set()
    view = view_of("projection", scene, Terminal())
    for line, column in itertools.product(range(20), range(46)):
        found = scene
        for _ in range(4):  # points in one cell come in turn
            found = view.picked(found, 70, 22, column, line)
            clicked.add(found.chosen)
    assert clicked == set(index.tolist())
    assert view.picked(scene, 70, 22, 60, 3) is None and view.picked(scene, 3, 2, 0, 0) is None
    words = view.sentence(first)
    assert words.startswith(f"row {first.chosen}: ") and words.isprintable()
    assert "[" in "".join(drawn("projection", first, Terminal("none", "ascii"), 70, 22))
    assert first.closed().chosen is None and first.stepped(1).chosen is None and first.on_split("train").chosen is None
    opened = first.opened()
    assert (opened.view, opened.row, opened.closed()) == ("trace", first.chosen, first._replace(top=(0, 0)))


def test_a_projection_says_how_many_of_how_many_rows_are_shown() -> None:
    scene = SCENES["classes"]
    view = view_of("projection", scene, Terminal())
    assert "all 60 test rows" in view.sentence(scene)
    many = scene._replace(judgement=msgspec.structs.replace(scene.judgement, rows=54_321))
    assert "60 of 54,321 test rows" in view.sentence(many)
    assert any("60 of 54,321 test rows" in text for text, _ in view.legend(many))


@pytest.mark.usefixtures("own_home")
async def test_a_cell_opens_its_rows_and_the_other_split_has_other_rows(tmp_path: Path) -> None:
    async with living(tmp_path, "journey/digits", size=(120, 40)) as lab:
        await lab.press("A")
        screen = lab.app.screen
        await lab.until(lambda: screen.analysis.example and screen.analysis.projected)
        assert screen.shown == ("confusion", "mistakes", "report", "projection")
        cell = screen.analysis.cell
        assert screen.analysis.judgement.confusion[cell] == 3  # the most frequent mistake is where the cursor begins
        await lab.press("enter", "full_stop")
        await lab.until(lambda: screen.analysis.example.row == screen.analysis.row)
        shown = screen.analysis.example
        assert (screen.analysis.place, int(shown.label[0]), int(shown.answer.argmax())) == (1, *cell)
        await lab.press("escape")
        assert screen.analysis.view == "confusion" and screen.analysis.within is None
        held = screen.analysis.held
        await lab.press("t")
        await lab.until(lambda: screen.analysis.judgement)
        assert (screen.analysis.split, screen.analysis.held) == ("validation", held)
        assert screen.analysis.judgement.rows == lab.frame.rows["validation"]
        await lab.press("5", "right_square_bracket")
        await lab.until(lambda: screen.analysis.projected and screen.analysis.projected.place == 1)
        await lab.press("right", "right")
        point = screen.analysis.point
        assert point is not None and f"row {screen.analysis.chosen}: " in screen.text()
        await lab.press("enter")
        await lab.until(lambda: screen.analysis.traced and screen.analysis.traced.row == screen.analysis.chosen)
        assert screen.analysis.traced.target == screen.analysis.class_name(screen.analysis.projected.label[point])
        await lab.press("escape")
        assert (screen.analysis.view, screen.analysis.point) == ("projection", point)
        await lab.pilot.click("#main", offset=(20, 6))
        await lab.until(lambda: screen.analysis.point != point)
        await lab.press("escape")
        assert screen.analysis.chosen is None and lab.app.screen is screen
        await lab.press("z")
        assert screen.shown == ("projection",)
        await lab.press("6", "x")
        await lab.until(lambda: lab.app.screen is not screen)
        await lab.press("escape", "question_mark")
        await lab.until(lambda: lab.app.screen is not screen)


@pytest.mark.usefixtures("own_home")
async def test_while_it_trains_the_moment_asked_for_stays_and_u_looks_again(tmp_path: Path) -> None:
    async with living(tmp_path, "journey/circles", pace=SLOW) as lab:
        await lab.until(lambda: lab.frame.epoch >= 2)
        await lab.press("A")
        screen = lab.app.screen
        await lab.until(lambda: screen.analysis.judgement)
        first = screen.analysis.judgement
        await lab.until(lambda: lab.frame.epoch >= first.epoch + 2)
        await lab.press("4", "7")
        await lab.until(lambda: screen.analysis.traced)
        assert screen.analysis.traced.epoch == first.epoch == screen.analysis.judgement.epoch
        await lab.press("u")
        await lab.until(lambda: screen.analysis.judgement and screen.analysis.judgement.epoch > first.epoch)
        await lab.press("escape", "less_than_sign", "A")
        await lab.until(lambda: lab.app.screen.analysis.judgement)  # type: ignore[attr-defined]
        assert lab.app.screen.analysis.judgement.epoch == 0  # type: ignore[attr-defined]


@pytest.mark.usefixtures("own_home")
async def test_a_run_that_diverged_says_so_and_no_key_breaks_the_screen(tmp_path: Path) -> None:
    config = tmp_path / "wild.toml"
    config.write_text(
        'epochs = 3\n[dataset]\nkind = "moons"\nsplit = { test = 0, validation = 0 }\n'
        '[optimizer]\nkind = "sgd"\nlearning_rate = 1e30\n',
        encoding="utf-8",
    )
    async with living(tmp_path, str(config), pace="show") as lab:
        await lab.until(lambda: lab.frame.state == "diverged")
        await lab.press("A")
        screen = lab.app.screen
        await lab.until(lambda: screen.analysis.message)
        assert "outputs are not finite: it diverged" in screen.analysis.message and screen.analysis.split == "train"
        await lab.press(*"1234567", "enter", "comma", "up", "right", "t", "m", "u", "z", "x")
        assert lab.app.screen is not screen
