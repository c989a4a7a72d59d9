"""The backends there are, and the one place that chooses between them."""

from __future__ import annotations

from collections.abc import Hashable
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, NamedTuple

from mlcore.catalogue import Catalogue, Entry
from mlcore.errors import BackendError
from mlcore.world import joined

if TYPE_CHECKING:
    from mlcore.backends.backend import Backend, Problem, Session
    from mlcore.config import Config
    from mlcore.losses import Loss
    from mlcore.network import Network
    from mlcore.optimizers import Optimizer

CATALOGUE = Catalogue(
    "backend",
    Entry("native", "C kernels: whole slices of training in one call", "mlcore.backends.native:Native"),
    Entry("reference", "NumPy pages: slow, readable, the truth", "mlcore.backends.reference:Reference"),
    Entry("torch", "PyTorch on a CPU or a GPU", "mlcore.backends.pytorch:Torch"),
)


ONLY_TORCH = {"precision": ("tf32", "bf16"), "engine": ("eager", "graph", "compile")}  # settings no other has

AT_ONCE, ON_A_GPU = 64, 256
SMALL = 100_000  # parameters
ROOM, BYTES = 8 << 30, 48  # of a GPU's memory, and what a parameter takes there: weights, moments, gradient and copies


class Choice(NamedTuple):
    """A backend and why it was taken, in one sentence."""

    backend: Backend
    why: str

    def facts(self, session: Session) -> dict[str, Any]:
        """What a run says of it at its start: backend, device, isa, threads, why, processes, what the session tells."""
        from mlcore.backends.backend import Telling

        backend, isa, threads = self.backend, "", 1
        if backend.name == "native":
            from mlcore import kernels

            isa, threads = kernels.isa(), kernels.threads()
        found = {"backend": backend.name, "device": backend.device, "isa": isa, "threads": threads, "why": self.why}
        found["world_size"] = joined().size
        return found | (session.facts() if isinstance(session, Telling) else {})


def choose(config: Config, network: Network, loss: Loss, optimizer: Optimizer | None = None) -> Choice:
    """The backend for this experiment, or for it with another optimizer.

    `auto` takes the first that can run it here and says why. PyTorch, which takes seconds to load, it takes only where
    a GPU is named. Raises BackendError when the one asked for is not there or cannot run the experiment: there is no
    silent fallback.
    """
    problem = network, loss, optimizer or config.optimizer
    name, why, size = config.backend, f"{config.backend} was asked for", joined().size
    if size > 1:
        if name not in ("auto", "torch"):
            raise BackendError(
                f"backend {name}: torchrun has started {size} processes, and torch alone trains one network in several",
                hint="--backend torch, or mlj without torchrun",
            )
        name, why = "torch", f"{size} processes train one network, which torch alone can"
    elif name == "auto" and config.device.startswith("cuda"):
        name, why = "torch", f"{config.device} was asked for"
    if name != "torch":
        _refuse(config)
    if name != "auto":
        device, reason = _meant(config) if name == "torch" else (config.device, "")
        return Choice(_open(name, device, config, *problem), "; ".join(filter(None, (why, reason))))
    reasons = []
    for candidate in ("native", "reference"):
        try:
            found = _open(candidate, config.device, config, *problem)
        except BackendError as error:
            reasons.append(str(error))
        else:
            if reasons and find_spec("torch"):
                reasons.append('PyTorch is here and may be faster: backend = "torch"')
            return Choice(found, "; ".join(reasons) or "C kernels can run this experiment")
    raise BackendError("no backend can run this experiment", hint="; ".join(reasons))


def _refuse(config: Config) -> None:
    """Raise BackendError for what no backend but PyTorch has."""
    for setting, values in ONLY_TORCH.items():
        asked = getattr(config, setting)
        if asked in values:
            told = "" if config.backend == "auto" else f"backend {config.backend}: "
            raise BackendError(
                f"{told}{setting} {asked} was asked for, which only PyTorch has", hint='backend = "torch" takes it'
            )


def _meant(config: Config) -> tuple[str, str]:
    """The device PyTorch is to run on, and where nobody named one why it is that."""
    if config.device != "auto":
        return config.device, ""
    from mlcore.backends import pytorch

    return pytorch.here()


def _open(name: str, device: str, config: Config, network: Network, loss: Loss, optimizer: Optimizer) -> Backend:
    asked = (config.precision, config.engine) if name == "torch" else (config.precision,)
    backend: Backend = CATALOGUE.find(name).load()(device, *asked)
    reason = backend.unavailable()
    if reason:
        raise BackendError(f"backend {name}: {reason}", hint='backend, device and engine = "auto" take what is here')
    missing = backend.unsupported(network, loss, optimizer)
    if missing:
        raise BackendError(
            f"backend {name}: cannot run {', '.join(missing)}", hint="backend reference runs every experiment"
        )
    return backend


def at_once(backend: str, device: str, parameters: int) -> int:
    """How many networks of so many parameters are worth training together there; 1: one after another.

    On a CPU small ones, as two threads do more with a network each than both with one; more than 64 only cost memory
    and open files. On a GPU as many as fit into a few gigabytes: a small network leaves most of it idle.
    """
    if backend == "torch" and device.startswith("cuda"):
        return max(1, min(ON_A_GPU, ROOM // (BYTES * parameters)))
    return AT_ONCE if backend in ("native", "torch") and parameters <= SMALL else 1


def alike(backend: str, problem: Problem) -> Hashable:
    """What networks must have in common to train together there: in PyTorch all of a program, else their steps."""
    if backend == "torch":
        from mlcore.backends.pytorch.together import shape

        return shape(problem)
    return problem.steps_per_epoch
