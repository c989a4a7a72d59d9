"""What every data set of the catalogue keeps: its shapes, its split, its seed, its scaling, its ceiling."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mlcore import datasets, load_recipe
from mlcore.datasets.dataset import Data, Dataset, Rows, SplitSpec
from mlcore.datasets.scaling import fit
from mlcore.errors import DataError
from mlcore.model import Preparation
from mlcore.spec import changed

NAMES = datasets.CATALOGUE.names()
KNOWN, ASKED = 400_000, 50_000  # fresh rows: those a brute-force answer is learnt from, and those it is asked for
CELLS = 120  # of its grid, along a side


def spec(name: str) -> Dataset:
    """A data set with the catalogue's defaults; `file`, which has none, is a recipe's."""
    return load_recipe("penguins").dataset if name == "file" else datasets.resolve(name)()


def loaded(dataset: Dataset) -> Data:
    """Its rows, or a skip that says what is missing."""
    try:
        return dataset.load()
    except DataError as error:
        if error.code != "DATA_NOT_FOUND":
            raise
        pytest.skip(f"{error}")


@pytest.fixture(scope="module", params=NAMES)
def case(request: pytest.FixtureRequest) -> tuple[Dataset, Data]:
    dataset = spec(request.param)
    return dataset, loaded(dataset)


def parts(data: Data) -> list[Rows]:
    return [rows for rows in (data.train, data.validation, data.test) if rows is not None]


def test_rows_have_the_declared_shape_and_type_and_are_finite(case: tuple[Dataset, Data]) -> None:
    data = case[1]
    classes = data.task.kind != "regression"
    for rows in parts(data):
        assert rows.x.shape == (len(rows.y), len(data.feature_names)) and len(rows)
        assert rows.x.dtype == (np.float32 if data.factor == 1 else np.uint8) and rows.x.flags.c_contiguous
        steps = (data.task.steps,) if data.task.steps else ()
        assert rows.y.shape == (len(rows), *steps, *(() if classes else (data.task.outputs,)))
        assert rows.y.dtype == (np.int32 if classes else np.float32)
        assert np.isfinite(data.inputs(rows.take(slice(1000)))).all() and np.isfinite(rows.y).all()
    assert len(set(data.feature_names)) == len(data.feature_names) and all(data.feature_names)
    if classes:
        assert data.task.outputs == len(data.task.class_names) == len(set(np.unique(data.train.y)) - {-1}) >= 2
        assert data.task.steps or data.train.y.min() == 0
        assert (data.task.kind == "binary") == (data.task.outputs == 2)
    if data.image_shape:
        assert math.prod(data.image_shape) == len(data.feature_names)
    if data.sequence:
        assert math.prod(data.sequence.shape) + data.sequence.lengths == len(data.feature_names)
        assert data.task.steps in (0, data.sequence.steps)
        for rows in parts(data):
            data.sequence.check(rows.x)


def test_nothing_is_asked_behind_the_end_of_a_row(case: tuple[Dataset, Data]) -> None:
    data = case[1]
    if not (data.sequence and data.sequence.lengths and data.task.steps):
        return
    behind = np.arange(data.task.steps) >= data.train.x[:, :1]
    assert (data.train.y[behind] == -1).all() and (data.train.y[~behind] >= 0).all()


def test_parts_have_the_sizes_asked_for_and_the_same_mix_of_classes(case: tuple[Dataset, Data]) -> None:
    dataset, data = case
    total = sum(map(len, parts(data)))
    for share, rows in ((dataset.split.test, data.test), (dataset.split.validation, data.validation)):
        asked = share if isinstance(share, int) else math.ceil(share * total)
        assert (0 if rows is None else len(rows)) == asked
    if data.task.kind != "regression" and dataset.split.stratify and not data.task.steps:
        drawn = [data.train, data.validation] if isinstance(dataset.split.test, int) else parts(data)
        mix = np.bincount(np.concatenate([rows.y for rows in drawn])) / sum(map(len, drawn))
        for rows in drawn:
            assert np.abs(np.bincount(rows.y, minlength=len(mix)) - mix * len(rows)).max() <= 1.5


def test_a_seed_gives_the_same_rows_and_another_seed_other_ones(case: tuple[Dataset, Data]) -> None:
    dataset, data = case
    again, other = dataset.load(), changed(dataset, seed=dataset.seed + 1).load()
    for one, two in zip(parts(data), parts(again), strict=True):
        assert one.x.tobytes() == two.x.tobytes() and one.y.tobytes() == two.y.tobytes()
    if np.array_equal(other.train.x, data.train.x):
        assert type(dataset).__name__ in ("Line", "Drawn"), "the seed changes nothing"


def test_scaling_is_learnt_from_training_rows_alone(case: tuple[Dataset, Data]) -> None:
    dataset, data = case
    if data.image_shape:
        assert len(set(data.scaling.factor.tolist())) == 1 and not data.scaling.shift.any()
        return
    raw = data.scaling.undo(data.train.x)
    usual = "smooth" if data.scaling.smooth else "standard"
    expected = fit(raw, usual if dataset.scale == "auto" else dataset.scale)
    size = np.abs(raw).max(axis=0) + 1e-9
    assert np.allclose(data.scaling.shift / size, expected.shift / size, atol=1e-5)
    assert np.allclose(data.scaling.factor, expected.factor, rtol=1e-4)


def test_what_a_model_keeps_of_it_prepares_raw_rows_as_loading_did(case: tuple[Dataset, Data]) -> None:
    data = case[1]
    rows = data.train.take(slice(50))
    raw = rows.x if rows.x.dtype == np.uint8 else data.scaling.undo(rows.x)
    assert np.allclose(Preparation.of(data).inputs(raw), data.inputs(rows), atol=1e-5)


def test_fresh_rows_are_new_ones_or_refused(case: tuple[Dataset, Data]) -> None:
    dataset, data = case
    if type(dataset).fresh is Dataset.fresh:  # its rows are read
        with pytest.raises(DataError, match="no rows but those") as caught:
            dataset.fresh(2000, seed=1)
        assert caught.value.code == "DATA_FINITE" and caught.value.hint
        return
    fresh = dataset.fresh(2000, seed=1)
    assert fresh.x.shape == (2000, len(data.feature_names)) and fresh.x.dtype == data.train.x.dtype
    assert fresh.y.dtype == data.train.y.dtype and fresh.y.shape[1:] == data.train.y.shape[1:]
    same, other = dataset.fresh(2000, seed=1), dataset.fresh(2000, seed=2)
    assert np.array_equal(fresh.x, same.x) and not np.array_equal(fresh.x, other.x)
    x = np.concatenate([rows.x for rows in parts(data)])
    spread = x.std(axis=0)
    assert np.allclose(fresh.x.mean(axis=0), x.mean(axis=0), atol=0.25 * spread.max())
    assert np.allclose(fresh.x.std(axis=0), spread, rtol=0.25)


def test_a_brute_force_answer_reaches_the_ceiling_and_no_more(case: tuple[Dataset, Data]) -> None:
    dataset, data = case
    assert data.ceiling == dataset.ceiling()
    if data.ceiling is None:
        return
    assert 0 < data.ceiling <= 1
    known, asked = dataset.fresh(KNOWN, seed=1), dataset.fresh(ASKED, seed=2)
    low, high = known.x.min(axis=0), known.x.max(axis=0)

    def cell(x: np.ndarray) -> np.ndarray:
        place = ((x - low) / (high - low) * CELLS).astype(int).clip(0, CELLS - 1)
        return place[:, 0] * CELLS + place[:, 1]

    if data.task.kind == "regression":
        count = np.bincount(cell(known.x), minlength=CELLS**2)
        mean = np.bincount(cell(known.x), known.y[:, 0], CELLS**2) / np.maximum(count, 1)
        y = asked.y[:, 0]
        reached, chance = 1 - ((mean[cell(asked.x)] - y) ** 2).mean() / y.var(), 0.005
    else:
        votes = np.bincount(cell(known.x) * data.task.outputs + known.y, minlength=CELLS**2 * data.task.outputs)
        best = votes.reshape(-1, data.task.outputs).argmax(axis=1)
        reached = (best[cell(asked.x)] == asked.y).mean()
        chance = 4 * math.sqrt(data.ceiling * (1 - data.ceiling) / ASKED) + 1e-4
    assert data.ceiling - 0.03 <= reached <= data.ceiling + chance


def test_a_split_asked_for_by_count_is_kept(case: tuple[Dataset, Data]) -> None:
    dataset, data = case
    if type(dataset.split) is not SplitSpec:
        return  # its test rows are settled
    rows = changed(dataset, split=SplitSpec(test=12, validation=0)).load()
    assert len(rows.test) == 12 and rows.validation is None
    assert len(rows.train) == sum(map(len, parts(data))) - 12
