"""`mlj plot -o FILE`: a picture as SVG that needs nothing else, as text, or as PNG where something makes one."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlcore.commands import saving

NAMESPACE = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def trained(mlj):
    assert mlj("train moons --backend reference -q --epochs 3 --name otter").code == 0
    return mlj


@pytest.mark.parametrize("what", ["loss", "roc", "confusion", "boundary", "calibration", "importance", "filters"])
def test_an_svg_is_whole_needs_nothing_else_and_keeps_its_words(what: str, trained, home: Path) -> None:
    out = home / "picture.svg"
    said = trained(f"plot otter --what {what} -o", out)
    assert said.code == 0 and str(out) in said.out
    text = out.read_text()
    root = ElementTree.fromstring(text)
    assert root.tag == f"{NAMESPACE}svg" and "http" not in text.replace("http://www.w3.org/2000/svg", "")
    assert "prefers-color-scheme:dark" in text and "\x1b" not in text
    words = " ".join(each.text or "" for each in root.iter(f"{NAMESPACE}text"))
    last = trained(f"plot otter --what {what} --width 100 --height 30").out.strip().split("\n")[-1]
    assert re.sub(r"\s+", "", last) in re.sub(r"\s+", "", words) or what in ("importance", "filters")


def test_the_size_is_as_asked_and_text_is_that_of_a_pipe(trained, home: Path) -> None:
    out = home / "roc.txt"
    assert trained("plot otter --what roc --width 60 --height 14 -o", out).code == 0
    assert out.read_text() == trained("plot otter --what roc --width 60 --height 14").out
    svg = home / "roc.svg"
    assert trained("plot otter --what roc --width 60 --height 14 -o", svg).code == 0
    root = ElementTree.fromstring(svg.read_text())
    assert float(root.get("width")) <= 60 * saving.ACROSS + 2 * saving.EDGE
    assert float(root.get("height")) == 14 * saving.DOWN + 2 * saving.EDGE
    assert trained("plot otter --what roc --json -o", svg).lines[0]["out"] == str(svg)


def test_what_cannot_be_written_is_said_and_what_was_there_stays(trained, home: Path) -> None:
    said = trained("plot otter -o", home / "nowhere" / "loss.svg")
    assert said.code == 6 and "nowhere" in said.err and "--out" in said.err
    (home / "full.svg").symlink_to("/dev/full")
    said = trained("plot otter -o", home / "full.svg")
    assert said.code == 6 and "STORAGE_FULL" in said.err
    for name in ("loss.pdf", "loss", ""):
        said = trained("plot otter -o", f"{home}/{name}")
        assert said.code == 2 and ".svg, .png or .txt" in said.err
    assert not [path for path in home.iterdir() if "loss" in path.name]


def test_a_png_takes_what_makes_one(trained, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = home / "loss.png"
    there = shutil.which(saving.RASTERISER)
    with monkeypatch.context() as without:
        without.setattr(saving.shutil, "which", lambda name: None)
        said = trained("plot otter -o", out)
        assert said.code == 2 and "not installed" in said.err and "loss.svg" in said.err and not out.exists()
        without.setattr(saving.shutil, "which", lambda name: name)
        without.setattr(saving, "RASTERISER", "false")
        said = trained("plot otter -o", out)
        assert said.code == 2 and "false failed" in said.err and not out.exists()
    if there:
        assert trained("plot otter -o", out).code == 0 and out.read_bytes().startswith(b"\x89PNG")


@given(st.integers(0, 255))
def test_every_colour_of_a_terminal_can_be_read_on_white(number: int) -> None:
    color = saving.readable(saving._indexed(number))
    assert 1.05 / (saving.luminance(color) + 0.05) >= saving.CONTRAST
    assert all(0 <= part <= 255 for part in color)


@given(st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]), max_size=30))
def test_any_text_is_a_whole_document_with_its_words(text: str) -> None:
    root = ElementTree.fromstring(saving.svg(f"\x1b[38;5;79m{text}\x1b[0m\n⠿█▀░│ end"))
    words = "".join(each.text or "" for each in root.iter(f"{NAMESPACE}text"))
    assert words.endswith("end")
    kept = [sign for sign in text if not saving.shape(sign)]
    assert [sign for sign in words[:-3] if not sign.isspace()] == [sign for sign in kept if not sign.isspace()]


def test_colours_of_a_terminal_are_understood() -> None:
    line = [*saving.cells("\x1b[38;2;1;2;3;48;5;232ma\x1b[0mb\x1b[38;5;196mc\x1b[39md漢e")]
    assert line[0] == saving.Cell("a", (1, 2, 3), (8, 8, 8)) and line[1] == saving.Cell("b")
    assert line[2].ink == (255, 0, 0) and line[3].ink is None
    assert [cell.sign for cell in line[4:]] == ["漢", "", "e"]
