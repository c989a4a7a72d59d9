"""Journals: lines anybody can read, torn tails nobody sees, and damage that is never passed over in silence."""

from __future__ import annotations

import errno
import json
import math
import os
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlcore import journal
from mlcore.errors import RunError, StorageError
from mlcore.journal import Journal, whole

NUMBERS = st.integers(-(2**53), 2**53) | st.floats()
RECORDS = st.dictionaries(st.text(max_size=8).filter(lambda key: key != "crc"), NUMBERS, max_size=5)


def written(path: Path, records: list[dict]) -> bytes:
    lines = Journal(path, whole(path)[1])
    for record in records:
        lines.add(record)
    lines.close()
    return path.read_bytes()


def same(a: dict, b: dict) -> bool:
    """Equal, NaN being equal to itself."""
    return a.keys() == b.keys() and all(a[key] == b[key] or (a[key] != a[key] and b[key] != b[key]) for key in a)


@given(RECORDS)
def test_every_number_comes_back_exactly(record: dict) -> None:
    line = journal.line(record)
    assert same(journal._record(line[:-1]), record)


def test_a_line_is_json_whose_last_key_is_the_crc_of_what_stands_before_it(tmp_path: Path) -> None:
    (line,) = written(tmp_path / "j", [{"epoch": 1, "loss": math.inf, "accuracy": math.nan}]).splitlines()
    record = json.loads(line)
    assert list(record) == ["epoch", "loss", "accuracy", "crc"]
    assert (record["loss"], record["accuracy"]) == ("Infinity", "NaN")
    body = line[: line.rindex(b',"crc"')]
    assert record["crc"] == f"{zlib.crc32(body):08x}"


def test_a_tail_torn_at_any_byte_loses_that_line_alone(tmp_path: Path) -> None:
    path = tmp_path / "j"
    data = written(path, [{"epoch": n, "loss": n / 3} for n in range(3)])
    last = data.rindex(b"\n", 0, -1) + 1
    for end in range(last, len(data)):
        path.write_bytes(data[:end])
        assert [r["epoch"] for r in journal.read(path)] == [0, 1]


def test_the_next_writer_cuts_a_torn_tail_off(tmp_path: Path) -> None:
    path = tmp_path / "j"
    data = written(path, [{"epoch": 1}])
    path.write_bytes(data + b'{"epoch":2,"lo')
    assert written(path, [{"epoch": 2}]).count(b"\n") == 2
    assert [r["epoch"] for r in journal.read(path)] == [1, 2]


def test_a_writer_goes_on_after_the_records_it_is_told_to_keep(tmp_path: Path) -> None:
    path = tmp_path / "j"
    written(path, [{"epoch": n} for n in range(1, 9)])
    last, end = whole(path, lambda record: record["epoch"] <= 4)
    assert last == {"epoch": 4}
    lines = Journal(path, end)
    lines.add({"epoch": 5})
    lines.close()
    assert [r["epoch"] for r in journal.read(path)] == [1, 2, 3, 4, 5]


def test_any_changed_byte_before_the_last_line_is_an_error_that_names_where(tmp_path: Path) -> None:
    path = tmp_path / "j"
    data = written(path, [{"epoch": n, "loss": n / 7} for n in range(4)])
    second = data.index(b"\n") + 1
    for at in range(second, data.index(b"\n", second)):
        path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        with pytest.raises(RunError, match=rf"byte ({second}|\d+)") as caught:
            journal.read(path)
        assert caught.value.code == "RUN_CORRUPT" and caught.value.exit_code == 5


def test_a_writer_cuts_off_what_a_loss_of_power_damaged_and_tells_the_last_record_it_kept(tmp_path: Path) -> None:
    path = tmp_path / "j"
    data = written(path, [{"epoch": n} for n in range(1, 7)])
    fourth = data.index(b'{"epoch":4')
    path.write_bytes(data[:fourth] + bytes(20) + data[fourth + 20 :])
    last, end = whole(path)
    assert last == {"epoch": 3}
    Journal(path, end).close()
    assert [r["epoch"] for r in journal.read(path)] == [1, 2, 3]


def test_a_value_too_long_for_a_line_is_cut_and_hides_no_other(tmp_path: Path) -> None:
    written(tmp_path / "j", [{"epoch": 1}, {"epoch": 2, "message": "é" * 70_000, "many": [1] * 70_000}, {"epoch": 3}])
    found = journal.read(tmp_path / "j")
    assert [r["epoch"] for r in found] == [1, 2, 3] and found[1]["message"].startswith('"éé')
    assert all(len(line) <= journal.LONGEST for line in (tmp_path / "j").read_bytes().splitlines())


def test_a_journal_that_is_not_there_has_no_records(tmp_path: Path) -> None:
    assert journal.read(tmp_path / "nothing") == []


def test_lines_are_gathered_and_a_flush_writes_them(tmp_path: Path) -> None:
    lines = Journal(tmp_path / "j")
    for n in range(5):
        lines.add({"epoch": n})
    assert len(journal.read(tmp_path / "j")) < 5
    lines.flush()
    assert len(journal.read(tmp_path / "j")) == 5
    lines.close()


def test_a_full_disk_keeps_the_lines_for_the_next_attempt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = Journal(tmp_path / "j")
    lines.add({"epoch": 1})
    lines.flush()
    real = os.write

    def full(descriptor: int, data: bytes) -> int:
        if real(descriptor, bytes(data)[:5]):
            raise OSError(errno.ENOSPC, "No space left on device")
        return 0

    lines._lines.append(journal.line({"epoch": 2}))
    monkeypatch.setattr(os, "write", full)
    with pytest.raises(StorageError, match="No space left") as caught:
        lines.flush()
    assert caught.value.code == "STORAGE_FULL" and caught.value.exit_code == 6
    monkeypatch.setattr(os, "write", real)
    assert [r["epoch"] for r in journal.read(tmp_path / "j")] == [1]
    lines.close()
    assert [r["epoch"] for r in journal.read(tmp_path / "j")] == [1, 2]
