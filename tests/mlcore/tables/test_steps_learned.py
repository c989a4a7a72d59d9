"""An experiment on a table learns from what is left behind its steps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mlcore.config import Config, from_dict
from mlcore.errors import ConfigError, DataError


@pytest.fixture
def sizes(tmp_path: Path) -> Path:
    path = tmp_path / "sizes.csv"
    rows = "".join(f"{n},{n % 5},{'ab'[n % 2]}\n" for n in range(100))
    path.write_text(f"size,part,kind\n{rows}", encoding="utf-8")
    return path


def experiment(path: Path, *steps: dict[str, Any]) -> Config:
    return from_dict({"dataset": {"kind": "file", "path": str(path), "target": "kind", "steps": list(steps)}})


def test_steps_are_taken_before_rows_are_kept_back_and_columns_are_those_left(sizes: Path) -> None:
    few = {"kind": "filter", "where": "size >= 40"}
    less = {"kind": "keep", "columns": ["kind", "part"]}
    data = experiment(sizes, few, less).dataset.load()
    assert data.feature_names == ("part",)
    assert sum(map(len, (data.train, data.validation, data.test))) == 60
    same = experiment(sizes, few).dataset
    assert {round(value) for value in same.load().scaling.undo(same.load().train.x)[:, 0]} <= set(range(40, 100))
    assert same.names() == ("size", "part", "kind") and experiment(sizes, few, less).dataset.names() == ("kind", "part")


def test_an_experiment_with_steps_goes_through_toml_and_is_hashed(sizes: Path) -> None:
    steps = ({"kind": "filter", "where": "size > 3"}, {"kind": "top", "by": "kind", "value": "size", "n": 2})
    config = experiment(sizes, *steps)
    path = sizes.with_suffix(".toml")
    path.write_text(config.to_toml(), encoding="utf-8")
    from mlcore.config import load_config

    assert load_config(path) == config and hash(load_config(path).dataset) == hash(config.dataset)


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ({"kind": "fly"}, "step 1: unknown step 'fly'"),
        ({"where": "x"}, "step 1 has no kind"),
        ({"kind": "filter", "where": "size >"}, "cannot be read"),
        ({"kind": "filter", "were": "x"}, "did you mean"),
        ({"kind": "sort", "by": 3}, "by: expected a list"),
    ],
)
def test_a_step_that_is_none_is_said_with_its_number(sizes: Path, step: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError) as error:
        experiment(sizes, step)
    assert said in f"{error.value} {error.value.hint}" and "dataset.steps" in str(error.value)


def test_steps_that_leave_nothing_or_cannot_be_taken_are_errors_of_the_data(sizes: Path) -> None:
    with pytest.raises(DataError, match="no row is left behind its 1 step$"):
        experiment(sizes, {"kind": "filter", "where": "size > 1e9"}).dataset.load()
    with pytest.raises(DataError, match="no column 'weight'"):
        experiment(sizes, {"kind": "sort", "by": ["weight"]}).dataset.load()


def test_rows_are_called_what_they_are_called_in_the_file_unless_steps_make_new_ones(sizes: Path) -> None:
    from mlcore.datasets import stepped
    from mlcore.tables import reading

    table = reading.read(sizes)
    down = experiment(sizes, {"kind": "sort", "by": ["-size"]}).dataset.steps  # type: ignore[attr-defined]
    found = stepped.behind(table, down)
    np.testing.assert_array_equal(found.rows, np.arange(99, -1, -1))
    assert found.column("size")[0] == 99 and found.frame.index.tolist() == list(range(100))
    groups = experiment(sizes, {"kind": "group", "by": ["kind"]}).dataset.steps  # type: ignore[attr-defined]
    assert stepped.behind(table, groups).rows.tolist() == [0, 1]
