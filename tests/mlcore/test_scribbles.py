"""A drawing becomes a picture like those a network was trained on, wherever and how large it was drawn."""

from __future__ import annotations

import numpy as np
import pytest

from mlcore import load_recipe, train
from mlcore.errors import DataError
from mlcore.worker import scribbles
from mlcore.worker.pictures import Stage


@pytest.fixture(scope="module")
def reader():
    """The digits of 8 x 8, and a network that has learned them."""
    config = load_recipe("journey/digits").with_settings({"epochs": 30})
    return Stage(config, config.dataset.load()), list(train(config))[-1].model


def canvas(image: np.ndarray, scale: int, row: int, column: int) -> np.ndarray:
    """A test picture drawn by hand: larger, somewhere on a canvas of 48 x 48."""
    paper = np.zeros((48, 48), np.uint8)
    large = np.kron(image / 16 * 255, np.ones((scale, scale))).astype(np.uint8)
    paper[row : row + large.shape[0], column : column + large.shape[1]] = large
    return paper


@pytest.mark.parametrize(("scale", "row", "column"), [(1, 20, 3), (3, 0, 0), (3, 20, 24), (5, 4, 6)])
def test_a_digit_is_read_wherever_and_however_large_it_is_drawn(reader, scale: int, row: int, column: int) -> None:
    stage, model = reader
    test = stage.data.test
    images = stage.raw(test)[:150]
    known = model.predict_proba(images).argmax(axis=1)
    read = [scribbles.read(stage, model, canvas(image.reshape(8, 8), scale, row, column)) for image in images]
    found = np.array([each.probabilities.argmax() for each in read])
    assert (found == test.y[:150]).mean() >= 0.85  # 0.97 where nothing was drawn anew
    assert (found == known).mean() >= 0.85


def test_the_picture_has_the_size_the_place_and_the_ink_of_the_others(reader) -> None:
    stage, model = reader
    drawn = np.zeros((60, 40), np.uint8)
    drawn[5:30, 8:12] = 255
    image = scribbles.read(stage, model, drawn).inputs.reshape(8, 8)
    rows = np.flatnonzero(image.sum(axis=1) > 8)
    assert len(rows) >= 7 and 12 <= image.max() <= 16 and image.min() == 0
    assert image.sum(axis=0)[2:6].sum() > 0.9 * image.sum()


def test_what_cannot_be_read_is_said(reader) -> None:
    stage, model = reader
    with pytest.raises(DataError, match="nothing is drawn"):
        scribbles.read(stage, model, np.zeros((28, 28), np.uint8))
    circles = load_recipe("journey/circles")
    with pytest.raises(DataError, match="no pictures"):
        scribbles.read(Stage(circles, circles.dataset.load()), model, np.full((28, 28), 255, np.uint8))
