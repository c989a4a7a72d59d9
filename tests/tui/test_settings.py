"""What the app remembers: written and read again, and no file ever stops it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tui.scenes import HOSTILE
from tui.settings import Settings, load, path, save


@pytest.mark.parametrize(
    "settings",
    [Settings(), Settings("mlj-256", "full", 6, (5, 7)), Settings(pace=10.0, opened=()), Settings(hidden=(1, 4))],
)
def test_settings_come_back_as_they_were(tmp_path: Path, settings: Settings) -> None:
    file = tmp_path / "deep" / "settings.toml"
    assert save(settings, file) == ""
    assert load(file) == (settings, "")
    assert [each.name for each in file.parent.iterdir()] == ["settings.toml"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("pase = 1", "did you mean pace?"),
        ("[layout]\nopend = [5]", "did you mean layout.opened?"),
        ("colour = 3", "there are theme, pace"),
        ("pace = 'fast'", 'not "show", "full" or epochs a second'),
        ("pace = true", "pace is True"),
        ("[layout]\nslot = 4", "a pane from 5 to 9, or 0"),
        ("[layout]\nopened = [5, 'x']", "such as [5, 7]"),
        ("[layout]\nhidden = [5]", "panes from 1 to 4, such as [1]"),
        ("[layout]\nhidden = [true]", "layout.hidden is [True]"),
        ("theme = [", "is not TOML"),
        (f"'{HOSTILE[:9]}' = 1", "is not TOML"),
        ('"x\\u001b[31m" = 1', "is no setting"),
    ],
)
def test_what_means_nothing_is_left_out_and_said(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "settings.toml"
    file.write_text(f"{text}\n" if "[layout]" in text else f"{text}\ntheme = 'mlj-256'\n", encoding="utf-8")
    settings, said = load(file)
    assert words in said and said.isprintable()
    assert settings.theme in ("mlj-256", "") and settings.pace == "show"


def test_no_file_no_home_and_a_file_that_is_none_are_settings_as_at_first(tmp_path: Path) -> None:
    assert load(tmp_path / "settings.toml") == load(None) == (Settings(), "")
    (tmp_path / "settings.toml").mkdir()
    settings, said = load(tmp_path / "settings.toml")
    assert settings == Settings() and "could not be read" in said
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\x00")
    assert "is not TOML" in load(tmp_path / "bytes")[1]


def test_where_nothing_can_be_written_the_reason_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "could not be written" in save(Settings(), tmp_path / "file" / "settings.toml")
    assert "no home" in save(Settings(), None)


def test_mlj_home_comes_before_the_platforms_folder(tmp_path: Path) -> None:
    assert path({"MLJ_HOME": str(tmp_path)}) == tmp_path / "settings.toml"
    found = path({})
    assert found is not None and found.name == "settings.toml" and "mlj" in found.parts
