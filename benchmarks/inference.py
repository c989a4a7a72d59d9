"""How long one row takes through a trained network: `python -m benchmarks.inference`.

`model.predictor()`, a call bound to the caller's buffers, where models have it; `model.predict`; PyTorch's module in
inference mode on a tensor that is there. One thread, processor time, everybody in turn.
"""

from __future__ import annotations

from benchmarks import machine

if __name__ == "__main__":
    machine.prepare()  # before NumPy is loaded

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from benchmarks import peers
from benchmarks.goals import Goal, write
from benchmarks.interleaved import measure
from benchmarks.products import repeated
from mlcore import Config, Model, train

NETWORKS = {
    "2-16-16-2": {"layers": "16 relu | 16 relu", "dataset": {"kind": "moons", "n_samples": 200}},
    "64-128-10": {"layers": "128 relu", "dataset": {"kind": "digits"}},
}
SMALL = "2-16-16-2"
NAMES = {"predict": "model.predict", "torch": "PyTorch"}


def trained(settings: dict[str, Any]) -> Model:
    """A model after one epoch: how good it is does not matter here."""
    wanted = {"epochs": 1, "loss": {"kind": "softmax_cross_entropy"}, **settings}
    for event in train(Config().with_settings(wanted)):
        model = getattr(event, "model", None)
    if not isinstance(model, Model):
        raise AssertionError("a run that ended has no model")
    return model


def contenders(model: Model, libraries: Sequence[str]) -> dict[str, Callable[[], Any]]:
    """Calls that answer for the same row: probabilities from PyTorch, classes from `predict`."""
    x = np.random.default_rng(1).standard_normal((1, len(model.preparation.scaling.factor)), dtype=np.float32)
    found: dict[str, Callable[[], Any]] = {}
    found["predictor"] = model.predictor(x)
    found["predict"] = lambda: model.predict(x)
    if "torch" in libraries:
        found["torch"] = _of_torch(model, x)
    return found


def _of_torch(model: Model, x: Any) -> Callable[[], Any]:
    import torch

    from mlcore.layers.dense import Dense

    torch.set_num_threads(1)
    layers: list[Any] = []
    for layer, own in zip(model.network.layers, model.network.views(model.vector), strict=True):
        layers.append(torch.nn.ReLU() if not isinstance(layer, Dense) else torch.nn.Linear(*own["w"].shape))
        if isinstance(layer, Dense):
            with torch.no_grad():
                layers[-1].weight.copy_(torch.from_numpy(own["w"].T.copy()))
                layers[-1].bias.copy_(torch.from_numpy(own["b"].copy()))
    network, row = torch.nn.Sequential(*layers).eval(), torch.from_numpy(model.preparation.inputs(x))

    def call() -> Any:
        with torch.inference_mode():
            return network(row)

    return call


def main(words: Sequence[str] | None = None) -> None:
    """Measure, print, write results/inference.json."""
    libraries = peers.installed(peers.asked(words, __doc__).against)
    results, goals = [], []
    for name, settings in NETWORKS.items():
        calls = contenders(trained(settings), libraries)
        ours = next(iter(calls))
        report = measure({who: repeated(call) for who, call in calls.items()}, 0.02, 11).report(ours)
        results.append({"network": name, "ours": ours, **report})
        took, ratios = report["microseconds_a_step"][ours]["median"], report[f"times_slower_than_{ours}"]
        told = ", ".join(f"{NAMES[who]} {ratio['median']:.3g} times slower" for who, ratio in ratios.items())
        print(f"one row of {name}: {ours} {took:.2f} us; {told}")
        what = f"one row of {name}, {ours}"
        if name == SMALL:
            goals.append(Goal(what, "a call", took, 2.0, "microseconds"))
        if "torch" in ratios:
            goals.append(Goal(what, "beside PyTorch", ratios["torch"]["median"], 10.0))
    write("inference", {"results": results}, goals, "torch", "cffi")


if __name__ == "__main__":
    main()
