"""The data sets there are. A new one is a class in a page of this folder and a line here."""

from typing import Any

from mlcore.catalogue import Catalogue, Entry

CATALOGUE = Catalogue(
    "dataset",
    Entry("circles", "two rings, one inside the other", "mlcore.datasets.toys:Circles"),
    Entry("moons", "two interleaved half moons", "mlcore.datasets.toys:Moons"),
    Entry("blobs", "round clouds of points, one for each class", "mlcore.datasets.toys:Blobs"),
    Entry("spirals", "spiral arms wound into each other", "mlcore.datasets.toys:Spirals"),
    Entry("line", "numbers on a straight line: the smallest regression", "mlcore.datasets.line:Line"),
    Entry("digits", "handwritten digits of 8 x 8 pixels; no download", "mlcore.datasets.images:Digits"),
    Entry("mnist", "70,000 handwritten digits of 28 x 28 pixels", "mlcore.datasets.images:MNIST"),
)


def resolve(name: str) -> Any:
    """The class of the data set called `name`. Raises ConfigError naming the nearest one."""
    return CATALOGUE.find(name).load()
