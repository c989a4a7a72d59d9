"""Images: handwritten digits, small ones that come with scikit-learn and the 70,000 of MNIST."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import numpy as np
from msgspec import Meta

from mlcore.datasets import bundled, duplicates, files, idx
from mlcore.datasets.dataset import Data, Dataset, Rows, SplitSpec, Task
from mlcore.datasets.scaling import arrange, constant, fit
from mlcore.datasets.split import shuffled

TEN = Task("multiclass", 10, tuple("0123456789"))
BRIGHTEST = 16  # of a pixel of `digits`


class Digits(Dataset, frozen=True, tag="digits"):
    """1,797 handwritten digits of 8 x 8 pixels (Alpaydin and Kaynak 1998), as scikit-learn ships them.

    Pixels are 0 … 16. minmax divides by 16, whatever the training rows hold, as every pixel has the same meaning.
    """

    scale: Annotated[
        Literal["minmax", "standard", "none"], Meta(description="minmax: / 16; standard: each pixel by itself")
    ] = "minmax"

    def load(self) -> Data:
        raw, y = bundled.read("digits")
        parts = shuffled(y, self.split, self.seed)
        scaling = constant(64, 1 / BRIGHTEST) if self.scale == "minmax" else fit(raw[parts.train], self.scale)
        notices = duplicates.notices(raw, parts)
        labels = y.astype(np.int32)
        return arrange(raw, labels, parts, TEN, _pixels(8), scaling, image_shape=(8, 8), notices=notices)


class OfficialSplit(SplitSpec, frozen=True):
    """The test rows are those everybody is tested on; validation rows are taken from the training rows."""

    FIXED: ClassVar = "the test rows are those everybody is tested on, always the same"
    test: Annotated[int, Meta(ge=10_000, le=10_000, description="the official test rows, always all of them")] = 10_000
    validation: Annotated[
        Annotated[float, Meta(ge=0, lt=1)] | Annotated[int, Meta(ge=0, lt=60_000)],
        Meta(description="of the 60,000 training rows: a fraction, or how many"),
    ] = 5_000


class MNIST(Dataset, frozen=True, tag="mnist"):
    """60,000 + 10,000 handwritten digits of 28 x 28 pixels (LeCun, Cortes and Burges 1998), read from its IDX files.

    Pixels stay uint8, 0 … 255, and are divided by 255 when a batch is gathered. The test rows keep the files' order,
    and so do the training rows when none are taken for validation. Raises DataError, with the ways out, without files.
    """

    scale: Annotated[Literal["div255", "none"], Meta(description="div255: pixels from 0 to 1; none: from 0 to 255")] = (
        "div255"
    )
    split: OfficialSplit = OfficialSplit()

    def load(self) -> Data:
        train, test = self._rows()
        factor = 1 / 255 if self.scale == "div255" else 1.0
        parts = shuffled(train.y, SplitSpec(0, self.split.validation, self.split.stratify), self.seed)
        watched = train.take(parts.validation) if len(parts.validation) else None
        if watched is not None:
            train = train.take(parts.train)
        scaling = constant(28 * 28, factor)
        return Data(train, watched, test, TEN, _pixels(28), scaling, factor=factor, image_shape=(28, 28))

    def _rows(self) -> tuple[Rows, Rows]:
        """The training and test rows in the files' order."""
        known = files.COLLECTIONS["mnist"].files
        found = [idx.read(path, sha256=file.sha256) for path, file in zip(files.find("mnist"), known, strict=True)]
        train, test = (Rows(x.reshape(len(x), -1), y.astype(np.int32)) for x, y in (found[:2], found[2:]))
        return train, test


def _pixels(side: int) -> tuple[str, ...]:
    """The names of the pixels of a square image, row by row: pixel_0_0, pixel_0_1, …"""
    return tuple(f"pixel_{row}_{column}" for row in range(side) for column in range(side))
