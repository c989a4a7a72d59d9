"""The backends there are, and the one place that chooses between them."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, NamedTuple

from mlcore.catalogue import Catalogue, Entry
from mlcore.errors import BackendError
from mlcore.world import joined

if TYPE_CHECKING:
    from mlcore.backends.backend import Backend
    from mlcore.losses import Loss
    from mlcore.network import Network
    from mlcore.optimizers import Optimizer

CATALOGUE = Catalogue(
    "backend",
    Entry("native", "C kernels: whole slices of training in one call", "mlcore.backends.native:Native"),
    Entry("reference", "NumPy pages: slow, readable, the truth", "mlcore.backends.reference:Reference"),
    Entry("torch", "PyTorch on a CPU or a GPU", "mlcore.backends.pytorch:Torch"),
)


class Choice(NamedTuple):
    """A backend and why it was taken, in one sentence."""

    backend: Backend
    why: str

    def facts(self) -> dict[str, Any]:
        """What a run says of it at its start: backend, device, isa, threads, why, world_size."""
        backend, isa, threads = self.backend, "", 1
        if backend.name == "native":
            from mlcore import kernels

            isa, threads = kernels.isa(), kernels.threads()
        found = {"backend": backend.name, "device": backend.device, "isa": isa, "threads": threads, "why": self.why}
        return found | {"world_size": joined().size}


def choose(name: str, device: str, precision: str, network: Network, loss: Loss, optimizer: Optimizer) -> Choice:
    """The backend for this experiment. `auto` takes the first that can run it here and says why.

    Raises BackendError when the one asked for is not there or cannot run the experiment: there is no silent fallback.
    """
    size = joined().size
    if size > 1:
        if name not in ("auto", "torch"):
            raise BackendError(
                f"backend {name}: torchrun has started {size} processes, and torch alone trains one network in several",
                hint="--backend torch, or mlj without torchrun",
            )
        why = f"{size} processes train one network, which torch alone can"
        return Choice(_open("torch", device, precision, network, loss, optimizer), why)
    if device.startswith("cuda") and name in ("auto", "torch"):
        return Choice(_open("torch", device, precision, network, loss, optimizer), f"{device} was asked for")
    if name != "auto":
        return Choice(_open(name, device, precision, network, loss, optimizer), f"{name} was asked for")
    reasons = []
    for candidate in ("native", "reference"):
        try:
            found = _open(candidate, device, precision, network, loss, optimizer)
        except BackendError as error:
            reasons.append(str(error))
        else:
            if reasons and find_spec("torch"):
                reasons.append('PyTorch is here and may be faster: backend = "torch"')
            return Choice(found, "; ".join(reasons) or "C kernels can run this experiment")
    raise BackendError("no backend can run this experiment", hint="; ".join(reasons))


def _open(name: str, device: str, precision: str, network: Network, loss: Loss, optimizer: Optimizer) -> Backend:
    backend: Backend = CATALOGUE.find(name).load()(device, precision)
    reason = backend.unavailable()
    if reason:
        raise BackendError(f"backend {name}: {reason}", hint='backend = "auto" and device = "auto" take what is here')
    missing = backend.unsupported(network, loss, optimizer)
    if missing:
        raise BackendError(
            f"backend {name}: cannot run {', '.join(missing)}", hint="backend reference runs every experiment"
        )
    return backend
