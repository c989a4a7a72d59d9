"""The same experiment in PyTorch, eagerly, on a CPU or a GPU: one row per layer, loss and optimizer.

The only room, with `pytorch_losses.py`, that imports torch, and only inside functions: choosing this backend is what
loads it. The flat vector is torch storage; parameters and their gradients are views into it, so weights come and go
without a conversion.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any, TypeAlias

import numpy as np

from mlcore import philox
from mlcore.backends import pytorch_losses
from mlcore.backends.backend import Inspection, Problem, Weights
from mlcore.layers.layer import INFERENCE, Array, Mode
from mlcore.losses import Loss
from mlcore.network import Network
from mlcore.optimizers import Optimizer
from mlcore.philox import Purpose
from mlcore.spec import kind_of

Tensor: TypeAlias = Any  # torch.Tensor, which must not be imported here
Row: TypeAlias = Callable[..., Any]


def _layers() -> dict[str, Row]:
    """layer kind -> f(layer, parameters by name, x, mode)"""
    import torch
    from torch.nn import functional as f

    return {
        "dense": lambda layer, p, x, mode: torch.addmm(p["b"], x, p["w"]),
        "relu": lambda layer, p, x, mode: f.relu(x),
        "relu6": lambda layer, p, x, mode: f.relu6(x),
        "sigmoid": lambda layer, p, x, mode: torch.sigmoid(x),
        "tanh": lambda layer, p, x, mode: torch.tanh(x),
        "leaky_relu": lambda layer, p, x, mode: f.leaky_relu(x, layer.negative_slope),
        "elu": lambda layer, p, x, mode: f.elu(x, layer.alpha),
        "softplus": lambda layer, p, x, mode: f.softplus(x),
        "silu": lambda layer, p, x, mode: f.silu(x),
        "gelu": lambda layer, p, x, mode: f.gelu(x),
        "dropout": _dropout,
        "batch_norm": lambda layer, p, x, mode: f.batch_norm(
            *(x, p["mean"], p["variance"], p["gain"], p["bias"], mode.training and len(x) > 1),
            momentum=layer.momentum,
            eps=layer.eps,
        ),
        "layer_norm": lambda layer, p, x, mode: f.layer_norm(x, x.shape[1:], p["gain"], p["bias"], layer.eps),
        "conv2d": lambda layer, p, x, mode: f.conv2d(_image(x), p["w"], p["b"], layer.stride, layer.padding),
        "max_pool2d": lambda layer, p, x, mode: f.max_pool2d(_image(x), layer.size, layer.stride or layer.size),
        "flatten": lambda layer, p, x, mode: x.flatten(1),
    }


def _image(x: Tensor) -> Tensor:
    """Images [B, C, H, W]; those [B, H, W] have one channel."""
    return x if x.dim() == 4 else x.unsqueeze(1)


def _dropout(layer: Any, p: dict[str, Tensor], x: Tensor, mode: Mode) -> Tensor:
    """As its page has it; the random words are made on the device, by the same operations on integers."""
    import torch

    if not mode.training:
        return x
    keep, count = 1 - layer.rate, x.numel()
    blocks = torch.arange((count + 3) // 4, dtype=torch.int64, device=x.device)
    words = torch.stack(philox.counted(blocks, Purpose.DROPOUT, mode.seed, mode.epoch, mode.step, mode.layer), dim=1)
    kept = (words.reshape(-1)[:count] >> 8) < math.ceil(keep * 2**24)
    return x * (kept.to(x.dtype) * (1 / keep)).reshape(x.shape)


def _sgd(o: Any, w: Tensor, g: Tensor, moments: Tensor, step: int, rate: float) -> None:
    if not o.momentum:
        w.sub_(g, alpha=rate)
        return
    v = moments[0].mul_(o.momentum).add_(g)
    w.sub_(g.add(v, alpha=o.momentum) if o.nesterov else v, alpha=rate)


def _rmsprop(o: Any, w: Tensor, g: Tensor, moments: Tensor, step: int, rate: float) -> None:
    s = moments[0].mul_(o.rho).addcmul_(g, g, value=1 - o.rho)
    w.addcdiv_(g, s.sqrt().add_(o.epsilon), value=-rate)


def _adagrad(o: Any, w: Tensor, g: Tensor, moments: Tensor, step: int, rate: float) -> None:
    s = moments[0].addcmul_(g, g)
    w.addcdiv_(g, s.sqrt().add_(o.epsilon), value=-rate)


def _adam(o: Any, w: Tensor, g: Tensor, moments: Tensor, step: int, rate: float) -> None:
    m = moments[0].mul_(o.beta1).add_(g, alpha=1 - o.beta1)
    v = moments[1].mul_(o.beta2).addcmul_(g, g, value=1 - o.beta2)
    scale = v.div(1 - o.beta2 ** (step + 1)).sqrt_().add_(o.epsilon)
    w.addcdiv_(m, scale, value=-rate / (1 - o.beta1 ** (step + 1)))


OPTIMIZERS: dict[str, Row] = {"sgd": _sgd, "rmsprop": _rmsprop, "adagrad": _adagrad, "adam": _adam, "adamw": _adam}


def _penalise(o: Optimizer, w: Tensor, g: Tensor, weights: int, rate: float) -> None:
    """Clip the gradient g [P], then add decay and L1 of the first `weights` numbers of w [P], or let them shrink."""
    if o.clip_norm:
        g.mul_((o.clip_norm / (g.norm() + 1e-6)).clamp(max=1))
    decaying = w[:weights]
    if o.weight_decay and not o.decoupled:
        g[:weights].add_(decaying, alpha=o.weight_decay)
    if o.l1:
        g[:weights].add_(decaying.sign(), alpha=o.l1)
    if o.weight_decay and o.decoupled:
        decaying.mul_(1 - rate * o.weight_decay)


def gpus() -> list[str]:
    """The GPUs PyTorch can use, by name."""
    import torch

    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    return [str(torch.cuda.get_device_name(number)) for number in range(count)]


def use_threads(count: int) -> None:
    """Let PyTorch use that many threads on the CPU."""
    import torch

    torch.set_num_threads(count)


class Torch:
    """PyTorch on `device` (auto is the CPU unless a GPU is named), in float32 or float64."""

    name = "torch"

    def __init__(self, device: str = "auto", precision: str = "float32") -> None:
        self.device = "cpu" if device == "auto" else device
        self.precision = precision

    def unavailable(self) -> str | None:
        if find_spec("torch") is None:
            return 'PyTorch is not installed; pip install "mlj-tui[torch]" brings it'
        import torch

        if self.device == "cpu":
            return None
        if not torch.cuda.is_available():
            built = "was built without CUDA" if torch.version.cuda is None else "finds no usable GPU here"
            return f"{self.device} was asked for, but PyTorch {torch.__version__} {built}"
        number = torch.device(self.device).index or 0
        if number >= torch.cuda.device_count():
            return f"{self.device} was asked for, but there are {torch.cuda.device_count()} GPUs (cuda:0 is the first)"
        return None

    def unsupported(self, network: Network, loss: Loss, optimizer: Optimizer) -> list[str]:
        layers = _layers()
        missing = [f"layer {kind_of(layer)}" for layer in network.layers if kind_of(layer) not in layers]
        if kind_of(loss) not in pytorch_losses.table():
            missing.append(f"loss {kind_of(loss)}")
        if kind_of(optimizer) not in OPTIMIZERS:
            missing.append(f"optimizer {kind_of(optimizer)}")
        return missing

    def open(self, problem: Problem) -> TorchSession:
        return TorchSession(problem, self.device, self.precision)


class TorchSession:
    """A network on a device: data, weights and moments live there; a batch is gathered there by the trainer's order."""

    def __init__(self, problem: Problem, device: str, precision: str) -> None:
        import torch

        self.torch, self.problem, self.device = torch, problem, torch.device(device)
        self.dtype = torch.float64 if precision == "float64" else torch.float32
        network, optimizer = problem.network, problem.optimizer
        table = _layers()
        self.rows = [table[kind_of(layer)] for layer in network.layers]
        self.move = OPTIMIZERS[kind_of(optimizer)]
        self.vector, self.gradient = self._zeros(network.size), self._zeros(network.size)
        self.moments = self._zeros(optimizer.moments, network.size)
        self.p: list[dict[str, Tensor]] = network.views(self.vector)
        gradients: list[dict[str, Tensor]] = network.views(self.gradient)
        for slot in network.slots:
            if slot.param.role != "statistic":
                value: Tensor = self.p[slot.layer][slot.name]
                value.requires_grad_()
                value.grad = gradients[slot.layer][slot.name]
        self.x = torch.from_numpy(np.ascontiguousarray(problem.rows.x)).to(self.device)
        self.y = self._targets(problem.rows.y, problem.rows.w)
        self.step = 0
        self._order: tuple[int, Tensor] | None = None

    def _zeros(self, *shape: int) -> Tensor:
        return self.torch.zeros(shape, dtype=self.dtype, device=self.device)

    def _targets(self, y: Array, w: Array | None = None) -> pytorch_losses.Targets:
        problem = self.problem
        return pytorch_losses.targets(problem.loss, y, w, problem.network.output_shape[0], self.vector)

    def _inputs(self, x: Tensor) -> Tensor:
        x = self.problem.network.rows(x)
        if x.dtype == self.torch.uint8:
            return x.to(self.dtype) * self.problem.factor
        return x.to(self.dtype)

    def _forward(self, x: Tensor, mode: Mode = INFERENCE) -> list[Tensor]:
        """The output of every layer."""
        outputs = []
        for number, (row, layer, p) in enumerate(zip(self.rows, self.problem.network.layers, self.p, strict=True)):
            x = row(layer, p, x, mode._replace(layer=number))
            outputs.append(x)
        return outputs

    def train(self, first_step: int, steps: int, rates: Array) -> Array:
        losses = np.zeros(steps, dtype=np.float32)
        p = self.problem
        for i in range(steps):
            step = first_step + i
            index = self._batch(step)
            x, y = (self.x, self.y) if index is None else (self.x[index], self.y.take(index))
            mode = Mode(training=True, seed=p.seed, epoch=step // p.steps_per_epoch, step=step)
            statistics = self.vector[p.network.learned :].clone()
            loss = pytorch_losses.mean(p.loss, self._forward(self._inputs(x), mode)[-1], y)
            losses[i] = float(loss.detach())
            if not np.isfinite(losses[i]):
                self.vector[p.network.learned :] = statistics
                return losses[: i + 1]
            self.gradient.zero_()
            loss.backward()
            with self.torch.no_grad():
                rate = float(rates[i])
                _penalise(p.optimizer, self.vector, self.gradient, p.network.weights, rate)
                self.move(p.optimizer, self.vector, self.gradient, self.moments, self.step, rate)
            self.step += 1
        return losses

    def _batch(self, step: int) -> Tensor | None:
        """The rows of a step on the device, or None for all of them in their own order."""
        p, n = self.problem, len(self.problem.rows)
        if p.batch_size >= n:
            return None
        epoch, place = divmod(step, p.steps_per_epoch)
        if self._order is None or self._order[0] != epoch:
            rows = philox.order(p.seed, epoch, n).astype(np.int64)
            self._order = (epoch, self.torch.from_numpy(rows).to(self.device))
        return self._order[1][place * p.batch_size : (place + 1) * p.batch_size]

    def inspect(self, x: Array, y: Array) -> Inspection:
        inputs = self._inputs(self.torch.from_numpy(np.ascontiguousarray(x)).to(self.device))
        self.gradient.zero_()
        outputs = self._forward(inputs)
        loss = pytorch_losses.mean(self.problem.loss, outputs[-1], self._targets(y))
        loss.backward()
        activations = tuple(self._numpy(value.detach()) for value in outputs)
        return Inspection(float(loss.detach()), activations, self._numpy(self.gradient))

    def predict(self, x: Array) -> Array:
        with self.torch.no_grad():
            inputs = self._inputs(self.torch.from_numpy(np.ascontiguousarray(x)).to(self.device))
            return self._numpy(self._forward(inputs)[-1]).astype(np.float32, copy=False)

    def _numpy(self, value: Tensor) -> Array:
        found: Array = value.cpu().numpy().copy()
        return found

    def weights(self) -> Weights:
        return Weights(self._numpy(self.vector.detach()), self._numpy(self.moments), self.step)

    def parameters(self) -> Array:
        return self._numpy(self.vector.detach())

    def restore(self, weights: Weights) -> None:
        with self.torch.no_grad():
            self.vector.copy_(self.torch.from_numpy(np.ascontiguousarray(weights.vector)))
            self.moments.copy_(self.torch.from_numpy(np.ascontiguousarray(weights.moments)))
        self.step = weights.step

    def close(self) -> None:
        self._order = None
