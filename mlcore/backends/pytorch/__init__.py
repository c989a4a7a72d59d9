"""The same experiment in PyTorch, on a CPU or a GPU.

The only package that imports torch; choosing this backend is what loads it. This page says what there is, `step.py` is
a step of training as a function of tensors, `program.py` what it runs on, `engines.py` how: eagerly, compiled, or as a
CUDA graph.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING

from mlcore.backends.backend import Problem
from mlcore.losses import Loss
from mlcore.network import Network
from mlcore.optimizers import Optimizer
from mlcore.spec import kind_of
from mlcore.world import joined

if TYPE_CHECKING:
    from mlcore.backends.pytorch.session import TorchSession
    from mlcore.backends.pytorch.together import TogetherSession


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
    """PyTorch on `device` (auto is the CPU unless a GPU is named).

    precision: float32 (with every bit), tf32 (on a GPU), bf16 (products) or float64; engine: see `engines.make`.
    """

    name = "torch"

    def __init__(self, device: str = "auto", precision: str = "float32", engine: str = "auto") -> None:
        self.device = "cpu" if device == "auto" else device
        self.precision, self.engine = precision, engine

    def unavailable(self) -> str | None:
        if find_spec("torch") is None:
            return 'PyTorch is not installed; pip install "mlj-tui[torch]" brings it'
        import torch

        if self.device == "cpu":
            alone = {"tf32": "tf32 was asked for, which only GPUs have; bf16 and float32 work here"}
            graph = "engine graph was asked for, and CUDA graphs need a GPU; eager and compile work here"
            return alone.get(self.precision) or (graph if self.engine == "graph" else None)
        if not torch.cuda.is_available():
            built = "was built without CUDA" if torch.version.cuda is None else "finds no usable GPU here"
            return f"{self.device} was asked for, but PyTorch {torch.__version__} {built}"
        number, world = torch.device(self.device).index, joined()
        if world.size > 1 and number is not None:
            return f"{self.device} was asked for, but each of {world.size} processes takes a GPU of its own: say cuda"
        if world.size > 1 and world.near > torch.cuda.device_count():
            return f"each of {world.near} processes takes a GPU of its own, but there are {torch.cuda.device_count()}"
        number = number or 0
        if number >= torch.cuda.device_count():
            return f"{self.device} was asked for, but there are {torch.cuda.device_count()} GPUs (cuda:0 is the first)"
        return None

    def unsupported(self, network: Network, loss: Loss, optimizer: Optimizer) -> list[str]:
        from mlcore.backends.pytorch import losses, optimizers, rows

        layers = rows.table()
        missing = [f"layer {kind_of(layer)}" for layer in network.layers if kind_of(layer) not in layers]
        if kind_of(loss) not in losses.table():
            missing.append(f"loss {kind_of(loss)}")
        if kind_of(optimizer) not in optimizers.TABLE:
            missing.append(f"optimizer {kind_of(optimizer)}")
        return missing

    def open(self, problem: Problem) -> TorchSession:
        from mlcore.backends.pytorch.session import TorchSession

        if joined().size > 1:
            from mlcore.backends.pytorch import distributed, team

            present = team.present()
            assert present is not None
            return distributed.LeadingSession(problem, self.device, self.precision, present)
        return TorchSession(problem, self.device, self.precision, self.engine)

    def open_many(self, problems: Sequence[Problem]) -> TogetherSession:
        """Networks as one program: they may differ in seed, rate, decay and shares of dropout."""
        from mlcore.backends.pytorch.together import TogetherSession

        return TogetherSession([self.open(problem) for problem in problems])
