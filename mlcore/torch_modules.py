"""A trained network as a plain `nn.Sequential` of PyTorch, and one that was trained further there back as a model.

Modules have torch's own names and layouts (`0.weight` [outputs, inputs], `0.bias`), the number being that of the layer,
as in `mlj export --to safetensors`. Before them a module called `scale` scales the inputs, and one called `image` or
`steps` makes images or sequences of rows, each where the network needs it.
"""

from __future__ import annotations

import functools
import re
from collections import OrderedDict
from itertools import takewhile, zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from mlcore.backends import CATALOGUE
from mlcore.config import Config
from mlcore.errors import BackendError, CheckpointError, ConfigError
from mlcore.exporters.stages import bend, scaling, shaped, whole
from mlcore.exporters.torch_layout import LAYERS, OWN, Module, modules, state_dict
from mlcore.layers.layer import Array, Layer
from mlcore.model import Model, Preparation, blueprint
from mlcore.run import Run
from mlcore.runs import open_run
from mlcore.spec import changed

if TYPE_CHECKING:
    from torch import nn


def to_torch(model: Model | Run | str | Path, raw: bool = True) -> nn.Sequential:
    """The network of a model or a run as PyTorch's modules on the CPU, float32, in eval mode; a copy of the weights.

    model: a run may be named as `open_run` takes it, a model by its .safetensors file. The outputs are the raw ones,
    `Model.outputs`. raw: takes raw inputs, which `scale` scales in float64 where they need it; False leaves that out,
    for inputs that are scaled already (`model.preparation.inputs`) or a device that has no float64.
    Raises BackendError where PyTorch is not installed, CheckpointError for weights that are not numbers.
    """
    _installed()
    import torch
    from torch import nn

    found = whole(_model(model))
    made = modules(found)
    network = nn.Sequential(*map(_empty, made))
    container = _home(True).Stack if found.network.skips else nn.Sequential
    tensors = {name: torch.from_numpy(array.copy()) for name, array in state_dict(made).items()}
    network.load_state_dict(tensors, assign=True)
    whole_network: nn.Sequential = container(OrderedDict([*_front(found, raw), *network.named_children()])).eval()
    return whole_network


def from_torch(module: nn.Sequential, like: Model | Run | Config | str | Path) -> Model:
    """The model of a module like those of `to_torch`: its weights, and everything else from `like`.

    like: a model or a run of the same layers; or an experiment, whose own layers give way to those of the module, the
    last one being the output the data set asks for. Bits survive: from_torch(to_torch(model), model) has its weights.
    Raises CheckpointError naming the layer that differs or has numbers that are none, ConfigError for a module mlj
    has no layer for, BackendError where PyTorch is not installed.
    """
    _installed()
    from torch import nn

    if type(module) not in (nn.Sequential, _home(True).Stack):
        _refuse(f"expected an nn.Sequential, got {type(module).__name__}", "nn.Sequential(*layers) makes one")
    front = list(takewhile(lambda part: type(part) in (_scale(), nn.Unflatten), module))
    parts = list(module)[len(front) :]
    found = _planned(parts, like) if isinstance(like, Config) else _model(like)
    model = Model(found.config, found.network, found.loss, found.preparation, np.empty(found.network.size, np.float32))
    _check_front(front, model)
    hint = OUTPUT if isinstance(like, Config) else EXPERIMENT
    for number, (ours, theirs) in enumerate(zip_longest(modules(model), parts), start=1):
        expected = _said(_empty(ours) if ours else None)
        if _said(theirs) != expected:
            _refuse(f"layer {number}: expected {expected}, got {_said(theirs)}", hint)
        state = theirs.state_dict()
        for name, place in ours.tensors.items():
            place[...] = _numbers(state.get(name), place.shape, f"layer {number}, {ours.kind}: {name}")
        ours.settle()
    return model


EXPERIMENT = "a configuration in place of a run or a model takes its layers from the module"
OUTPUT = "the last layer is the output that the data set asks for, and the first takes its features"


def _installed() -> None:
    reason = CATALOGUE.find("torch").load()().unavailable()
    if reason:
        raise BackendError(reason)


def _model(what: Model | Run | str | Path) -> Model:
    """The model somebody means. Raises what `open_run` and `Run.model` raise."""
    if isinstance(what, Model):
        return what
    if isinstance(what, Run):
        return what.model()
    if not isinstance(what, str | Path):
        raise ConfigError(f"expected a model or a run, got {type(what).__name__}", hint="open_run('last') is a run")
    return Model.load(what) if str(what).endswith(".safetensors") else open_run(what).model()


def _planned(parts: list[nn.Module], config: Config) -> Model:
    """An experiment with the layers of the module, without weights."""
    body = [_layer(number, part) for number, part in enumerate(parts[:-1], start=1)]
    config, data = changed(config, layers=tuple(body)), config.dataset.load()
    network, loss = blueprint(config, data)
    return Model(config, network, loss, Preparation.of(data), np.empty(0, np.float32))


def _empty(made: Module) -> nn.Module:
    """A module without numbers: first weights would be drawn from torch's random numbers, which are the caller's."""
    import torch

    with torch.device("meta"):
        found: nn.Module = getattr(_home(made.own), made.kind)(*made.arguments, **made.settings)
    return found


def _home(own: bool) -> Any:
    """Where a module comes from: torch.nn, or our own where that has none."""
    from torch import nn

    if not own:
        return nn
    from mlcore.backends.pytorch import modules as ours

    return ours


def _layer(number: int, part: nn.Module) -> Layer:
    kind = type(part).__name__
    if kind not in LAYERS or type(part) is not getattr(_home(kind in OWN), kind):
        raise ConfigError(f"layer {number}: mlj has no layer for {_said(part)}", hint="it knows " + ", ".join(LAYERS))
    return LAYERS[kind](part)


def _said(part: nn.Module | None) -> str:
    """A module as torch writes it, with everything it was told but whether it writes over its input."""
    if part is None:
        return "nothing"
    text = repr(part)
    return type(part).__name__ if "\n" in text else re.sub(r"(, )?inplace=(True|False)", "", text)


def _numbers(tensor: Any, shape: tuple[int, ...], where: str) -> Array:
    """The numbers of a tensor, float32. Raises CheckpointError where they are others than were expected."""
    if tensor is None or tensor.is_meta:  # weight_norm and pruning keep them under other names
        _refuse(f"{where}: expected {list(shape)}, got no numbers")
    if tuple(tensor.shape) != shape:
        _refuse(f"{where}: expected {list(shape)}, got {list(tensor.shape)}")
    numbers: Array = tensor.detach().float().cpu().numpy()
    if not np.isfinite(numbers).all():
        raise CheckpointError(f"{where} has numbers that are not finite", code="CKPT_NONFINITE")
    return numbers


def _front(model: Model, raw: bool) -> list[tuple[str, nn.Module]]:
    """The modules before the first layer: one scales raw inputs, one makes images of rows."""
    import torch
    from torch import nn

    (shift, factor), shape = map(np.copy, scaling(model)), shaped(model)
    found: list[tuple[str, nn.Module]] = []
    bent = bend(model)
    if raw and (shift.any() or (factor != 1).any() or bent is not None):
        parts = (shift, factor, *(() if bent is None else (bent,)))
        found.append(("scale", _scale()(*map(torch.from_numpy, parts))))
    if shape:
        found.append(("image" if model.network.takes_images else "steps", nn.Unflatten(1, shape)))
    return found


def _check_front(front: list[Any], model: Model) -> None:
    """Refuse inputs that are scaled otherwise than the model's; a scale that went through .float() is the same."""
    import torch

    for scale in (part for part in front if type(part) is _scale()):
        for name, ours in zip(("shift", "factor", "bend"), (*scaling(model), bend(model)), strict=True):
            theirs = getattr(scale, name)
            if ours is None or theirs is None:
                if ours is not theirs:
                    _refuse(f"scale.{name} is not that of the model", "module[1:] leaves it out")
                continue
            theirs = theirs.cpu()
            if not torch.equal(theirs, torch.from_numpy(ours).to(theirs.dtype)):
                _refuse(f"scale.{name} is not that of the model", "module[1:] leaves it out")


def _refuse(message: str, hint: str = "") -> NoReturn:
    raise CheckpointError(message, code="CKPT_MISMATCH", hint=hint)


@functools.cache
def _scale() -> type[nn.Module]:
    """The class of `scale`. It is made late, and found by torch.save as `mlcore.torch_modules.Scale`."""
    from torch import Tensor, nn

    class Scale(nn.Module):
        """x = (raw - shift) * factor, in float64 and rounded once to float32; shift, factor [features] do not learn.

        bend [features]: x / sqrt(1 + (x bend)²) after that; None: nothing is bent.
        """

        shift: Tensor
        factor: Tensor
        bend: Tensor | None

        def __init__(self, shift: Tensor, factor: Tensor, bend: Tensor | None = None) -> None:
            super().__init__()
            self.register_buffer("shift", shift)
            self.register_buffer("factor", factor)
            self.register_buffer("bend", bend)

        def forward(self, raw: Tensor) -> Tensor:
            x = (raw.double() - self.shift) * self.factor
            return (x if self.bend is None else x / (1 + (x * self.bend) ** 2).sqrt()).float()

        def extra_repr(self) -> str:
            return f"{len(self.shift)} features"

    Scale.__qualname__ = "Scale"
    return Scale


def __getattr__(name: str) -> Any:
    if name == "Scale":
        return _scale()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
