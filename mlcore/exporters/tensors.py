"""safetensors: the weights by torch's names and in torch's layout, and beside them what inputs and outputs mean.

`0.weight` [outputs, inputs], `0.bias` …: the state dict of an `nn.Sequential` of the same layers. `prep/shift` and
`prep/factor` [features] float64 scale raw inputs: x = (raw - shift) * factor. The metadata are those of every file of
mlj: `format`, `mlj.sha256` and `mlj.state`, a JSON text with the configuration, the class names and the features.
"""

from __future__ import annotations

import json

from mlcore.exporters.stages import class_names, head, scaling
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
        "config": model.config.to_dict(),
    }
    tensors = state_dict(made) | {"prep/shift": shift, "prep/factor": factor}
    return {".safetensors": pack(tensors, json.dumps(state))}
