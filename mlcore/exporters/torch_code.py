"""PyTorch: an `nn.Sequential` with its state dict, ready to be trained further."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from importlib.resources import files

from mlcore.exporters.python_text import INLINE, imports, listed, names, opening, program, scales
from mlcore.exporters.stages import Head, bend, class_names, head, logarithm, shaped
from mlcore.exporters.torch_layout import Module, modules, state_dict
from mlcore.layers.layer import Array
from mlcore.model import Model

OUTPUTS = '''

def outputs(x):
    """The raw outputs of the last layer, for raw inputs x [rows, {features}]."""
    x = torch.atleast_2d(torch.as_tensor(x, dtype=torch.float64))
    x = {scaled}
    return network(x.float(){shaped})
'''
PREDICT: Mapping[Head, str] = {
    "logit": '''

@torch.no_grad()
def predict_proba(x):
    """The probability of both classes [rows, 2]: the output is the logit of the second."""
    p = torch.sigmoid(outputs(x))
    return torch.cat([1 - p, p], dim=1)
''',
    "softmax": '''

@torch.no_grad()
def predict_proba(x):
    """The probability of each class [rows, classes]."""
    return torch.softmax(outputs(x), dim=1)
''',
    "numbers": '''

@torch.no_grad()
def predict(x):
    """The numbers the network answers [rows, outputs]."""
    return outputs(x)
''',
    "logarithms": '''

@torch.no_grad()
def predict(x):
    """The numbers themselves [rows, outputs], of which the network answers scaled logarithms."""
    z = outputs(x).double()
    return ({own}).float()
''',
}
CLASSES = '''

def predict(x):
    """The name of the most probable class of each row."""
    return [CLASSES[place] for place in predict_proba(x).argmax(dim=1).tolist()]
'''


def write(model: Model, stem: str) -> dict[str, bytes]:
    """A Python file; with many weights they lie beside it in a safetensors file."""
    made, container = modules(model), "Stack" if model.network.skips else "nn.Sequential"
    tensors = state_dict(made)
    beside = sum(tensor.size for tensor in tensors.values()) > INLINE
    extra = " and safetensors" if beside else ""
    text = opening(model, "pytorch", f"PyTorch{extra} and nothing else")
    path = "from pathlib import Path\n" if beside else ""
    text += f"\n{imports(model)}{path}\nimport torch\n"
    text += "from safetensors.torch import load_file\n" if beside else ""
    classes = _classes(made, container)
    text += f"from torch import {'Tensor, ' if classes else ''}nn\n\n{names(model)}\n"
    text += f"{scales(model, 'torch.tensor({}, dtype=torch.float64)')}\n{classes}"
    text += f"network = {container}(\n" + "".join(f"    {module.text},\n" for module in made) + ")\n"
    if beside:
        text += f"network.load_state_dict(load_file(Path(__file__).with_name({stem + '.safetensors'!a})))\n"
    else:
        text += _written(tensors)
    text += "network.eval()\n"
    shape = shaped(model)
    reshaped = f".reshape(-1, {', '.join(map(str, shape))})" if shape else ""
    features = str(len(model.preparation.feature_names))
    scaled = "(x - SHIFT) * FACTOR"
    if bend(model) is not None:
        scaled += "\n    x = x / torch.sqrt(1 + (x * BEND) ** 2)"
    text += OUTPUTS.replace("{features}", features).replace("{shaped}", reshaped).replace("{scaled}", scaled)
    behind, logs = PREDICT[head(model)], logarithm(model)
    text += behind.replace("{own}", logs.text("z", "torch.clamp_max", "torch.exp")) if logs else behind
    text += (CLASSES if class_names(model) else "") + program(model)
    written = {".py": text.encode()}
    return written | {".safetensors": _packed(tensors)} if beside else written


def _classes(made: list[Module], container: str) -> str:
    """The classes of `mlcore.backends.pytorch.modules` that are used, as they stand there, and those they are made of.

    torch is not asked.
    """
    used = {module.kind for module in made if module.own} | {container}
    source = files("mlcore.backends.pytorch").joinpath("modules.py").read_text(encoding="utf-8")
    known = {each.name: each for each in ast.parse(source).body if isinstance(each, ast.ClassDef)}
    used |= {ast.unparse(base) for name in used & known.keys() for base in known[name].bases}
    found = [each for name, each in known.items() if name in used]
    text = "".join(f"\n\n{ast.get_source_segment(source, each)}\n" for each in found)
    return re.sub("  # type: ignore.*", "", f"{text}\n\n") if text else ""


def _written(tensors: dict[str, Array]) -> str:
    """The weights as they are."""
    text = "network.load_state_dict(\n    {\n"
    for name, tensor in tensors.items():
        numbers = listed(tensor).replace("\n", "\n        ")
        text += f"        {name!r}: torch.tensor({numbers}, dtype=torch.{tensor.dtype}),\n"
    return text + "    }\n)\n"


def _packed(tensors: dict[str, Array]) -> bytes:
    from safetensors.numpy import save

    return save(tensors, {"format": "pt"})
