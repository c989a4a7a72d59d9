"""The line is the course's: 50 points, the first 40 train."""

from __future__ import annotations

import numpy as np
import pytest

from mlcore.datasets.dataset import SplitSpec
from mlcore.datasets.line import Line, OrderedSplit
from mlcore.errors import ConfigError, DataError
from mlcore.network import Network


def test_fifty_points_are_the_course_s_split_in_their_order():
    data = Line(n_samples=50).load()
    x = np.arange(0, 1, 0.02).astype(np.float32)[:, None]
    assert np.array_equal(np.concatenate([data.train.x, data.test.x]), x)
    y = np.concatenate([data.train.y, data.test.y])
    assert np.array_equal(y, np.float32(0.7) * x + np.float32(0.3))
    assert (len(data.train), data.validation, len(data.test)) == (40, None, 10)
    assert data.train.x.dtype == data.train.y.dtype == np.float32 and data.train.y.shape == (40, 1)


def test_the_default_has_100_points_of_which_80_train():
    data = Line().load()
    assert (len(data.train), data.validation, len(data.test)) == (80, None, 20)
    assert data.task[:3] == ("regression", 1, ()) and data.ceiling is None and data.feature_names == ("x",)
    assert data.train.x[-1, 0] < data.test.x[0, 0]


def test_training_the_course_s_line_gives_its_published_errors():
    data = Line(n_samples=50).load()
    w, b = np.float32(0.33669037), np.float32(0.12880941)
    published = {0: (0.31288138, 0.48106518), 10: (0.19767132, 0.34635520), 30: (0.05314853, 0.14464018)}
    published |= {60: (0.03818933, 0.08886633), 90: (0.02788740, 0.06473556)}
    for epoch in range(91):
        error = data.train.x * w + b - data.train.y
        train, sign = np.abs(error).mean(), np.sign(error)
        w = w - np.float32(0.01) * (sign * data.train.x).mean(dtype=np.float32)
        b = b - np.float32(0.01) * sign.mean(dtype=np.float32)
        if epoch in published:
            test = np.abs(data.test.x * w + b - data.test.y).mean()
            assert (train, test) == pytest.approx(published[epoch], abs=1e-6)


def test_an_ordered_split_from_a_file_keeps_the_defaults_of_a_line():
    assert Line().split == OrderedSplit() and OrderedSplit(test=0.3).validation == 0
    assert isinstance(Line().split, SplitSpec)


def test_fresh_points_lie_on_the_same_line():
    line = Line(weight=-2.0, bias=5.0, scale="standard")
    data, fresh = line.load(), line.fresh(500, seed=3)
    assert np.allclose(fresh.y, -2 * data.scaling.undo(fresh.x) + 5, atol=1e-5)
    assert fresh.x.shape == fresh.y.shape == (500, 1) and fresh.x.dtype == fresh.y.dtype == np.float32
    with pytest.raises(DataError):
        line.fresh(0, 1)


@pytest.mark.parametrize(("field", "value"), [("n_samples", 4), ("weight", float("nan")), ("bias", float("inf"))])
def test_a_hostile_value_is_refused_by_name(field, value):
    with pytest.raises(ConfigError, match=field):
        Line(**{field: value})


def test_the_article_s_network_for_a_line_has_264_449_parameters():
    from mlcore.layers.line import parse

    data = Line().load()
    assert Network.build(parse("512 relu | 256 relu6 | 512 relu"), data.input_shape, 1).size == 264_449
