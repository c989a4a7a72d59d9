"""What `mlj-tui WHAT` means."""

from __future__ import annotations

from pathlib import Path

import pytest

import mlcore
from mlcore.commands.experiment import chosen
from mlcore.commands.parser import parse
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


@pytest.mark.parametrize("name", ["mine.csv", "MINE.CSV.gz", "mine.parquet"])
def test_a_table_opens_with_the_experiment_of_the_command_line_and_names_the_target(tmp_path: Path, name: str) -> None:
    pd = pytest.importorskip("pandas")
    file, table = tmp_path / name, pd.DataFrame({"a": range(30), "b": [n * n % 7 for n in range(30)]})
    if name.endswith("parquet"):
        pytest.importorskip("pyarrow")
        table.to_parquet(file)
    else:
        table.to_csv(file, index=False)
    opened = resolve(str(file))
    args = parse(["train", str(file), "--target", "b"])
    assert opened.config == chosen(args)


def test_a_table_that_cannot_be_read_opens_for_the_worker_to_say_why(tmp_path: Path) -> None:
    file = tmp_path / "mine.csv"
    file.write_text("a,b\n1\n", encoding="utf-8")
    opened = resolve(str(file))
    assert opened.config is not None and opened.config.setting("dataset.target") == ""
