"""Cross-validation as a job: each fold's data loaded for it, means in the parent, folds in their order."""

from __future__ import annotations

import statistics

import numpy as np
import pytest

from mlcore import folds, repeats, sweeps
from mlcore.config import Config
from mlcore.controls import Controls
from mlcore.errors import ConfigError
from mlcore.events import Ended
from mlcore.manifest import filled
from mlcore.runs import open_run


def config(count: int = 3) -> Config:
    settings = {"dataset.n_samples": 90, "epochs": 3, "backend": "reference", "layers": "3 tanh"}
    return Config().with_settings(settings | {"dataset.split.folds": count})


def test_each_network_learns_the_rows_of_its_fold_and_the_parent_has_the_means(tmp_path):
    job = config()
    swept = folds.sweep(job)
    assert folds.folded(swept) and not folds.folded({"epochs": [1]}) and not folds.folded(None)
    parent = repeats.begin(job, tmp_path, sweep=swept, name="fox")
    ends = {n: e for n, e in repeats.train_many(job, sweep=swept, parent=parent) if isinstance(e, Ended)}
    assert sorted(ends) == [1, 2, 3]
    shifts = [ends[n].model.preparation.scaling.shift for n in ends]
    assert not np.array_equal(shifts[0], shifts[1])
    status = open_run("fox", tmp_path).status
    own = [end.metrics["test_loss"] for end in ends.values()]
    assert status.metrics["test_loss"] == pytest.approx(statistics.fmean(own))
    rows = folds.rows(job, swept, {n: end.metrics for n, end in ends.items()})
    assert [row.settings[sweeps.FOLD] for row in rows] == [0, 1, 2]  # in their order, whichever is best
    labels = [member.label for member in sweeps.members(job, swept)]
    assert labels == ["fold 1", "fold 2", "fold 3"]


def test_a_stop_begins_no_other_fold(tmp_path):
    job, controls = config(), Controls()
    swept = folds.sweep(job)
    seen = []
    for number, event in repeats.train_many(job, sweep=swept, controls=controls):
        seen.append(number)
        if event.kind == "epoch":
            controls.stop("interrupted")
    assert set(seen) == {1}


def test_other_settings_of_the_data_are_not_swept():
    with pytest.raises(ConfigError, match="cannot be swept"):
        sweeps.members(config(), {"dataset.split.folds": [2, 3]})


def test_estimates_are_means_and_deviations_of_what_is_a_number():
    found = folds.estimates([{"a": 1.0, "b": float("nan")}, {"a": 3.0, "b": 2.0}, {}])
    assert found["a"] == (2.0, 1.0, 2) and found["b"] == (2.0, 0.0, 1)


def test_a_run_from_before_a_setting_was_there_has_it_at_its_default():
    plain = config(0).to_dict()["dataset"]
    older = plain | {"split": {k: v for k, v in plain["split"].items() if k not in ("folds", "fold")}}
    assert filled({"dataset": older, "rows": 3})["dataset"]["split"]["folds"] == 0
    assert filled({"dataset": {"kind": "nothing"}}) == {"dataset": {"kind": "nothing"}}
