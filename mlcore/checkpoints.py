"""Checkpoints and saved models: a network, what its inputs and outputs mean, and where its training was, in one file.

Arrays: `model/0.w` (weights by layer and name), `prep/shift` and `prep/factor` (input scaling); a checkpoint also has
`optim/0/0.w` (the optimizer's memory) and, where the best weights are kept, `best/0.w`. The text is JSON; its floating
numbers are written in hexadecimal, so nothing is rounded.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np

from mlcore.backends.backend import Weights
from mlcore.config import Config
from mlcore.datasets import columns, growth
from mlcore.datasets.dataset import Data, Scaling, Sequence, Task
from mlcore.errors import CheckpointError, ConfigError
from mlcore.layers.layer import Array
from mlcore.model import Model, Preparation, blueprint, rebuild
from mlcore.network import Network
from mlcore.state import State
from mlcore.storage import write_file
from mlcore.tensorfile import Tensor, pack, unpack

SCHEMA = "mlj.checkpoint/1"
NUMERICS = 1  # raised when the same experiment would give other numbers than before
PROGRESS = (
    *("epoch", "place", "loss_sum", "loss_rows", "seconds", "best_value", "best_epoch"),
    *("factor", "factor_best", "factor_stale"),  # a checkpoint of an older mlj has none of these
)


class Checkpoint(NamedTuple):
    """A checkpoint read back: the model at that moment and the state training goes on from.

    `model.config` is the configuration in force then, `changes` what a person had changed by dotted name.
    """

    model: Model
    state: State
    changes: dict[str, Any]


def expected_size(config: Config, data: Data) -> int:
    """Bytes of a checkpoint at most, about: weights, the optimizer's memory, the best weights, and some text."""
    network, _ = blueprint(config, data)
    return (2 + config.optimizer.moments) * network.size * (8 if config.weight_type == "float64" else 4) + (1 << 16)


def save_model(model: Model, path: Path, *, durable: bool = True) -> None:
    """Write a model that `load_model` reads back and that predicts by itself."""
    tensors = _named("model", model.network, model.vector) | _scaling(model.preparation)
    write_file(path, pack(tensors, _text(model, "model")), durable=durable)


def save_checkpoint(checkpoint: Checkpoint, path: Path) -> None:
    """Write a checkpoint, durably. Raises CheckpointError (CKPT_NONFINITE) for weights that are not numbers."""
    model, state, changes = checkpoint
    if not np.isfinite(state.weights.vector).all():
        raise CheckpointError(f"step {state.weights.step}: weights that are not numbers", code="CKPT_NONFINITE")
    tensors = _named("model", model.network, state.weights.vector) | _scaling(model.preparation)
    for number, moment in enumerate(state.weights.moments):
        tensors |= _named(f"optim/{number}", model.network, moment)
    if state.best_vector is not None:
        tensors |= _named("best", model.network, state.best_vector)
    progress = {name: _exact(getattr(state, name)) for name in PROGRESS} | {"step": state.weights.step}
    write_file(path, pack(tensors, _text(model, "checkpoint", progress=progress, changes=changes)))


def load_model(path: Path) -> Model:
    """The model in a file: of a saved model or of a checkpoint. Raises CheckpointError."""
    return _load(path)[0]


def load_checkpoint(path: Path) -> Checkpoint:
    """The checkpoint in a file. Raises CheckpointError."""
    model, description, tensors = _load(path)
    if description["kind"] != "checkpoint":
        raise _mismatch(path, "it holds a model only, not where its training was")
    progress = _progress(description)
    moments = [_flat(f"optim/{i}", model.network, tensors) for i in range(model.config.optimizer.moments)]
    vector = model.vector
    table = np.stack(moments) if moments else np.zeros((0, len(vector)), vector.dtype)
    best = _flat("best", model.network, tensors) if any(name.startswith("best/") for name in tensors) else None
    state = State(Weights(vector, table, progress.pop("step")), **progress, best_vector=best)
    return Checkpoint(model, state, description["changes"])


def _load(path: Path) -> tuple[Model, dict[str, Any], dict[str, Array]]:
    found: list[tuple[Model, dict[str, Any]]] = []

    def check(text: str, table: dict[str, Tensor]) -> None:
        found.append(_expected(path, text, table))

    _, tensors = unpack(path, check)
    model, description = found[0]
    scaling = model.preparation.scaling._replace(shift=tensors["prep/shift"], factor=tensors["prep/factor"])
    preparation = msgspec.structs.replace(model.preparation, scaling=scaling)
    vector = _flat("model", model.network, tensors)
    if not np.isfinite(vector).all():
        raise CheckpointError(f"{path}: weights that are not numbers", code="CKPT_NONFINITE", where=str(path))
    return Model(model.config, model.network, model.loss, preparation, vector), description, tensors


def _expected(path: Path, text: str, table: dict[str, Tensor]) -> tuple[Model, dict[str, Any]]:
    """The model a text describes, without weights, if the table of arrays is exactly what that model needs."""
    try:
        description = json.loads(text)
        _readable(path, description)
        preparation = _preparation(description["preparation"], table["prep/shift"].shape)
        model = rebuild(description["config"], preparation, np.empty(0, np.float32))
        _fits(path, description, model, table)
        if description["kind"] == "checkpoint":
            _progress(description)
    except ConfigError as error:
        raise _mismatch(path, f"its experiment is not one of this version ({error})") from None
    except (ValueError, TypeError, KeyError, AttributeError, ArithmeticError, RecursionError) as error:
        raise _mismatch(path, f"its description cannot be read ({type(error).__name__}: {error})") from None
    return model, description


def _readable(path: Path, description: dict[str, Any]) -> None:
    """Refuse what a later mlj wrote, and training that other arithmetic began."""
    name, _, major = str(description["schema"]).partition("/")
    if name == "mlj.export":
        raise CheckpointError(
            f"{path} was written by mlj export for other programs",
            code="CKPT_MISMATCH",
            where=str(path),
            hint="name the run it came from, or a file that Model.save wrote",
        )
    if name != SCHEMA.partition("/")[0]:
        raise ValueError(f"schema {name!r}")
    newer = int(major) > int(SCHEMA.partition("/")[2]) or description["numerics"] > NUMERICS
    if newer:
        raise CheckpointError(
            f"{path} was written by a newer mlj", code="SCHEMA_NEWER", where=str(path), hint="upgrade mlj to read it"
        )


def _fits(path: Path, description: dict[str, Any], model: Model, table: dict[str, Tensor]) -> None:
    groups = ["model"]
    if description["kind"] == "checkpoint":
        groups += [f"optim/{number}" for number in range(model.config.optimizer.moments)]
        groups += ["best"] if any(name.startswith("best/") for name in table) else []
    slots = model.network.slots
    wanted = {f"{group}/{slot.path}": tuple(slot.param.shape) for group in groups for slot in slots}
    wanted |= {"prep/shift": table["prep/shift"].shape, "prep/factor": table["prep/shift"].shape}
    found = {name: tensor.shape for name, tensor in table.items()}
    if found != wanted:
        name = sorted(found.items() ^ wanted.items())[0][0]
        raise _mismatch(path, f"{name}: expected {_shape(wanted.get(name))}, found {_shape(found.get(name))}")
    if len({tensor.dtype for name, tensor in table.items() if not name.startswith("prep/")}) > 1:
        raise _mismatch(path, "arrays of several types")


def _progress(description: dict[str, Any]) -> dict[str, Any]:
    """Where training was, by the names of `State`, and its step. Raises what a value that cannot be raises."""
    written, found = description["progress"], {}
    for name in (*PROGRESS, "step"):
        if name in written or not name.startswith("factor"):
            value, default = _number(written[name]), State._field_defaults.get(name, 0)
            if value != value or (value < 0 and name not in ("loss_sum", "best_value", "factor_best")):
                raise ValueError(f"{name} is {value!r}")
            if isinstance(default, int) and not (type(value) is int and value < 1 << 63):
                raise ValueError(f"{name} is {value!r}")
            found[name] = value
    if not isinstance(description["changes"], dict):
        raise ValueError("changes are no table")
    return found


def _shape(shape: tuple[int, ...] | None) -> str:
    return "nothing" if shape is None else f"shape {list(shape)}"


def _mismatch(path: Path, reason: str) -> CheckpointError:
    return CheckpointError(f"{path}: {reason}", code="CKPT_MISMATCH", where=str(path))


def _text(model: Model, kind: str, **more: Any) -> str:
    p = model.preparation
    preparation: dict[str, Any] = {
        "task": p.task.kind,
        "outputs": p.task.outputs,
        "class_names": list(p.task.class_names),
        "feature_names": list(p.feature_names),
        "factor": _exact(p.factor),
        "image_shape": list(p.image_shape) if p.image_shape else None,
    }
    if p.task.units:
        preparation["units"] = [_exact(unit) for unit in p.task.units]
    if p.task.steps:
        preparation["steps"] = p.task.steps
    if p.sequence:
        preparation["sequence"] = p.sequence._asdict()
    if p.growing:
        preparation["growing"] = p.growing.plain()
    if p.scaling.smooth:
        preparation["smooth"] = p.scaling.smooth
    if p.columns:
        preparation["columns"] = [columns.plain(column) for column in p.columns]
    head = {"schema": SCHEMA, "numerics": NUMERICS, "kind": kind}
    return json.dumps(head | {"config": model.config.to_dict(), "preparation": preparation} | more)


def _preparation(plain: dict[str, Any], shape: tuple[int, ...]) -> Preparation:
    """The preparation of a description, its scaling still blank."""
    blank = np.broadcast_to(np.zeros(1), shape)
    image = plain["image_shape"]
    known = tuple(map(columns.read, plain.get("columns", ())))
    if known and columns.names(known) != tuple(plain["feature_names"]):
        raise ValueError("columns that do not give its features")
    outputs, classes, steps = int(plain["outputs"]), tuple(map(str, plain["class_names"])), int(plain.get("steps", 0))
    return Preparation(
        Task(plain["task"], outputs, classes, steps, _units(plain.get("units", ()))),
        Scaling(blank, blank, _smooth(plain.get("smooth", 0), shape)),
        _number(plain["factor"]),
        tuple(map(str, plain["feature_names"])),
        (int(image[0]), int(image[1])) if image else None,
        known,
        _sequence(plain["sequence"]) if "sequence" in plain else None,
        growth.read(plain["growing"], outputs) if "growing" in plain else None,
    )


def _units(values: Any) -> tuple[float, ...]:
    found = tuple(float(_number(value)) for value in values)
    if found and not (len(found) in (2, 3) and np.isfinite(found).all() and found[1] > 0):
        raise ValueError(f"units are {found!r:.80}")
    return found


def _smooth(value: Any, shape: tuple[int, ...]) -> int:
    if type(value) is not int or not 0 <= value <= shape[0]:
        raise ValueError(f"smooth is {value!r:.80}")
    return value


def _sequence(plain: dict[str, Any]) -> Sequence:
    steps, numbers, vocabulary = (int(plain[name]) for name in ("steps", "numbers", "vocabulary"))
    return Sequence(steps, numbers, vocabulary, bool(plain["lengths"]))


def _scaling(preparation: Preparation) -> dict[str, Array]:
    scaling = preparation.scaling
    shift, factor = (np.asarray(a, np.float64) for a in (scaling.shift, scaling.factor))
    return {"prep/shift": shift, "prep/factor": factor}


def _named(group: str, network: Network, vector: Array) -> dict[str, Array]:
    """A flat vector as one array a parameter."""
    return {
        f"{group}/{slot.path}": vector[slot.offset : slot.offset + slot.size].reshape(slot.param.shape)
        for slot in network.slots
    }


def _flat(group: str, network: Network, tensors: dict[str, Array]) -> Array:
    """The flat vector of arrays by name."""
    parts = [tensors[f"{group}/{slot.path}"].ravel() for slot in network.slots]
    return np.concatenate(parts)


def _exact(value: float | int) -> str | int:
    return float(value).hex() if isinstance(value, float) else int(value)


def _number(value: str | int) -> Any:
    return float.fromhex(value) if isinstance(value, str) else value
