"""Sequences made from a seed, and the letters of a text: what is asked is what the words say."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from mlcore.datasets import characters
from mlcore.datasets.characters import Names
from mlcore.datasets.mnist1d import MNIST1D
from mlcore.datasets.sales import SEASON, Sales, seasonal_naive
from mlcore.datasets.sequences import Adding, Copy, Parity, Sine
from mlcore.errors import DataError


def test_adding_asks_for_the_sum_of_the_two_marked_numbers():
    data = Adding(n_samples=200, steps=9).load()
    x = data.train.x.reshape(-1, 9, 2)
    assert (x[..., 1].sum(axis=1) == 2).all() and (x[:, :4, 1].sum(axis=1) == 1).all()
    np.testing.assert_allclose((x[..., 0] * x[..., 1]).sum(axis=1), data.train.y[:, 0], rtol=1e-6)
    assert np.square(data.train.y - 1).mean() == pytest.approx(1 / 6, abs=0.03)


def test_copy_asks_for_what_was_said_some_steps_ago():
    data = Copy(n_samples=50, steps=8, delay=3, symbols=4).load()
    assert (data.train.y[:, :3] == -1).all()
    np.testing.assert_array_equal(data.train.y[:, 3:], data.train.x[:, :5])
    with pytest.raises(DataError, match=r"dataset\.delay: expected less than the 8 steps, got 8"):
        Copy(steps=8, delay=8).load()


@pytest.mark.parametrize("every_step", [False, True])
def test_parity_counts_ones(every_step: bool):
    data = Parity(n_samples=300, steps=7, every_step=every_step).load()
    odd = (data.train.x > 0).cumsum(axis=1) % 2
    np.testing.assert_array_equal(data.train.y, odd if every_step else odd[:, -1])


def test_sine_asks_for_the_values_that_follow():
    calm = Sine(n_samples=40, noise=0.0, steps=20, horizon=3).load().train
    wave = np.hstack([calm.x, calm.y])
    bent = wave[:, 2:] + wave[:, :-2]  # of a sine wave 2 cos(2 pi / period) times the value between
    ratio = bent / wave[:, 1:-1]
    usable = np.abs(wave[:, 1:-1]) > 0.1
    spread = [row[ok].max() - row[ok].min() for row, ok in zip(ratio, usable, strict=True)]
    assert max(spread) < 0.01
    every = Sine(n_samples=40, every_step=True, steps=20).load().train
    np.testing.assert_array_equal(every.y[:, :-1, 0], every.x[:, 1:])


def test_sales_have_their_peak_in_december_and_grow_by_the_trend():
    series = Sales(years=30, noise=0.02, seed=3).series().reshape(-1, 12)
    parts = (series / series.mean(axis=1, keepdims=True)).mean(axis=0)
    assert parts.argmax() == 11 and np.corrcoef(np.log(parts), SEASON)[0, 1] > 0.99
    assert np.polyfit(np.arange(30), np.log(series.mean(axis=1)), 1)[0] == pytest.approx(0.05, abs=0.003)


def test_the_months_of_the_test_come_after_those_trained_on():
    sales = Sales(years=10, horizon=2)
    data = sales.load()
    x, y = sales.windows(sales.series())
    assert data.validation is not None and data.test is not None
    np.testing.assert_array_equal(np.concatenate([data.train.x, data.validation.x, data.test.x]), x)
    np.testing.assert_array_equal(np.concatenate([data.train.y, data.validation.y, data.test.y]), y)
    np.testing.assert_allclose(x[:, -12:].mean(axis=1), 1, rtol=1e-6)
    np.testing.assert_array_equal(seasonal_naive(x, 2), x[:, 12:14])


def test_mnist1d_is_made_as_published():
    data = MNIST1D().load()
    assert data.train.x.shape == (4000, 40) and data.test is not None and data.test.x.shape == (1000, 40)
    assert abs(data.train.x.mean()) < 0.05 and abs(data.train.x.std() - 1) < 0.05
    near = np.corrcoef(MNIST1D().load().train.x[data.train.y == 4][:200]).mean()
    assert 0.0 < near < 0.5  # alike, but moved around


def test_names_are_steps_from_one_end_to_the_other(tmp_path: Path):
    text = tmp_path / "names.txt"
    text.write_text("\n".join(["ab", "", "  bca  ", "c"] * 5), encoding="utf-8")
    data = Names(path=str(text)).load()
    assert data.task.class_names == (".", "a", "b", "c") and data.task.steps == 4
    rows = [rows for rows in (data.train, data.validation, data.test) if rows is not None]
    found = {(*x.astype(int), *y) for part in rows for x, y in zip(part.x, part.y, strict=True)}
    assert found == {(3, 0, 1, 2, 0, 1, 2, 0, -1), (4, 0, 2, 3, 1, 2, 3, 1, 0), (2, 0, 3, 0, 0, 3, 0, -1, -1)}


@pytest.mark.parametrize(
    ("body", "says", "code"),
    [
        (b"a\nb\n", "expected at least 10 lines that are not empty, got 2", "DATA_EMPTY"),
        (b"\xff\xfea" * 20, "byte 0 is no UTF-8", "DATA_ENCODING"),
        (
            "\n".join(chr(300 + n) for n in range(300)).encode(),
            "expected fewer than 256 different characters",
            "DATA_LIMIT",
        ),
    ],
)
def test_a_text_that_cannot_be_learnt_from_is_refused(tmp_path: Path, body: bytes, says: str, code: str):
    text = tmp_path / "text.txt"
    text.write_bytes(body)
    with pytest.raises(DataError, match=says) as caught:
        Names(path=str(text)).load()
    assert caught.value.code == code


def test_a_text_that_is_not_there_is_named(tmp_path: Path):
    with pytest.raises(DataError, match=r"nowhere\.txt cannot be read"):
        Names(path=str(tmp_path / "nowhere.txt")).load()


def test_a_packed_text_is_read_and_a_broken_one_refused(tmp_path: Path):
    packed = gzip.compress("\n".join(["ab", "ba"] * 6).encode())
    text = tmp_path / "names.txt.gz"
    text.write_bytes(packed)
    assert Names(path=str(text)).load().task.class_names == (".", "a", "b")
    for body in (packed[:-9], b"\x1f\x8b" + bytes(40), b"plain"):
        text.write_bytes(body)
        with pytest.raises(DataError, match=r"names\.txt\.gz cannot be read"):
            Names(path=str(text)).load()


def test_a_text_with_points_ends_its_lines_otherwise(tmp_path: Path):
    text = tmp_path / "text.txt"
    text.write_text("a.b\n" * 12, encoding="utf-8")
    assert Names(path=str(text)).load().task.class_names == ("¶", ".", "a", "b")


def test_counting_letters_and_pairs_gives_the_published_losses_of_the_names():
    try:
        data = Names().load()
    except DataError as error:
        pytest.skip(str(error))
    assert data.validation is not None and data.test is not None
    x, y = (np.concatenate([getattr(rows, part) for rows in (data.train, data.validation, data.test)]) for part in "xy")
    assert characters.unigram(y, 27) == pytest.approx(2.8227, abs=1e-4)
    assert characters.bigram(x, y, 27) == pytest.approx(2.454014, abs=1e-6)
    assert characters.bigram(x, y, 27, smoothing=1) == pytest.approx(2.454577, abs=1e-6)
