"""The README is true: its Python runs, its commands and keys exist, its numbers were measured, its links lead on."""

from __future__ import annotations

import contextlib
import copy
import io
import json
import re
import shlex
from pathlib import Path

import pytest

from benchmarks import chart, report
from benchmarks.gpu import table

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = ("README.md", "benchmarks/README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/tour.md")
LINES = [line.split("#")[0] for line in re.findall(r"^mlj .*$", README, re.M)]
WORDS = [command for command in re.findall(r"`(mlj [^`]*)`", README) if "COMMAND" not in command]
TRAINING = json.loads((report.RESULTS / "training.json").read_text(encoding="utf-8"))


def test_the_five_lines_of_python_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", README, re.S)
    monkeypatch.setenv("MLJ_HOME", str(tmp_path))
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, "README.md", "exec"), {})
    epoch, *predicted = printed.getvalue().replace("[", " ").replace("]", " ").split()
    assert int(epoch) >= 1
    assert predicted == ["1", "0"]  # a point of the inner ring, a point of the outer one


@pytest.mark.parametrize("command", [*LINES, *WORDS])
def test_a_command_of_the_readme_is_understood(command: str) -> None:
    from mlcore.commands.parser import parse

    assert parse(shlex.split(command)[1:]).verb


def test_a_key_of_the_readme_is_a_key_of_the_app() -> None:
    from tui.commands import COMMANDS
    from tui.keys import keys_of

    (table,) = re.findall(r"^\| key \|.*?\n\n", README, re.M | re.S)
    keys = {
        key
        for cell in re.findall(r"^\| (.+?) \|.*?\| (.+?) \|", table, re.M)[2:]
        for text in cell
        for key in text.split()
    }
    assert {key.strip("`") for key in keys} <= {keys_of(command) for command in COMMANDS}


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page: str) -> None:
    path = ROOT / page
    for target in re.findall(r"\]\(([^)#]+)\)", path.read_text(encoding="utf-8")):
        assert target.startswith("http") or (path.parent / target).exists(), target


def test_the_numbers_are_those_of_the_results() -> None:
    assert report.written(README, report.numbers()) == README, "python -m benchmarks.report writes them again"


def test_the_goals_and_the_chart_are_those_of_the_results() -> None:
    own = report.OWN_README.read_text(encoding="utf-8")
    again = "python -m benchmarks.report writes them again"
    assert report.written(own, report.goals()) == own, again
    assert report.CHART.read_text(encoding="utf-8") == chart.drawn(TRAINING["results"]), again


def test_a_comparison_that_was_lost_is_named(tmp_path: Path) -> None:
    found = copy.deepcopy(TRAINING)
    found["results"][1]["times_slower_than_native"]["numpy"]["median"] = 0.8
    (tmp_path / "training.json").write_text(json.dumps(found))
    lines = report.numbers(tmp_path)
    assert "**1.25 times slower** |" in lines
    compared = sum(len(result["times_slower_than_native"]) for result in found["results"])
    (verdict,) = re.findall(r"^Native wins.*$", lines, re.M)
    assert f"NumPy on {found['results'][1]['workload']}" in verdict
    assert f" of {compared} and loses to " in verdict


def test_a_goal_that_was_missed_is_named(tmp_path: Path) -> None:
    found = {
        "size": "120x40",
        "first_paint": {"mlj_best_s": 0.2, "ratio_median": 1.2},
        "key_while_training": {"median_ms": 26.0, "p95_ms": 30.0},
        "live_1000_rows": {"median_ms": 60.0, "p95_ms": 120.0},
        "machine": {"load": [0.5]},
    }
    (tmp_path / "latency.json").write_text(json.dumps(found))
    rows = report.numbers(tmp_path).splitlines()[-3:]
    assert [row.split(" | ")[-1] for row in rows] == ["**25 ms: missed** |", "60 ms and 120 ms |", "1.3 times |"]


def test_what_was_not_measured_is_left_out(tmp_path: Path) -> None:
    assert report.numbers(tmp_path) == f"{table.UNVERIFIED}\n"


def test_a_readme_without_its_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="needs the lines"):
        report.written("# mlj\n", "")
