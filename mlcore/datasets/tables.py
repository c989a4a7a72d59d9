"""Four small tables everybody knows. They come with scikit-learn: no download."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from mlcore.datasets import bundled, duplicates
from mlcore.datasets.dataset import Data, Dataset, Task
from mlcore.datasets.scaling import arrange, constant_features, fit
from mlcore.datasets.split import shuffled
from mlcore.spec import changed


class Table(Dataset, frozen=True):
    """A table of scikit-learn's."""

    task: ClassVar[Task]
    names: ClassVar[tuple[str, ...]]
    heading: ClassVar[int] = 1

    def load(self) -> Data:
        raw, y = bundled.read(str(self.__struct_config__.tag), heading=self.heading)
        regression = self.task.kind == "regression"
        split = changed(self.split, stratify=self.split.stratify and not regression)
        parts = shuffled(y, split, self.seed)
        targets = y.astype(np.float32)[:, None] if regression else y.astype(np.int32)
        notices = constant_features(raw[parts.train], self.names) + duplicates.notices(raw, parts)
        return arrange(raw, targets, parts, self.task, self.names, fit(raw[parts.train], self.scale), notices=notices)


class Iris(Table, frozen=True, tag="iris"):
    """150 iris flowers of three species, told apart by the size of their leaves (Fisher 1936)."""

    task = Task("multiclass", 3, ("setosa", "versicolor", "virginica"))
    names = ("sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)")


class Wine(Table, frozen=True, tag="wine"):
    """178 wines from three growers of one region, told apart by a chemical analysis (Forina et al. 1991)."""

    task = Task("multiclass", 3, ("class_0", "class_1", "class_2"))
    names = (
        *("alcohol", "malic_acid", "ash", "alcalinity_of_ash", "magnesium", "total_phenols", "flavanoids"),
        *("nonflavanoid_phenols", "proanthocyanins", "color_intensity", "hue", "od280/od315_of_diluted_wines"),
        "proline",
    )


CELL = (
    *("radius", "texture", "perimeter", "area", "smoothness", "compactness", "concavity", "concave points"),
    *("symmetry", "fractal dimension"),
)


class BreastCancer(Table, frozen=True, tag="breast_cancer"):
    """569 tumours, malignant or benign, told apart by 30 measures of their cells (Wolberg, Street, Mangasarian 1995).

    Ten measures, each as its mean, its standard error and its worst over the cells of a picture.
    """

    task = Task("binary", 2, ("malignant", "benign"))
    names = (
        *(f"mean {measure}" for measure in CELL),
        *(f"{measure} error" for measure in CELL),
        *(f"worst {measure}" for measure in CELL),
    )


class Diabetes(Table, frozen=True, tag="diabetes"):
    """442 patients and how far their diabetes had gone a year later, a number from 25 to 346 (Efron et al. 2004).

    Inputs are in the units they were measured in; scikit-learn's own loader scales them over all rows.
    """

    task = Task("regression", 1)
    names = ("age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6")
    heading = 0
