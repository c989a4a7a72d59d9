"""scikit-learn: an MLPClassifier or MLPRegressor with these weights, behind a StandardScaler with this scaling.

It takes dense layers with one and the same activation after each hidden one, so not every network can be written so.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from mlcore.exporters import numpy_code
from mlcore.exporters.python_text import INLINE, imports, names, opening, program, scales
from mlcore.exporters.stages import Stage, bend, class_names, head, logarithm, row, stages, unsupported
from mlcore.layers.activations import ReLU, Sigmoid, Tanh
from mlcore.layers.dense import Dense
from mlcore.layers.dropout import Dropout
from mlcore.layers.flatten import Flatten
from mlcore.layers.layer import Array, Layer
from mlcore.model import Model

DENSE, NOTHING = "dense", ""  # a row that is no activation: the matrix itself; what does nothing to a trained network
TARGET = "scikit-learn"
ROWS: Mapping[type[Layer], str] = {
    Dense: DENSE,
    ReLU: "relu",
    Sigmoid: "logistic",
    Tanh: "tanh",
    Dropout: NOTHING,
    Flatten: NOTHING,
}

BUILD = """
# One row of zeros a class gives the network its form; then its weights are replaced.
network = {kind}(hidden_layer_sizes={hidden}, activation={activation})
network.partial_fit(np.zeros(({rows}, {features})), {targets})
network.coefs_, network.intercepts_ = COEFS, INTERCEPTS
scaler = StandardScaler().fit(np.zeros((1, {features})))
scaler.mean_, scaler.scale_ = np.zeros({features}) + SHIFT, np.ones({features}) / FACTOR
pipeline = make_pipeline(scaler, {bent}network)
"""
BENT = '''

def bent(x):
    """No input far away: what is near 0 stays as it is, nothing is beyond 1 / BEND."""
    return x / np.hypot(1, x * BEND)

'''

CLASSIFY = '''

def predict_proba(x):
    """The probability of each class [rows, classes]."""
    return pipeline.predict_proba(np.atleast_2d(np.asarray(x, dtype=np.float64)))


def predict(x):
    """The name of the most probable class of each row; the pipeline itself knows classes by number."""
    return [CLASSES[place] for place in predict_proba(x).argmax(axis=1)]
'''
REGRESS = '''

def predict(x):
    """The numbers the network answers [rows, outputs]."""
    return pipeline.predict(np.atleast_2d(np.asarray(x, dtype=np.float64))).reshape(-1, {outputs})
'''
LOGARITHMS = '''

def predict(x):
    """The numbers themselves [rows, outputs], of which the pipeline answers scaled logarithms."""
    z = pipeline.predict(np.atleast_2d(np.asarray(x, dtype=np.float64))).reshape(-1, {outputs})
    return {own}
'''


def write(model: Model, stem: str) -> dict[str, bytes]:
    """A Python file; with many weights they lie beside it in an .npz file. Raises ConfigError where it cannot."""
    dense, activation = expressed(stages(model))
    arrays = {f"W{s.nth}": s.p["w"] for s in dense} | {f"b{s.nth}": s.p["b"] for s in dense}
    if head(model) == "softmax" and len(class_names(model)) == 2:
        arrays = _one_output(arrays, len(dense))
    beside = sum(array.size for array in arrays.values()) > INLINE
    path = "from pathlib import Path\n" if beside else ""
    classes = bool(class_names(model))
    kind = "MLPClassifier" if classes else "MLPRegressor"
    text = opening(model, "sklearn", "scikit-learn and NumPy")
    text += f"\n{imports(model)}{path}\nimport numpy as np\nfrom sklearn.neural_network import {kind}\n"
    steps = "StandardScaler" if bend(model) is None else "FunctionTransformer, StandardScaler"
    text += f"from sklearn.pipeline import make_pipeline\nfrom sklearn.preprocessing import {steps}\n\n"
    text += f"{names(model)}\n{scales(model, 'np.array({})')}\n"
    text += numpy_code.read(arrays, stem) if beside else numpy_code.written(arrays)
    for name, letter in (("COEFS", "W"), ("INTERCEPTS", "b")):
        cells = ", ".join(f"{letter}{s.nth}.astype(np.float64)" for s in dense)
        text += f"{name} = [{cells}]\n"
    text += _built(model, kind, dense, activation)
    text += CLASSIFY if classes else _regress(model)
    files = {".py": (text + program(model)).encode()}
    return files | {".npz": numpy_code.npz(arrays)} if beside else files


def _regress(model: Model) -> str:
    """What stands behind the pipeline of a regression."""
    logs, outputs = logarithm(model), str(model.network.output_shape[0])
    text = LOGARITHMS.replace("{own}", logs.text("z", "np.minimum", "np.exp")) if logs else REGRESS
    return text.replace("{outputs}", outputs)


def expressed(found: list[Stage]) -> tuple[list[Stage], str]:
    """The dense layers of a network and the one activation between them. Raises ConfigError where there is another."""
    rows = [(stage, row(ROWS, stage, TARGET)) for stage in found]
    for stage in found:
        if isinstance(stage.layer, Dense) and len(stage.inputs) > 1:
            raise unsupported(TARGET, f"layer {stage.number + 1}, dense", "it takes rows, no sequences")
    rows = [(stage, kind) for stage, kind in rows if kind != NOTHING]
    dense = [stage for stage, kind in rows if kind == DENSE]
    after: dict[int, str] = {}
    for (_, before), (stage, kind) in zip([(None, ""), *rows[:-1]], rows, strict=True):
        if kind != DENSE:
            if before != DENSE:
                raise unsupported(TARGET, f"layer {stage.number + 1}, {stage.word}", "it follows no dense layer")
            after[stage.nth] = kind
    kinds = {after.get(stage.nth, "identity") for stage in dense[:-1]}
    if len(kinds) > 1:
        listed_kinds = " and ".join(sorted(kinds))
        raise unsupported(TARGET, listed_kinds, "it has one activation for all hidden layers")
    return dense, kinds.pop() if kinds else "identity"


def _one_output(arrays: dict[str, Array], last: int) -> dict[str, Array]:
    """Two outputs under softmax as one logit, as scikit-learn has it for two classes: the second less the first."""
    w, b = arrays[f"W{last}"], arrays[f"b{last}"]
    return arrays | {f"W{last}": np.ascontiguousarray(w[:, 1:] - w[:, :1]), f"b{last}": b[1:] - b[:1]}


def _built(model: Model, kind: str, dense: list[Stage], activation: str) -> str:
    """The code that builds the pipeline."""
    classes, outputs = len(class_names(model)), model.network.output_shape[0]
    targets = f"np.arange({classes}), classes=np.arange({classes})" if classes else f"np.zeros((1, {outputs}))"
    said = {
        "kind": kind,
        "hidden": repr(tuple(stage.size for stage in dense[:-1])),
        "activation": repr(activation),
        "rows": classes or 1,
        "features": len(model.preparation.feature_names),
        "bent": "FunctionTransformer(bent), " if bend(model) is not None else "",
        "targets": targets if classes or outputs > 1 else "np.zeros(1)",
    }
    return (BENT if said["bent"] else "") + BUILD.format(**said)
