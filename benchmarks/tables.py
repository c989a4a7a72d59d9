"""The default network beside boosting and a linear model on eight tables: `python -m benchmarks.tables [NAME …]`.

Four tables lie in MLJ_DATA_HOME/tabular, four come with scikit-learn and are written as CSV files first: all of them go
the way of any table. Five folds, dealt by three seeds; everybody learns from the same prepared rows of each fold.
`A.B=VALUE` changes a setting, to try it.
"""

from __future__ import annotations

from benchmarks import machine

if __name__ == "__main__":
    machine.prepare()  # before NumPy is loaded

import os
import statistics
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from benchmarks.goals import Goal, write
from mlcore import Config, baselines, load_recipe, train
from mlcore.commands.experiment import assignment

TARGETS = {"titanic": "survived", "penguins": "species", "mpg": "mpg", "tips": "tip"}
SHIPPED = ("iris", "wine", "breast_cancer", "diabetes")
FOLDS, SEEDS = 5, (42, 1, 2)
BOOSTING = "gradient boosting"
POINTS, OF_R2 = 0.015, 0.02  # how far behind boosting at most


def tables(folder: Path, asked: list[str]) -> Iterator[tuple[str, Config]]:
    """The experiments of the tables there are, by name."""
    home = Path(os.environ.get("MLJ_DATA_HOME", "")) / "tabular"
    for name in asked:
        path, target = home / f"{name}.csv", TARGETS.get(name, "target")
        if name in SHIPPED:
            from sklearn import datasets

            path = folder / f"{name}.csv"
            found = getattr(datasets, f"load_{name}")(
                as_frame=True, **({"scaled": False} if name == "diabetes" else {})
            )
            found.frame.to_csv(path, index=False)
        if path.exists():
            yield name, load_recipe("table").with_settings({"dataset.path": str(path), "dataset.target": target})


def compared(config: Config, changes: Mapping[str, Any]) -> tuple[bool, dict[str, list[float]]]:
    """The scores of each model on each fold of each seed, accuracies, or R² of a regression."""
    scores: dict[str, list[float]] = {}
    regression = False
    for seed in SEEDS:
        for fold in range(FOLDS):
            dealt = {"dataset.seed": seed, "dataset.split.folds": FOLDS, "dataset.split.fold": fold, "seed": seed}
            own = config.with_settings(dealt | dict(changes))
            data = own.dataset.load()
            regression = data.task.kind == "regression"
            for event in train(own, data=data):
                if event.kind == "ended":
                    metric = "test_r2" if regression else "test_accuracy"
                    scores.setdefault("network", []).append(event.metrics[metric])
            for each in baselines.measure(own, data, "test")[1]:
                scores.setdefault(each.name, []).append(each.score)
    return regression, scores


def main() -> int:
    """Measure, print, write results/tables.json."""
    changes = dict(assignment(word) for word in sys.argv[1:] if "=" in word)
    asked = [word for word in sys.argv[1:] if "=" not in word] or [*TARGETS, *SHIPPED]
    results: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, config in tables(Path(folder), asked):
            regression, scores = compared(config, changes)
            means = {who: round(statistics.fmean(each), 4) for who, each in scores.items()}
            results[name] = {"metric": "r2" if regression else "accuracy", "means": means, "folds": scores}
            print(name, means, flush=True)
    if len(results) == len(TARGETS) + len(SHIPPED) and not changes:
        write("tables", {"results": results}, goals(results))
    return 0


def goals(results: Mapping[str, Any]) -> list[Goal]:
    """At least as good as boosting on half of the tables, and on none far behind."""
    ahead = {name: each["means"]["network"] - each["means"][BOOSTING] for name, each in results.items()}
    part = statistics.fmean(lead >= 0 for lead in ahead.values())
    found = [Goal("tables on which the network is at least as good", BOOSTING, part, 0.5, "share")]
    for name, lead in ahead.items():
        points = results[name]["metric"] == "accuracy"
        what = f"{name}, {'accuracy' if points else 'R²'} ahead"
        found.append(Goal(what, BOOSTING, lead, -POINTS if points else -OF_R2, "share"))
    return found


if __name__ == "__main__":
    sys.exit(main())
