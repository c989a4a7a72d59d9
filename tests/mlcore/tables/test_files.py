"""Files of tables: packed ones, long ones, and one that changes while it is read."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest

from mlcore.errors import DataError
from mlcore.tables import content, reading
from tests.mlcore.tables.test_reading import read, values


def test_a_packed_table_is_unpacked(tmp_path: Path) -> None:
    packed = gzip.compress(b"a,b\n1,2\n") + gzip.compress(b"3,4\n") + bytes(512)
    assert values(read(tmp_path, packed)) == {"a": [1, 3], "b": [2, 4]}


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (gzip.compress(b"a,b\n1,2\n" * 99, mtime=0)[:-9], "DATA_TRUNCATED"),
        (gzip.compress(b"a,b\n1,2\n", mtime=0)[:3], "DATA_TRUNCATED"),
        (gzip.compress(b"a,b\n1,2\n", mtime=0) + b"more", "DATA_TRUNCATED"),
        (gzip.compress(b"", mtime=0), "DATA_EMPTY"),
        (gzip.compress(bytes(1000), mtime=0), "DATA_NUL"),
    ],
)
def test_what_is_packed_badly_is_refused(tmp_path: Path, data: bytes, code: str) -> None:
    with pytest.raises(DataError) as caught:
        read(tmp_path, data)
    assert caught.value.code == code


def test_a_bomb_is_unpacked_no_further_than_is_allowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(content, "LARGEST", 1 << 22)
    with pytest.raises(DataError, match="unpacks to more than the 4,194,304 bytes allowed") as caught:
        read(tmp_path, gzip.compress(bytes(64 << 20)))
    assert caught.value.code == "DATA_LIMIT"


def test_a_long_file_is_read_whole_and_in_order_with_line_ends_within_quotes(tmp_path: Path) -> None:
    rows = [(n, f'"so, {n}\n{n % 7}"' if n % 1000 == 17 else f"text {n % 50}", n / 8) for n in range(300_000)]
    text = "number,text,eighth\n" + "\n".join(",".join(map(str, row)) for row in rows) + "\n"
    assert len(text) > 5_242_880  # from where on pandas takes several threads
    table = read(tmp_path, text)
    assert table.column("number").tolist() == list(range(300_000))
    assert table.column("text").tolist() == [word.strip('"') for _, word, _ in rows]
    assert table.column("eighth").tolist() == [value for _, _, value in rows]


def test_the_file_that_was_checked_is_the_one_that_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path / "other.csv"
    other.write_text("a,b\n3,4\n", encoding="utf-8")
    check = reading.check

    def checked(*words: Any) -> None:
        check(*words)
        other.replace(tmp_path / "mine.csv")  # another file under its name

    monkeypatch.setattr(reading, "check", checked)
    assert values(read(tmp_path, "a,b\n1,2\n")) == {"a": [1], "b": [2]}
