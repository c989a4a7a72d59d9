"""Two processes that train together, and the first one alone on the same: python -m tests.mlcore.two_processes FILE.

Every case is trained by both, then by the first alone; FILE gets the numbers of either, for tests to compare.
"""

from __future__ import annotations

import pickle
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch.nn.parallel import DistributedDataParallel

from mlcore import philox, training
from mlcore.backends import choose
from mlcore.backends.backend import Problem, Session
from mlcore.backends.pytorch import distributed, team
from mlcore.controls import Controls
from mlcore.errors import BackendError
from mlcore.world import World
from tests.contracts.problems import first_weights, problem, rates
from tests.mlcore.little_runs import config

DEEP = {"body": "12 batch_norm relu | drop .3 | 9 batch_norm tanh | drop .1", "optimizer": ("sgd", {"momentum": 0.9})}
IMAGES = {"body": "conv 5 k3 bn relu | skip | conv 5 k3 p1 bn | add | mean", "features": (2, 7, 6)}
BLOCK = "positions | skip | ln | attention 4 causal | add | skip | ln | 12 gelu | 8 | add | mean"
STEPS = 13  # 2.6 epochs of five batches
CASES = {
    "adam": {},
    "adam with decay and a clipped norm": {"optimizer": ("adam", {"weight_decay": 0.01, "clip_norm": 0.5})},
    "sgd with momentum": {"optimizer": ("sgd", {"momentum": 0.9})},
    "dropout": {"body": "12 relu | drop .3 | 9 tanh | drop .1"},
    "batch norm": {"body": "12 batch_norm relu | 9 batch_norm tanh", "optimizer": ("sgd", {})},
    "batch norm and dropout": DEEP,
    "layer norm": {"body": "12 layer_norm relu"},
    "rows that weigh": {"weighted": True},
    "classes that weigh": {"loss": ("softmax_cross_entropy", {"class_weight": (1.0, 5.0, 0.2)})},
    "both weigh, and batch norm": {**DEEP, "weighted": True, "loss": ("binary_cross_entropy", {})},
    "a last batch of one row": {"rows": 65},
    "a last batch of one row, batch norm": {**DEEP, "rows": 65},
    "batches of one row": {"batch": 1},
    "batches of one row, batch norm": {**DEEP, "batch": 1},
    "batches of three rows": {"batch": 3},
    "all rows in one batch": {"batch": 70, "weighted": True},
    "all rows in one batch, and dropout": {**DEEP, "batch": 71},
    "pictures of bytes": {"uint8": True},
    "images": {"body": "conv 5 k3 relu | pool 2 | flatten | drop .2", "features": (2, 9, 8)},
    "images one by one": {"body": "conv 5 k3 relu | pool 2 | flatten | drop .2", "features": (9, 8), "batch": 1},
    "batch norm of images": {**IMAGES, "optimizer": ("sgd", {})},
    "batch norm of images one by one": {**IMAGES, "optimizer": ("sgd", {}), "batch": 1},
    "batch norm of steps": {"body": "7 bn relu | 5 bn | mean", "features": (6, 4), "optimizer": ("sgd", {})},
    "a block of a transformer": {"body": BLOCK, "features": (6, 8), "optimizer": ("sgd", {})},
    "several numbers": {"loss": "mse", "weighted": True},
    "divergences": {"loss": "kl_div"},
    "a penalty on confidence": {"loss": ("softmax_cross_entropy", {"confidence_penalty": 0.1})},
}
# Adam makes a step of what rounding leaves of a gradient that is zero, and that of a bias before a batch norm is: in
# float64 there is too little left.
PRECISE = {name: {**settings, "optimizer": "adam"} for name, settings in CASES.items() if "norm" in name}


def every_case() -> Iterator[tuple[str, Problem, str]]:
    """Its name, what is learned, and the precision."""
    yield from ((name, problem(**settings), "float32") for name, settings in CASES.items())
    yield from ((f"{name}, adam", problem(**settings), "float64") for name, settings in PRECISE.items())
    yield "witnessed", problem(rows=64), "float32"


def numbers(session: Session, p: Problem) -> dict[str, object]:
    """What a training in two calls leaves."""
    session.restore(first_weights(p))
    losses = np.append(session.train(0, 6, rates(6)), session.train(6, STEPS - 6, rates(STEPS)[6:]))
    return {"losses": losses, "weights": session.weights(), "outputs": session.predict(p.rows.x)}


def diverging(session: Session, p: Problem) -> dict[str, object]:
    """A rate that makes the loss no number, at the sixth step or so; then back and on."""
    session.restore(first_weights(p))
    wild = np.where(np.arange(STEPS) == 4, 1e30, 0.02)
    found = session.train(0, STEPS, wild)
    weights = session.weights()
    session.restore(first_weights(p))
    return {"losses": np.append(found, session.train(0, 5, rates(5))), "weights": weights}


def changed() -> list[dict[str, float]]:
    """The epochs of a run in which rate, decay and batch size are changed."""
    asked, found = Controls(), []
    changes = {2: ("optimizer.learning_rate", 0.2), 4: ("batch_size", 7), 5: ("optimizer.weight_decay", 0.01)}
    little = config(backend="torch", epochs=8, layers="6 tanh | drop .2", batch_size=16)
    for event in training.train(little, controls=asked):
        if event.kind == "epoch":
            found.append(event.metrics)
            if event.epoch in changes:
                asked.set(*changes[event.epoch])
    return found


def refusals() -> dict[str, str]:
    """What cannot be trained by two."""
    p, found = problem(), {}
    for settings in ({"backend": "native"}, {"backend": "reference"}, {"engine": "compile"}, {"backend": "auto"}):
        try:
            choice = choose(config(**{"backend": "torch"} | settings), p.network, p.loss)
            found[" ".join(settings.values())] = choice.why
        except BackendError as error:
            found[" ".join(settings.values())] = str(error)
    return found


def everything() -> dict[str, object]:
    """Every case, by all processes while this one is in a team, else alone."""
    found: dict[str, object] = {}
    for name, p, precision in every_case():
        found[name] = numbers(session_of(p, precision), p)
    p = problem(body="12 relu", loss="mse")
    found["diverging"] = diverging(session_of(p, "float32"), p)
    return found | {"changed": changed()}


def session_of(p: Problem, precision: str) -> Session:
    asked = config(backend="torch", device="cpu", precision=precision)
    return choose(asked, p.network, p.loss, p.optimizer).backend.open(p)


def witness(world: World) -> dict[str, object]:
    """PyTorch's own DistributedDataParallel on the network of the last case, with an optimizer of torch's."""
    p = problem(rows=64)  # batches of 16, of which each process takes half: DistributedDataParallel knows no other
    network = torch.nn.Sequential(
        torch.nn.Linear(5, 12), torch.nn.ReLU(), torch.nn.Linear(12, 9), torch.nn.Tanh(), torch.nn.Linear(9, 3)
    )
    views = p.network.views(first_weights(p).vector)
    layers = [layer for layer in network if isinstance(layer, torch.nn.Linear)]
    with torch.no_grad():
        for layer, view in zip(layers, [view for view in views if view], strict=True):
            layer.weight.copy_(torch.from_numpy(view["w"].T.copy()))
            layer.bias.copy_(torch.from_numpy(view["b"].copy()))
    shared = DistributedDataParallel(network)
    rule = torch.optim.Adam(network.parameters(), eps=p.optimizer.epsilon)
    losses = []
    for step, rate in enumerate(rates(STEPS)):
        epoch, place = divmod(step, 4)
        batch = philox.order(p.seed, epoch, 64)[place * 16 :][:16][world.rank * 8 :][:8]
        rule.param_groups[0]["lr"] = rate
        rule.zero_grad()
        x, y = torch.from_numpy(p.rows.x[batch]), torch.from_numpy(p.rows.y[batch]).long()
        loss = torch.nn.functional.cross_entropy(shared(x), y)
        loss.backward()
        rule.step()
        mean = loss.detach().clone()
        torch.distributed.all_reduce(mean)
        losses.append(float(mean) / world.size)
    vector = p.network.init(0, "he_normal") * 0
    for layer, view in zip(layers, [view for view in p.network.views(vector) if view], strict=True):
        view["w"][:], view["b"][:] = layer.weight.detach().numpy().T, layer.bias.detach().numpy()
    return {"losses": losses, "vector": vector}


def main(path: str) -> None:
    world = World.launched()
    with team.joined(world) as found:
        seen = witness(world)
        if world.rank:
            distributed.follow(found)
            return
        shared = everything() | {"refusals": refusals()}
    Path(path).write_bytes(pickle.dumps({"witness": seen, "shared": shared, "alone": everything()}))


if __name__ == "__main__":
    main(sys.argv[1])
