"""Logs of other programs: what their columns mean, how they grow, tear and are written anew, and what is no log."""

from __future__ import annotations

import math
import os
import struct
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlcore import foreign, terms
from mlcore.errors import DataError, MljError, RunError
from mlcore.exporters.protobuf import message
from mlcore.foreign import find_log, tail
from mlcore.foreign.tfevents import Events, check

KERAS = "epoch,accuracy,loss,val_accuracy,val_loss\n0,0.5,1.2,0.4,1.3\n1,.6,1e0,0.5,nan\n"
LIGHTNING = "epoch,lr-Adam,step,train_loss_epoch,train_loss_step,val_loss\n0,0.1,9,,0.9,\n0,,19,0.8,,0.85\n"


def records(path: Path, last: bool = True) -> list[dict[str, Any]]:
    log = find_log(path)
    assert log is not None
    return log.poll(last).records


def event(step: int, time: float = 2e9, **scalars: float) -> bytes:
    """A record of an event file as TensorBoard writes it; a name with two underscores in it is a tensor."""
    values = [
        message((1, tag.replace("__", "/")), (8, message((1, 1), (4, struct.pack("<f", value)))))
        if "__" in tag
        else message((1, tag), (2, value))
        for tag, value in scalars.items()
    ]
    body = b"\x09" + struct.pack("<d", time) + message((2, step), (5, message(*((1, value) for value in values))))
    head = struct.pack("<Q", len(body))
    return head + struct.pack("<I", check(head)) + body + struct.pack("<I", check(body))


@pytest.mark.parametrize(
    ("names", "meant"),
    [
        (
            "loss val_loss acc val_accuracy lr",
            "train_loss validation_loss train_accuracy validation_accuracy learning_rate",
        ),
        ("Loss/train Loss/val train/acc eval_loss", "train_loss validation_loss train_accuracy validation_loss"),
        ("epoch_loss train_loss_epoch lr-Adam/pg1 test_acc", "train_loss train_loss learning_rate test_accuracy"),
        ("reward grad_norm loss_scale", "reward grad_norm loss_scale"),
    ],
)
def test_the_words_of_others_are_known(names: str, meant: str) -> None:
    assert [terms.metric(name) for name in names.split()] == meant.split()


def test_the_tables_of_keras_and_lightning_are_read(tmp_path: Path) -> None:
    keras, lightning = tmp_path / "keras.csv", tmp_path / "logs" / "version_0" / "metrics.csv"
    keras.write_text(KERAS, encoding="utf-8")
    lightning.parent.mkdir(parents=True)
    lightning.write_text(LIGHTNING, encoding="utf-8")
    first, second = records(keras)
    assert (first["epoch"], first["train_loss"], first["validation_accuracy"]) == (0, 1.2, 0.4)
    assert second["train_loss"] == 1.0 and math.isnan(second["validation_loss"])
    first, second = records(tmp_path / "logs")
    assert (first["step"], first["learning_rate"], first["train_loss_step"]) == (9, 0.1, 0.9)
    assert (second["step"], second["train_loss"], second["validation_loss"]) == (19, 0.8, 0.85)


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("a.csv", "step;loss\r\n1;0.5\r\n\r\n3;0.25\r\n", [(1, 0.5), (3, 0.25)]),
        ("a.tsv", "\ufeff# by hand\nIteration\tTrain Loss\n7\t0.5\nx\t0.4\n", [(7, 0.5), (2, 0.4)]),
        ("a.csv", 'loss,"note, long"\n0.5,"a,b"\n0.4\n', [(1, 0.5), (2, 0.4)]),
        ("a.csv", "step,loss\n1,0.5\nstep,loss\n2,0.4\n", [(1, 0.5), (2, 0.4)]),
        ("a.jsonl", '{"step": 1, "loss": 0.5}\nnoise\n[1]\n{"step": 2, "a": {"loss": 3}, "loss": 0.4', [(1, 0.5)]),
        (
            "a.ndjson",
            '{"epoch": 3, "train": {"loss": 0.5}, "tag": "x", "ok": true}\n{"loss": NaN}',
            [(3, 0.5), (2, math.nan)],
        ),
    ],
)
def test_files_written_by_hand_are_read(
    tmp_path: Path, name: str, text: str, expected: list[tuple[int, float]]
) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8", newline="")
    found = [(each["step"], each["train_loss"]) for each in records(tmp_path / name)]
    assert [step for step, _ in found] == [step for step, _ in expected]
    assert [loss for _, loss in found] == pytest.approx([loss for _, loss in expected], nan_ok=True)


def test_a_file_is_followed_while_it_grows_is_cut_replaced_and_written_anew(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text("step,loss\n1,0.5\n2,0.", encoding="utf-8")
    log = find_log(path)
    assert log is not None
    assert [each["step"] for each in log.poll().records] == [1]  # the torn line waits for its end
    with path.open("a", encoding="utf-8") as file:
        file.write("4\n3,0.3\n")
    news = log.poll()
    assert [each["train_loss"] for each in news.records] == [0.4, 0.3] and not news.anew
    assert log.poll() == foreign.News([])
    path.write_text("step,loss,val_loss\n1,0.5,0.9\n2,0.4,0.8\n3,0.3,0.7\n", encoding="utf-8")  # one column more
    news = log.poll()
    assert news.anew and [each["validation_loss"] for each in news.records] == [0.9, 0.8, 0.7]
    path.write_text("step,loss\n", encoding="utf-8")
    assert log.poll().anew
    path.rename(tmp_path / "old.csv")
    assert log.poll() == foreign.News([])
    path.write_text("step,loss\n9,0.1\n", encoding="utf-8")
    news = log.poll()
    assert news.anew and [each["step"] for each in news.records] == [9]


def test_event_files_of_training_and_validation_are_one_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tail, "PIECE", 37)  # events are torn wherever it may be
    for part in ("train", "validation"):
        (tmp_path / part).mkdir()
        data = event(0) + b"".join(event(step, 2e9 + step, epoch__loss=1.0 / step) for step in (1, 2, 3))
        (tmp_path / part / "events.out.tfevents.1.host").write_bytes(data + event(4, loss=0.1)[:-7])
    log, found = find_log(tmp_path), list[dict[str, Any]]()
    assert log is not None
    while (news := log.poll()).more or news.records:
        found += news.records
    assert [r["step"] for r in found if "train_loss" in r] == [1, 2, 3]
    assert [r["validation_loss"] for r in found if "validation_loss" in r] == pytest.approx([1, 1 / 2, 1 / 3])
    assert found[-1]["seconds"] == 2.0


def test_what_is_no_log_is_refused_in_a_sentence_and_what_may_be_a_run_is_left_to_be_one(tmp_path: Path) -> None:
    for name in ("last", "brave-otter", "experiment.toml", str(tmp_path)):
        assert find_log(name) is None
    with pytest.raises(RunError, match="not there"):
        find_log(tmp_path / "missing.csv")
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(RunError, match="not a regular file"):
        find_log(tmp_path / "pipe.csv")
    refused = {"wide.csv": "a,b\n".encode("utf-16"), "numbers.csv": b"1,2\n3,4\n", "x.tfevents.1": b"not events" * 9}
    for name, data in (refused | {"long.jsonl": b"x" * (1 << 21)}).items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(DataError, match=name):
            records(tmp_path / name)


@given(st.binary(max_size=200), st.lists(st.integers(0, 200), max_size=4), st.sampled_from([*foreign.ENDINGS, ".tf"]))
def test_no_bytes_however_cut_raise_anything_but_an_error_of_ours(data: bytes, cuts: list[int], ending: str) -> None:
    reader: Any = foreign.ENDINGS.get(ending, Events)()
    ends = sorted({min(cut, len(data)) for cut in cuts} | {0, len(data)})
    body = event(1, loss=0.5)[:12] + data if ending == ".tf" else data
    found = list[dict[str, Any]]()
    with suppress(MljError):
        for first, end in zip(ends, [*ends[1:], len(body)], strict=True):
            found += reader.feed(body[first:end])
        found += reader.rest()
    assert all({"epoch", "step", "seconds"} < record.keys() for record in found)
