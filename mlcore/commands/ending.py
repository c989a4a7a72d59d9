"""How a network ended: the loss it is told by, the exit code, and the sentence for one that failed."""

from __future__ import annotations

import sys

from mlcore.commands.failures import sentence
from mlcore.config import Config
from mlcore.datasets.dataset import Data
from mlcore.errors import Diverged
from mlcore.events import Ended
from mlcore.goal import Goal
from mlcore.model import Model


def test_loss(model: Model | None, data: Data | None) -> float | None:
    """The loss on the test split of the network as it is now; None where there is no such split, or no network here."""
    if model is None or data is None or data.test is None:
        return None
    z, _ = model.network.forward(model.vector, data.inputs(data.test))
    return model.loss(z, data.test.y, data.test.w)[0]


def judged(config: Config, ended: Ended) -> int:
    """The exit code of a run by itself, and the sentence for one that failed: diverged, or its goal not reached."""
    if ended.reason == "diverged":
        rate = min(config.optimizer.learning_rate / 10, type(config.optimizer)().learning_rate)
        error = Diverged(ended.message, hint=f"try a lower learning rate: --set optimizer.learning_rate={rate:g}")
        print(sentence(error), file=sys.stderr)
        return error.exit_code
    return _goal_code(config, ended)


def _goal_code(config: Config, ended: Ended) -> int:
    """1 where a goal was set and not reached, and says so; else 0."""
    goal = config.stopping.goal
    if not goal or ended.reason == "goal":
        return 0
    print(f"mlj: goal not reached: {goal}, got {ended.metrics[Goal.parse(goal).name]:.4f}", file=sys.stderr)
    return 1
