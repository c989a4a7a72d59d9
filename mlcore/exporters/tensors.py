"""safetensors: the weights by torch's names and in torch's layout, and beside them what inputs and outputs mean.

`0.weight` [outputs, inputs], `0.bias` …: the state dict of an `nn.Sequential` of the same layers. `prep/shift` and
`prep/factor` [features] float64 scale raw inputs: x = (raw - shift) * factor; where there is `prep/bend`, they are
x / sqrt(1 + (x bend)²) after that. Where there is `prep/logarithm` [3] float64, shift, factor and offset, the outputs z
are logarithms of a regression's numbers, which are exp(z / factor + shift) - offset. The metadata are those of every
file of mlj: `format`, `mlj.sha256` and `mlj.state`, a JSON text with the configuration, the class names, the features,
how columns become them, and of a series what inputs and outputs are.
"""

from __future__ import annotations

import json

import numpy as np

from mlcore.datasets import columns
from mlcore.exporters.stages import bend, class_names, growths, head, logarithm, scaling
from mlcore.exporters.torch_layout import modules, state_dict
from mlcore.model import Model
from mlcore.tensorfile import pack

SCHEMA = "mlj.export/1"


def write(model: Model, stem: str) -> dict[str, bytes]:
    """One file; `safetensors.torch.load_file` reads it."""
    made = modules(model)
    shift, factor = scaling(model)
    state = {
        "schema": SCHEMA,
        "modules": [module.text for module in made],
        "task": model.preparation.task.kind,
        "outputs": head(model),
        "class_names": list(class_names(model)),
        "feature_names": list(model.preparation.feature_names),
        "columns": [columns.plain(column) for column in model.preparation.columns],
        "config": model.config.to_dict(),
    }
    if growths(model):
        state["series"] = growths(model)
    tensors = state_dict(made) | {"prep/shift": shift, "prep/factor": factor}
    bent = bend(model)
    if bent is not None:
        tensors["prep/bend"] = bent
    logs = logarithm(model)
    if logs:
        tensors["prep/logarithm"] = np.array([logs.shift, logs.factor, logs.offset])
    return {".safetensors": pack(tensors, json.dumps(state))}
