"""A trained network as something that works without mlj: code to read, code to run, weights for other programs.

Every export takes raw rows: the input scaling is built in. A new target is a page in this folder and a line here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlcore.catalogue import Catalogue, Entry

if TYPE_CHECKING:
    from mlcore.model import Model

CATALOGUE = Catalogue(
    "export target",
    Entry("numpy", "a Python file with the forward pass in plain NumPy", "mlcore.exporters.numpy_code:write"),
    Entry("pytorch", "a Python file with nn.Sequential, by torch's own names", "mlcore.exporters.torch_code:write"),
    Entry("sklearn", "a Python file that builds a scikit-learn pipeline", "mlcore.exporters.sklearn_code:write"),
    Entry("c", "one C99 file without allocation or dependencies", "mlcore.exporters.c_code:write"),
    Entry("onnx", "a graph for any ONNX runtime, opset 17", "mlcore.exporters.onnx_graph:write"),
    Entry("safetensors", "the weights in torch's layout, with what they mean", "mlcore.exporters.tensors:write"),
    Entry("toml", "the configuration that trains it again", "mlcore.exporters.settings:write"),
)


def export(model: Model, target: str, stem: str = "model") -> dict[str, bytes]:
    """The files of an export by suffix, the main one first: {".py": …, ".npz": …}.

    stem: what the files will be called, as one looks for the other beside itself. Raises ConfigError for an unknown
    target or a layer the target has no row for, CheckpointError for weights that are not numbers.
    """
    from mlcore.exporters.stages import own_units, whole

    write = CATALOGUE.find(target).load()
    files: dict[str, bytes] = write(own_units(whole(model)), stem)
    return files
