"""The same experiment in PyTorch, on a CPU or a GPU.

The only package that imports torch; choosing this backend is what loads it. This page says what there is, `step.py` is
a step of training as a function of tensors, `program.py` what it runs on, `engines.py` how: eagerly, compiled, or as a
CUDA graph.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, NamedTuple

from mlcore.backends.backend import Problem
from mlcore.losses import Loss
from mlcore.network import Network
from mlcore.optimizers import Optimizer
from mlcore.spec import kind_of
from mlcore.world import World, joined

if TYPE_CHECKING:
    from mlcore.backends.pytorch.session import TorchSession
    from mlcore.backends.pytorch.together import TogetherSession


class GPU(NamedTuple):
    """A GPU that PyTorch can use; memory in bytes."""

    name: str
    memory: int


def gpus() -> list[GPU]:
    """The GPUs PyTorch can use."""
    import torch

    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    found = map(torch.cuda.get_device_properties, range(count))
    return [GPU(str(each.name), int(each.total_memory)) for each in found]


def here() -> tuple[str, str]:
    """The device that `auto` means here, and why: the first GPU PyTorch can use, else the CPU.

    Of processes on one machine each has a GPU of its own, or where there are too few, none.
    """
    if find_spec("torch") is None:
        return "cpu", ""
    found, world = gpus(), joined()
    if not found:
        return "cpu", lacking()
    if world.size > 1 and world.near > len(found):
        return "cpu", f"{world.near} processes would share {counted(len(found))}"
    if world.size > 1:
        return "cuda", "each has a GPU"
    local = World.launched().local  # of processes that train networks of their own
    number = local if local < len(found) else 0
    return f"cuda:{number}", f"cuda:{number} ({found[number].name}) is there"


def counted(gpus: int) -> str:
    """So many GPUs, in words."""
    return "one GPU" if gpus == 1 else f"{gpus} GPUs"


def lacking() -> str:
    """Why there is no GPU, in one sentence."""
    import torch

    why = "was built without CUDA" if torch.version.cuda is None else "finds no usable GPU here"
    return f"PyTorch {torch.__version__} {why}"


def running(device: str, **settings: Sequence[str]) -> list[str]:
    """Of the values of a setting of `Torch` (engine or precision) those that run on a device that is here."""
    ((name, values),) = settings.items()
    return [value for value in values if Torch(device, **{name: value}).unavailable() is None]


def use_threads(count: int) -> None:
    """Let PyTorch use that many threads on the CPU."""
    import torch

    torch.set_num_threads(count)


class Torch:
    """PyTorch on a device: cpu, cuda or cuda:1.

    precision: float32 (with every bit), tf32 (on a GPU), bf16 (products) or float64; engine: see `engines.make`.
    """

    name = "torch"

    def __init__(self, device: str = "cpu", precision: str = "float32", engine: str = "auto") -> None:
        self.device, self.precision, self.engine = device, precision, engine

    def unavailable(self) -> str | None:
        if find_spec("torch") is None:
            return 'PyTorch is not installed; pip install "mlj-tui[torch]" brings it'
        import torch

        if joined().size > 1 and self.engine not in ("auto", "eager"):
            return f"engine {self.engine} was asked for, but several processes train one network by engine eager"
        if self.device == "cpu":
            alone = {"tf32": "tf32 was asked for, which only GPUs have; bf16 and float32 work here"}
            graph = "engine graph was asked for, and CUDA graphs need a GPU; eager and compile work here"
            return alone.get(self.precision) or (graph if self.engine == "graph" else None)
        if not torch.cuda.is_available():
            return f"{self.device} was asked for, but {lacking()}"
        number, world, count = torch.device(self.device).index, joined(), torch.cuda.device_count()
        if world.size > 1 and number is not None:
            return f"{self.device} was asked for, but each of {world.size} processes takes a GPU of its own: say cuda"
        if world.size > 1 and world.near > count:
            return f"{world.near} processes would share {counted(count)}, and each takes one of its own"
        if (number or 0) >= count:
            there = f"there are {count} GPUs, cuda:0 the first" if count > 1 else "there is one GPU, cuda:0"
            return f"{self.device} was asked for, but {there}"
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
