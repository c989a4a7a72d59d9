"""Analyse of a table, with a real worker behind it: its columns, how answers go with them, its ranking."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from mlcore.cli import main
from tests.tui.findings import analysis
from tests.tui.living import living
from tui.frame import Frame
from tui.sights import VIEWS
from tui.terminal import Terminal
from tui.widgets.examined import OF_NUMBERS, TABS, TabLine

TABLE = """
epochs = 30
layers = "6 tanh"
[dataset]
kind = "file"
path = "ports.csv"
"""


def ports(folder: Path) -> str:
    """An experiment on a table in which port tells the target, age a little, noise nothing."""
    random = np.random.RandomState(1)
    lines = ["port,age,noise,target"]
    for _ in range(200):
        port, age = random.choice(["Cork", "Lyon", "Oslo"]), random.randint(1, 80)
        lines.append(f"{port},{age},{random.normal():.3f},{'yes' if (port == 'Oslo') != (age > 75) else 'no'}")
    (folder / "ports.csv").write_text("\n".join(lines) + "\n")
    (folder / "ports.toml").write_text(TABLE)
    return str(folder / "ports.toml")


@pytest.mark.usefixtures("own_home")
async def test_a_table_is_told_by_its_columns_and_its_ranking(tmp_path: Path, capsys) -> None:
    async with living(tmp_path, ports(tmp_path)) as lab:
        await lab.until(lambda: lab.frame.run)
        await lab.press("A", "0")
        screen = lab.app.screen
        await lab.until(lambda: screen.analysis.depends)
        now = screen.analysis
        assert now.weighed.names == ("port", "age", "noise") and now.column_name == "port"
        assert now.depends.texts == ("Cork", "Lyon", "Oslo") and now.depends.mean[2, 1] > now.depends.mean[0, 1] + 0.5
        assert "accuracy falls by" in screen.text() and "Oslo" in screen.text()
        await lab.press("down")
        await lab.until(lambda: screen.analysis.depends.place != now.depends.place)
        assert screen.analysis.column_name == screen.analysis.depends.name != "port"
        commands = [screen.analysis.command()]
        await lab.press("9")
        await lab.until(lambda: screen.analysis.ranked)
        (curve,) = screen.analysis.ranked.curves
        assert f"area under the curve {curve.area:.4f} for yes" in screen.text()
        commands.append(screen.analysis.command())
        await lab.press("right")
        assert "average precision" in screen.text()
        await lab.press("t")  # another split is asked anew
        await lab.until(lambda: screen.analysis.ranked.split == screen.analysis.split != "test")
    for command in commands:
        capsys.readouterr()
        assert main([*command.split()[1:], "--runs-dir", str(tmp_path / "runs"), "--json"]) == 0
        (line,) = capsys.readouterr().out.splitlines()
        found = json.loads(line)
    assert found["area"] == pytest.approx(curve.area)


@pytest.mark.usefixtures("own_home")
async def test_pictures_have_no_columns_and_say_so(tmp_path: Path) -> None:
    async with living(tmp_path, "journey/digits") as lab:
        await lab.press("A", "0")
        screen = lab.app.screen
        await lab.until(lambda: screen.analysis.weighed)
        assert "pixels of a picture" in screen.text() and not screen.analysis.message
        assert screen.analysis.moved(1, 0).column == 0 and screen.analysis.wanted("columns") == ("", 0)


@pytest.mark.parametrize("classes", [3, 0])
@pytest.mark.parametrize("view", VIEWS)
def test_at_eighty_columns_the_lit_view_and_those_near_it_are_whole_words_and_others_numbers(
    classes: int, view: str
) -> None:
    tabs, scene = TabLine(Terminal()), analysis(classes).seen(view)
    tabs.look(scene)
    (line,) = (strip.text for strip in tabs.draw(Frame(), 80, 1))
    names = list((TABS | OF_NUMBERS if scene.numbers else TABS).values())
    words = re.findall(r"[\[ ](\d)(?: ((?:one |by )?[^\W\d]+))?", line)
    assert [number for number, _ in words] == list("1234567890")
    assert all(word in ("", named) for (_, word), named in zip(words, names, strict=True))
    assert sum(map(bool, (word for _, word in words))) >= 6
    assert f"[{(VIEWS.index(view) + 1) % 10} {names[VIEWS.index(view)]}]" in line
