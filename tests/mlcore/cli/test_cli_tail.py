"""A journal read on from where one has read: what `mlj watch` sees of a run that is being written."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlcore import journal
from mlcore.errors import RunError


def test_only_what_is_new_and_whole_is_read(tmp_path: Path) -> None:
    path, lines = tmp_path / "metrics.jsonl", [journal.line({"epoch": n}) for n in (1, 2, 3)]
    assert journal.tail(path) == ([], 0)
    path.write_bytes(lines[0] + lines[1][:9])
    assert journal.tail(path) == ([{"epoch": 1}], len(lines[0]))
    path.write_bytes(b"".join(lines))
    records, place = journal.tail(path, len(lines[0]))
    assert records == [{"epoch": 2}, {"epoch": 3}] and place == len(b"".join(lines))
    assert journal.tail(path, place) == ([], place)


def test_damage_is_named_by_its_byte_in_the_file(tmp_path: Path) -> None:
    path, lines = tmp_path / "metrics.jsonl", [journal.line({"epoch": n}) for n in (1, 2, 3)]
    path.write_bytes(lines[0] + lines[1].replace(b"2", b"7", 1) + lines[2])
    with pytest.raises(RunError, match=f"byte {len(lines[0])}: a damaged record"):
        journal.tail(path, len(lines[0]))
