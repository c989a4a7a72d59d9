"""The first steps of every recipe, recorded. `make golden` writes them again; the difference is for a person to judge.

The reference backend is recorded; the test beside this file holds every backend to it.
"""

from __future__ import annotations

import json
import sys
from itertools import islice
from pathlib import Path

import numpy as np

from mlcore import load_recipe, recipes, train
from mlcore.errors import DataError, StorageError
from mlcore.spec import kind_of

FOLDER = Path(__file__).parent / "curves"
STEPS, NORMED = 40, 6  # before a norm a bias has only rounding for a gradient, of which Adam makes whole steps


def path(recipe: str) -> Path:
    """Where the curve of a recipe is kept."""
    return FOLDER / (recipe.replace("/", "-") + ".json")


def curve(recipe: str, backend: str) -> dict[str, object]:
    """The losses of the first steps of a recipe. Raises DataError where its data is not here."""
    config = load_recipe(recipe).with_settings({"backend": backend, "recording.snapshot_every": 0})
    normed = any(kind_of(layer) == "batch_norm" for layer in config.layers)
    steps = 4 if config.batch_size == "full" else NORMED if normed else STEPS
    losses: list[float] = []
    for event in islice(train(config), 10 * STEPS):
        if event.kind == "progress":
            losses.extend(float(value) for value in event.losses)
        if len(losses) >= steps:
            break
    return {"recipe": recipe, "losses": [float(f"{value:.9g}") for value in losses[:steps]]}


def main() -> int:
    """Write the curve of every recipe whose data is here; say what was left out."""
    FOLDER.mkdir(exist_ok=True)
    for recipe in recipes():
        try:
            found = curve(recipe, "reference")
        except (DataError, StorageError) as error:
            print(f"{recipe}: not recorded, {error}", file=sys.stderr)
            continue
        path(recipe).write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
        print(f"{recipe}: {len(np.array(found['losses']))} steps")
    return 0


if __name__ == "__main__":
    sys.exit(main())
