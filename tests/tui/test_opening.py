"""What `mlj-tui WHAT` means."""

from __future__ import annotations

from pathlib import Path

import pytest

import mlcore
from tui.opening import resolve


@pytest.mark.parametrize(
    ("header", "log"),
    [
        ("step,loss", True),
        ("epoch,reward", True),
        ("val_acc;lr", True),
        ("a,b,kind", False),
        ("1.5,2,0", False),
        ("", False),
    ],
)
def test_a_table_is_a_log_by_its_columns_and_else_rows_to_learn_from(tmp_path: Path, header: str, log: bool) -> None:
    file = tmp_path / "mine.csv"
    file.write_text(f"{header}\n1,2,yes\n", encoding="utf-8")
    assert mlcore.is_log(file) == log
    opened = resolve(str(file))
    assert bool(opened.log) == log
    assert opened.config is None if log else opened.config.setting("dataset.path") == str(file)  # type: ignore[union-attr]
