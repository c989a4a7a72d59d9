"""What a column is for: identifiers, free texts and columns that are the answer stay out, and nothing else does."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mlcore.datasets.own import Own

ROWS = 400
RANDOM = np.random.default_rng(5)
BASE = pd.DataFrame({"a": RANDOM.normal(size=ROWS), "b": RANDOM.normal(size=ROWS), "c": RANDOM.integers(0, 9, ROWS)})
SIGNAL = BASE.a + BASE.b + RANDOM.normal(scale=0.7, size=ROWS)
LABEL = pd.Series(np.where(SIGNAL > 0, "yes", "no"))
CODE = LABEL.map({"yes": "k7", "no": "k3"})


def load(tmp_path, frame, **options):
    path = tmp_path / "mine.csv"
    frame.to_csv(path, index=False)
    return Own(path=str(path), **options).load()


def left_out(data) -> set[str]:
    return {role.name for role in data.roles if role.role in ("left out", "identifier")}


RARE = pd.Series(np.arange(ROWS) % 20 < 1)
FAR = np.where(SIGNAL > 0, 5, 0)

MUST = {
    "the answer in other words": ({"code": CODE}, LABEL),
    "the answer with a slip": ({"code": CODE.where(pd.Series(np.arange(ROWS) % 101 > 0), "k3")}, LABEL),
    "two columns that are the answer": ({"code": CODE, "flag": LABEL == "yes"}, LABEL),
    "the number it was made from": ({"code": SIGNAL}, LABEL),
    "numbers in another unit": ({"code": SIGNAL * 1.8 + 32}, SIGNAL),
    "its exponential": ({"code": np.exp(SIGNAL / 3)}, SIGNAL),
    "a rare class": ({"code": pd.Series(np.where(RARE, "y", "n"))}, RARE),
}


@pytest.mark.parametrize("case", MUST)
def test_a_column_that_alone_tells_the_target_is_left_out_and_named(tmp_path, case):
    more, target = MUST[case]
    wide = BASE.assign(d=BASE.c[::-1].to_numpy(), e=RANDOM.normal(size=ROWS), f=RANDOM.normal(size=ROWS))
    frame = wide.assign(**more, target=target)
    data = load(tmp_path, frame)
    assert left_out(data) == set(more), data.notices
    (notice,) = (notice for notice in data.notices if notice.code == "DATA_LEAK")
    assert "alone tells target" in notice.message and "dataset.keep" in notice.message
    kept = load(tmp_path, frame, keep=tuple(more))
    assert not left_out(kept) and "DATA_LEAK" not in {notice.code for notice in kept.notices}
    asked = load(tmp_path, frame, columns=(*more, "a"))  # somebody said so
    assert "DATA_LEAK" not in {notice.code for notice in asked.notices}


MUST_NOT = {
    "noise": (BASE, LABEL),
    "a strong column among others": (BASE.assign(d=SIGNAL + RANDOM.normal(scale=0.4, size=ROWS)), LABEL),
    "an easy task of several": (BASE.assign(d=FAR + BASE.a, e=FAR * 2), LABEL),
    "the only column": (pd.DataFrame({"a": SIGNAL}), LABEL),
    "nearly all of one class": (BASE, pd.Series(np.where(np.arange(ROWS) % 80, "n", "y"))),
    "a date and a trend": (
        BASE.assign(d=pd.date_range("2020-01-01", periods=ROWS)),
        pd.Series(np.arange(ROWS) + BASE.a),
    ),
    "a number and noise": (BASE.assign(d=SIGNAL + RANDOM.normal(scale=0.3, size=ROWS)), SIGNAL),
    "few rows": (BASE.assign(d=CODE).iloc[:40], LABEL.iloc[:40]),
    "a column missing": (BASE.assign(d=BASE.a.where(BASE.a > 0)), LABEL),
}


@pytest.mark.parametrize("case", MUST_NOT)
def test_a_column_that_only_helps_stays(tmp_path, case):
    frame, target = MUST_NOT[case]
    data = load(tmp_path, frame.assign(target=target))
    assert not left_out(data), data.notices


TWO, SPECIES = RANDOM.integers(0, 2, ROWS), RANDOM.integers(0, 3, ROWS)
TOGETHER = {
    "three classes, two by each": (
        {
            "bill": np.where(SPECIES == 1, 6, 0) + BASE.a,
            "weight": np.where(SPECIES == 2, 6, 0) + BASE.b,
            "flipper": SPECIES * 8 + TWO,
        },
        SPECIES,
    ),
    "two signs": ({"bill": TWO, "weight": SPECIES // 2, "flipper": TWO * 5 ^ SPECIES // 2 * 5}, TWO ^ SPECIES // 2),
    "a sum": ({"bill": TWO, "weight": SPECIES, "flipper": TWO * 12 + SPECIES * 4 + 7.5}, TWO * 3 + SPECIES + 0.5),
}


@pytest.mark.parametrize("case", TOGETHER)
def test_a_column_that_the_others_together_can_do_without_stays(tmp_path, case):
    more, target = TOGETHER[case]
    frame = pd.DataFrame(more).assign(c=BASE.c, target=target)
    assert not left_out(load(tmp_path, frame))
    assert left_out(load(tmp_path, frame.assign(weight=RANDOM.normal(size=ROWS)))) == {"flipper"}


@pytest.mark.parametrize("name", ["iris", "wine", "breast_cancer", "diabetes"])
def test_data_sets_that_everybody_knows_have_no_suspects(tmp_path, name):
    from sklearn import datasets

    found = getattr(datasets, f"load_{name}")()
    frame = pd.DataFrame(found.data, columns=list(map(str, found.feature_names))).assign(target=found.target)
    for seed in range(5):
        assert not left_out(load(tmp_path, frame, seed=seed))


OUT = {
    "texts that are all different": ({"x": [f"t{n}" for n in range(ROWS)]}, "DATA_IDENTIFIER"),
    "numbers under such a name": ({"PassengerId": np.arange(ROWS) + 1}, "DATA_IDENTIFIER"),
    "in any order": ({"customer_id": np.arange(ROWS)[::-1] * 7}, "DATA_IDENTIFIER"),
    "free texts": ({"x": [f"t{n if n % 5 else 0}" for n in range(ROWS)]}, "DATA_TEXT"),
    "nothing": ({"x": [None] * ROWS}, "DATA_EMPTY_COLUMN"),
}


@pytest.mark.parametrize("case", OUT)
def test_identifiers_free_texts_and_empty_columns_are_left_out(tmp_path, case):
    more, code = OUT[case]
    frame = BASE.assign(**more, target=LABEL)
    data = load(tmp_path, frame)
    assert left_out(data) == set(more)
    (notice,) = (notice for notice in data.notices if notice.code == code)
    assert next(iter(more)) in notice.message and "left out" in notice.message
    if code != "DATA_EMPTY_COLUMN":
        assert not left_out(load(tmp_path, frame, keep=tuple(more)))


@pytest.mark.parametrize("name", ["valid", "grid", "paid", "year", "t", "count", "avoid"])
def test_numbers_that_only_count_up_stay(tmp_path, name):
    assert not left_out(load(tmp_path, BASE.assign(**{name: np.arange(ROWS)}, target=LABEL)))


def test_every_column_has_its_role(tmp_path):
    frame = BASE.assign(when=pd.date_range("2024-01-01", periods=ROWS), w=1.5, id=np.arange(ROWS), t=LABEL)
    data = load(tmp_path, frame, weight="w", columns=("-c",), target="t")
    assert {role.name: (role.kind, role.role) for role in data.roles} == {
        "a": ("number", "feature"),
        "b": ("number", "feature"),
        "c": ("number", "left out"),
        "when": ("date", "feature"),
        "w": ("number", "weight"),
        "id": ("number", "identifier"),
        "t": ("category", "target"),
    }
    assert "when weekday cos" in data.feature_names and not any(name.startswith("id") for name in data.feature_names)
