"""The form: what is typed into a row is the value it shows."""

from __future__ import annotations

from typing import Any

import pytest

from mlcore import Config, form
from mlcore.errors import ConfigError


def row(name: str, **settings: Any) -> form.Row:
    config = Config().with_settings({"dataset": "file", **settings})
    return next(row for row in form.rows(config) if row.name == name)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("dataset.keep", "id", ["id"]),
        ("dataset.keep", "id, zip code", ["id", "zip code"]),
        ("dataset.keep", '["id"]', ["id"]),
        ("dataset.keep", "2020", ["2020"]),
        ("dataset.keep", "", []),
        ("dataset.columns", "-id", ["-id"]),
        ("dataset.columns", "age, 2", ["age", 2]),
        ("dataset.columns", "0", [0]),
        ("dataset.columns", '"length, cm", "[red]", "5"" pipe"', ["length, cm", "[red]", '5" pipe']),
        ("dataset.format.missing", "?, -999", ["?", "-999"]),
    ],
)
def test_a_list_is_typed_with_commas_and_read_as_it_is_shown(name: str, text: str, value: list[Any]) -> None:
    assert form.read(row(name), text) == value
    there = row(name, **{name: value})
    assert form.read(there, form.words(there.value)) == value


def test_a_list_of_what_cannot_be_typed_is_none() -> None:
    assert row("dataset.steps").listed == "" and row("dataset.target").listed == ""
    assert row("dataset.features", dataset="circles").listed == "texts"


def test_what_is_too_long_to_be_a_list_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"dataset.keep: not a list of words"):
        form.read(row("dataset.keep"), "x" * 200_000)
