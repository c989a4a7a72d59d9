"""What is printed while a run runs: JSON with its keys in order, the article's line, the progress line."""

from __future__ import annotations

import io
import json
import math

import numpy as np
import pytest

from mlcore import report
from mlcore.errors import DataError
from mlcore.events import Changed, Ended, EpochEnded, Progress, Snapshot, Started

STARTED = Started({"seed": 1}, "native", "cpu", "avx2", 2, 337, "2-16-16-1", "because", 10, 5)
METRICS = {"learning_rate": 0.1, "validation_accuracy": 0.5, "train_loss": 1.0, "validation_loss": math.inf}
EPOCH = EpochEnded(1, 5, 0.25, METRICS)


def keys(event, run: str = "r1") -> list[str]:
    return list(json.loads(report.event_line(event, run)))


def test_json_keys_stand_in_their_documented_order() -> None:
    assert keys(STARTED) == [
        "event", "schema", "run", "config", "backend", "device", "precision", "isa", "threads", "parameters", "why",
    ]  # fmt: skip
    assert keys(EPOCH) == [
        "event", "epoch", "step", "seconds", "train_loss", "validation_loss", "validation_accuracy", "learning_rate",
    ]  # fmt: skip
    assert keys(Changed(1, 5, "epochs", 10, 20)) == ["event", "epoch", "step", "name", "old", "new"]
    assert keys(Snapshot(1, 5, None)) == ["event", "epoch", "step"]
    ended = Ended("finished", 10, 50, 1.0, {"test_r2": 0.5, "test_loss": 1.0}, 7)
    assert keys(ended) == ["event", "reason", "epoch", "step", "seconds", "test_loss", "test_r2", "best_epoch", "run"]


def test_keys_without_a_value_are_left_out() -> None:
    plain = Started({}, "reference", "cpu", "", 1, 337, "2-1", "asked", 10, 5)
    assert not {"run", "isa"} & set(keys(plain, run=""))
    assert report.event_line(Snapshot(1, 5, None), run="") == ""
    assert report.event_line(Progress(0, 1, 0.1, np.ones(1, np.float32)), run="r1") == ""


def test_numbers_that_are_not_finite_become_strings() -> None:
    line = report.json_line({"a": math.nan, "b": [math.inf, -math.inf], "c": {"d": 1.5}})
    assert line == '{"a": "NaN", "b": ["Infinity", "-Infinity"], "c": {"d": 1.5}}'


def test_a_hostile_name_cannot_leave_its_json_string() -> None:
    line = report.json_line({"name": "\x1b]52;c;x\x07\n{}"})
    assert "\x1b" not in line and "\n" not in line and json.loads(line)["name"].startswith("\x1b]52")


def test_an_error_is_a_json_line_with_its_four_parts() -> None:
    line = json.loads(report.error_line(DataError("no rows", code="DATA_EMPTY", where="a.csv:1", hint="add some")))
    assert line == {
        "event": "error", "code": "DATA_EMPTY", "message": "no rows", "where": "a.csv:1", "hint": "add some",
    }  # fmt: skip


def test_the_article_line_counts_from_zero_and_prints_every_nth() -> None:
    out = io.StringIO()
    events = [
        EpochEnded(n, n, 0.1, {"train_loss": 0.759856, "validation_loss": 0.541432}, model=n) for n in range(1, 8)
    ]
    assert list(report.article_lines(events, out, 3, lambda model: math.nan)) == events
    assert out.getvalue().splitlines() == [
        f"Epoch {n} | Training Loss: 0.75986 | Testing Loss: 0.54143" for n in (0, 3, 6)
    ]


def test_the_article_line_falls_back_to_the_test_loss_of_that_moment() -> None:
    out = io.StringIO()
    events = [EpochEnded(1, 1, 0.1, {"train_loss": 0.5}, model="the network")]
    list(report.article_lines(events, out, 1, lambda model: {"the network": 0.25}[model]))
    assert out.getvalue() == "Epoch 0 | Training Loss: 0.50000 | Testing Loss: 0.25000\n"


def test_the_article_line_leaves_out_a_loss_that_nobody_knows() -> None:
    assert report.article_line(EpochEnded(1, 1, 0.1, {"train_loss": 0.5}), 1, lambda model: None) == (
        "Epoch 0 | Training Loss: 0.50000"
    )
    assert report.article_line(STARTED, 1, lambda model: None) == ""


def test_a_pipe_gets_one_line_an_epoch() -> None:
    out = io.StringIO()
    list(report.epoch_lines([STARTED, EPOCH, Changed(1, 5, "epochs", 10, 20), EPOCH], out))
    first, changed, second = out.getvalue().splitlines()
    assert first.startswith("epoch 1/10 | train_loss 1 | validation_loss inf | validation_accuracy 0.5")
    assert changed == "changed epochs: 10 -> 20" and second.startswith("epoch 1/20")


@pytest.mark.parametrize("width", [1, 10, 40, 60, 80, 200])
def test_the_progress_line_never_is_wider_than_the_terminal(width: int) -> None:
    line = report.ProgressLine(io.StringIO())
    list(line.follow([STARTED, EPOCH]))
    line.rate = 3_400.0
    text = line.line(width)
    assert len(text) <= width
    if width >= 80:
        assert "epoch 1/10" in text and "accuracy 50.0%" in text and "3.4k steps/s" in text and "ETA 0:00" in text


def test_the_progress_line_is_gone_when_the_run_breaks() -> None:
    out = io.StringIO()

    def events():
        yield STARTED
        yield EPOCH
        raise RuntimeError

    with pytest.raises(RuntimeError):
        list(report.ProgressLine(out).follow(events()))
    assert out.getvalue().endswith("\r\x1b[K")


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_no_colour_and_dumb_terminals_get_no_escapes(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert report.escapes_allowed(Terminal())
    assert not report.escapes_allowed(Terminal(), io.StringIO())
    monkeypatch.setenv(name, value)
    assert not report.escapes_allowed(Terminal())


def test_numbers_are_short_and_times_are_clocks() -> None:
    assert [report.short(v) for v in (0.5, 940, 3_420, 1.2e6, 5e9)] == ["0.5", "940", "3.42k", "1.2M", "5G"]
    assert [report.clock(s) for s in (7, 750, 11_100)] == ["0:07", "12:30", "3:05:00"]
