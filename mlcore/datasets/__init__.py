"""The data sets there are. A new one is a class in a page of this folder and a line here."""

from typing import Any

from mlcore.catalogue import Catalogue, Entry

CATALOGUE = Catalogue(
    "dataset",
    Entry("circles", "two rings, one inside the other", "mlcore.datasets.toys:Circles"),
    Entry("moons", "two interleaved half moons", "mlcore.datasets.toys:Moons"),
    Entry("blobs", "round clouds of points, one for each class", "mlcore.datasets.toys:Blobs"),
    Entry("spirals", "spiral arms wound into each other", "mlcore.datasets.toys:Spirals"),
    Entry("xor", "four squares, of which opposite ones belong together", "mlcore.datasets.playground:Xor"),
    Entry("gauss", "two round clouds that a straight line parts", "mlcore.datasets.playground:Gauss"),
    Entry("checker", "a checkerboard", "mlcore.datasets.playground:Checker"),
    Entry("drawn", "points you place yourself", "mlcore.datasets.drawn:Drawn"),
    Entry("line", "numbers on a straight line: the smallest regression", "mlcore.datasets.line:Line"),
    Entry("plane", "a tilted plane over two numbers: a regression", "mlcore.datasets.surfaces:Plane"),
    Entry("hills", "three hills and three hollows over two numbers: a regression", "mlcore.datasets.surfaces:Hills"),
    Entry("digits", "handwritten digits of 8 x 8 pixels; no download", "mlcore.datasets.images:Digits"),
    Entry("iris", "150 flowers of three species; no download", "mlcore.datasets.tables:Iris"),
    Entry("wine", "178 wines of three growers; no download", "mlcore.datasets.tables:Wine"),
    Entry("breast_cancer", "569 tumours, malignant or benign; no download", "mlcore.datasets.tables:BreastCancer"),
    Entry("diabetes", "how the illness of 442 patients went on: a regression", "mlcore.datasets.tables:Diabetes"),
    Entry("mnist", "70,000 handwritten digits of 28 x 28 pixels", "mlcore.datasets.images:MNIST"),
    Entry("mnist1d", "ten digits as curves of 40 numbers", "mlcore.datasets.mnist1d:MNIST1D"),
    Entry("sine", "waves with noise: what comes next", "mlcore.datasets.sequences:Sine"),
    Entry("sales", "monthly sales with a trend and a season: what comes next", "mlcore.datasets.sales:Sales"),
    Entry("adding", "the sum of two marked numbers of many", "mlcore.datasets.sequences:Adding"),
    Entry("copy", "say again what was said some steps ago", "mlcore.datasets.sequences:Copy"),
    Entry("parity", "whether the number of ones is odd", "mlcore.datasets.sequences:Parity"),
    Entry("names", "first names letter by letter, or the lines of a text", "mlcore.datasets.characters:Names"),
    Entry("file", "your own rows: CSV, NPZ, IDX, or pictures in folders", "mlcore.datasets.own:Own"),
    Entry("series", "a column of a table over time: what comes next", "mlcore.datasets.series:Series"),
)


def resolve(name: str) -> Any:
    """The class of the data set called `name`. Raises ConfigError naming the nearest one."""
    return CATALOGUE.find(name).load()
