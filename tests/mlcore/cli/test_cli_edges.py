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
from mlcore.commands import story, table
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


def csv(home: Path, name: str, rows: list[str]) -> str:
    path = home / name
    path.write_text("\n".join(("a,b,y", *rows)) + "\n")
    return str(path)


def test_a_word_near_a_data_set_without_a_recipe_is_told_its_name(mlj) -> None:
    said = mlj("train gaus")
    assert said.code == 2 and "did you mean 'gauss'?" in said.err


def test_a_folder_is_pictures_unless_a_recipe_is_called_so(mlj, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "mine").mkdir()
    (home / "moons").mkdir()
    monkeypatch.chdir(home)
    said = mlj("train mine")
    assert said.code == 3 and "holds no folders of pictures" in said.err
    assert mlj("train moons --epochs 1 --no-record -q").code == 0


def test_a_kind_comes_before_its_fields_in_whatever_order_they_are_given(mlj) -> None:
    words = ["--set", "optimizer.learning_rate=.5", "--set", "optimizer=sgd"]
    said = mlj("train moons --epochs 1 --no-record --json", *words)
    assert said.lines[0]["config"]["optimizer"]["kind"] == "sgd"
    assert said.lines[0]["config"]["optimizer"]["learning_rate"] == 0.5


def test_the_way_out_of_a_wrong_number_in_a_list_names_the_whole_setting(mlj) -> None:
    said = mlj("train moons --set loss.class_weight=[-1,2]")
    assert said.code == 2 and said.err.endswith("hint: e.g. loss.class_weight = none\n")


def test_a_number_float32_cannot_hold_is_named_before_it_is_scaled(mlj, home: Path) -> None:
    said = mlj("train", csv(home, "huge.csv", [f"{'1e300' if n == 7 else n},{n % 3},{'xz'[n % 2]}" for n in range(20)]))
    assert said.code == 3 and "a is beyond 1e+38 in 1 row, the first is row 7" in said.err


def test_a_monitor_the_task_does_not_have_is_refused(mlj) -> None:
    said = mlj("train diabetes --no-record --set stopping.monitor=validation_f1")
    assert said.code == 2 and "unknown monitor of a regression 'validation_f1'" in said.err
    assert mlj("train moons --epochs 1 --no-record -q --set dataset.split.validation=0").code == 0


@pytest.mark.filterwarnings("error")
def test_a_diverged_network_is_answered_for_without_a_warning_of_numpy(mlj) -> None:
    wild = ["--set", "optimizer=sgd", "--set", "optimizer.learning_rate=1e12"]
    assert mlj("train moons --name wild --epochs 2", *wild).code == 8
    said = mlj("evaluate wild")
    assert said.code == 8 and "600 of 600 outputs are not finite" in said.err and "mlj doctor wild" in said.err
    assert mlj("plot wild --what boundary").code == 0


def test_many_classes_have_a_short_legend_and_no_matrix_that_does_not_fit(mlj, home: Path) -> None:
    rows = csv(home, "many.csv", [f"{n % 90},{n % 7},c{n % 90}" for n in range(450)])
    assert mlj("train", rows, "--epochs", 1, "--name", "many", "-q").code == 0
    said = mlj("plot many --what boundary --width 79")
    assert said.code == 0 and "… (90)" in said.out and max(map(len, said.out.splitlines())) <= 79
    said = mlj("plot many --what confusion --width 79")
    assert said.code == 2 and "has 90 classes: a matrix of them has no room in 79 columns" in said.err
    assert mlj("plot many --what confusion --width 106").code == 0


def test_an_epoch_that_was_never_made_is_not_pointed_out(mlj) -> None:
    assert mlj("train moons --epochs 2 --set repeats=2 --name two -q").code == 0
    said = mlj("plot two --epoch 3")
    assert said.code == 2 and "run two has made 2 epochs, got 3" in said.err
    assert mlj("plot two --epoch 2").code == 0


def test_tables_and_facts_are_folded_to_a_terminal_of_eighty_columns(mlj, monkeypatch: pytest.MonkeyPatch) -> None:
    assert mlj("train moons --epochs 2 --set repeats=2 --name two -q").code == 0
    monkeypatch.setattr(table, "room", lambda: 78)
    monkeypatch.setattr(story, "room", lambda: 78)
    seeds = mlj("runs show two").out.split("\n\n")[1]
    assert "two-42" in seeds and max(map(len, seeds.splitlines())) <= 78
    names = ["mean radius", "mean texture", "mean perimeter", "mean smoothness", "mean compactness", "…", "y"]
    assert max(map(len, table.lines([["0.09997"] * 6 + ["malignant"]], names))) <= 78
    lines = story.fact("features", ", ".join(names * 3)).splitlines()
    assert len(lines) > 1 and max(map(len, lines)) <= 78 and all(line.startswith(" " * 22) for line in lines[1:])
