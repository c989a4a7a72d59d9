"""What rarely happens: two Ctrl-Cs, warnings by the hundred, downloads, a goal nobody measures."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mlcore import report
from mlcore.commands.signals import stopped_by_signals
from mlcore.datasets.fetch import Fetched
from mlcore.errors import DataError
from mlcore.events import Warned


def test_the_first_ctrl_c_asks_and_the_second_ends_at_once() -> None:
    before, seen = signal.getsignal(signal.SIGINT), []

    def twice() -> None:
        with stopped_by_signals(seen.append) as asked:
            os.kill(os.getpid(), signal.SIGINT)
            assert seen == [signal.SIGINT] and asked.number == signal.SIGINT
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        twice()
    assert seen == [signal.SIGINT] and signal.getsignal(signal.SIGINT) is before


def test_warnings_are_printed_five_times_and_then_counted() -> None:
    out = io.StringIO()
    events = [Warned(1, n, "STORAGE_FULL", f"checkpoint {n}\x1b[2J") for n in range(8)]
    assert list(report.warnings(events, out)) == events
    lines = out.getvalue().splitlines()
    assert len(lines) == 6 and lines[0] == r"mlj: warning[STORAGE_FULL]: checkpoint 0\x1b[2J"
    assert lines[-1] == "mlj: warning[STORAGE_FULL]: 3 more of them"


@pytest.mark.parametrize(
    ("experiment", "goal", "way_out"),
    [
        ("circles", "accuracy>=0.9", "train_accuracy"),
        ("circles", "val_accuracy >= 0.9", "validation_accuracy"),
        ("circles", "validation_r2 >= 0.9", "did you mean"),
        ("line-relu6", "validation_loss < 1", "train_loss"),  # which has no validation split
    ],
)
def test_a_goal_nobody_measures_is_refused_before_anything_is_trained(experiment, goal, way_out, mlj, home) -> None:
    said = mlj(f"train {experiment} --backend reference --epochs 1 --no-progress --goal", goal)
    assert said.code == 2 and "unknown metric in stopping.goal" in said.err and way_out in said.err
    assert not (home / "home").exists()


def test_fetch_says_where_files_came_from_and_prints_their_paths(mlj, monkeypatch: pytest.MonkeyPatch) -> None:
    files = [Fetched(Path("a.gz"), "https://mirror/a.gz", 5), Fetched(Path("b.gz"), "", 7)]
    monkeypatch.setattr("mlcore.datasets.fetch.fetch", lambda name: iter(files))
    said = mlj("data fetch mnist")
    assert (said.code, said.out) == (0, "a.gz\nb.gz\n")
    assert said.err == "a.gz: 5 bytes, from https://mirror/a.gz\nb.gz: 7 bytes, was here already\n"


def test_a_download_that_fails_ends_with_3_and_the_way_out(mlj, monkeypatch: pytest.MonkeyPatch) -> None:
    def offline(name: str) -> None:
        raise DataError("no network", code="DATA_FETCH", hint="mlj train journey/digits works now")

    monkeypatch.setattr("mlcore.datasets.fetch.fetch", offline)
    said = mlj("data fetch mnist")
    assert said.code == 3 and "journey/digits works now" in said.err
    assert mlj("data fetch").code == 2


def test_the_sentence_of_a_missing_mnist_leads_somewhere(mlj, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MLJ_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    for words in ("train mnist-mlp", "data show mnist", "data plot mnist", "explain mnist-mlp"):
        said = mlj(words)
        assert said.code == 3 and "mlj data fetch mnist" in said.err and "journey/digits" in said.err


def test_a_terminal_that_writes_ascii_alone_gets_escapes_not_a_crash(home: Path) -> None:
    settings = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(
        [sys.executable, "-m", "mlcore", "help", "adam"], capture_output=True, env=os.environ | settings, check=True
    )
    assert done.stdout.isascii() and rb"g\xb2" in done.stdout


def test_a_run_can_be_named_by_folder_prefix_and_name(mlj, home: Path) -> None:
    run = mlj("train circles --backend reference --epochs 1 -q --name", "brave otter").out.strip()
    for name in (run, run[:-3], "brave otter", str(home / "home" / "runs" / run), "last"):
        assert mlj("runs show --json", name).lines[0]["run"] == run
    said = mlj("runs show", "brave oter")
    assert said.code == 5 and "did you mean 'brave otter'?" in said.err
