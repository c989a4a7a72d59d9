"""What `mlj-tui WHAT` means."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

import mlcore
from mlcore.commands.experiment import chosen
from mlcore.commands.parser import parse
from tui.__main__ import main
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


def test_a_folder_is_the_newest_log_in_it_pictures_or_refused_with_what_is_there(
    tmp_path: Path,
) -> None:
    pictures, tables, nothing = (tmp_path / name for name in ("pictures", "my tables", "nothing"))
    for folder in (pictures / "cat", tables, nothing):
        folder.mkdir(parents=True)
    (pictures / "cat" / "1.PNG").touch()
    for number in range(7):
        (tables / f"{number}.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    opened = resolve(str(pictures))
    assert opened.config == chosen(parse(["train", str(pictures)]))
    with pytest.raises(mlcore.MljError, match=r"a folder of 7 files of rows: 0.csv, .*4.csv, 2 more$") as refused:
        resolve(str(tables))
    assert refused.value.exit_code == 2 and f"mlj-tui data '{tables}/0.csv'" in refused.value.hint
    with pytest.raises(mlcore.MljError, match="none of these in it") as refused:
        resolve(str(nothing))
    assert "pictures" in refused.value.hint
    (tables / "log.csv").write_text("epoch,loss\n1,2\n", encoding="utf-8")
    os.utime(tables / "log.csv", (0, 0))  # older than the others, which tell of no training
    assert resolve(str(tables)).log == str(tables)


def test_a_folder_that_may_not_be_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(self: Path) -> Iterator[Path]:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", denied)
    with pytest.raises(mlcore.MljError, match=f"cannot read {tmp_path}: Permission denied"):
        resolve(str(tmp_path))


@pytest.mark.parametrize("more", [(), ("a.csv", "b.csv")])
def test_data_needs_one_table_and_says_which_there_is_to_practise_on(
    more: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["data", *more]) == 2
    first, *_ = capsys.readouterr().err.splitlines()
    assert first.endswith(": mlj-tui data FILE.csv, or mlj-tui data sales to practise")


@pytest.mark.parametrize("name", ["x" * 300, f"{'x' * 300}.csv", f"{'x' * 300}.jsonl", f"runs/{'x' * 300}"])
def test_a_name_too_long_for_a_file_is_refused_like_any_other(name: str, tmp_path: Path) -> None:
    with pytest.raises(mlcore.MljError, match="no run called|is not there|cannot read"):
        resolve(name, tmp_path)
