"""Schedules equal PyTorch's, step by step; the plateau is remembered across a stop."""

from __future__ import annotations

import numpy as np
import pytest

from mlcore import schedules
from mlcore.config import Config
from mlcore.schedules import Memory
from mlcore.training import train

EPOCHS, PER_EPOCH = 20, 7
TOTAL = EPOCHS * PER_EPOCH


def theirs(name: str) -> list[float]:
    """The rates of PyTorch's scheduler, one for each step, for a rate of 1."""
    torch = pytest.importorskip("torch")
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    made = torch.optim.lr_scheduler
    by_epoch = {
        "step": lambda: made.StepLR(optimizer, step_size=6, gamma=0.3),
        "exponential": lambda: made.ExponentialLR(optimizer, gamma=0.9),
    }
    by_step = {
        "cosine": lambda: made.CosineAnnealingLR(optimizer, T_max=TOTAL, eta_min=0.1),
        "one_cycle": lambda: made.OneCycleLR(optimizer, max_lr=1.0, total_steps=TOTAL, cycle_momentum=False),
    }
    schedule, rates = (by_epoch | by_step)[name](), []
    for step in range(TOTAL):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if step < TOTAL - 1 and (name in by_step or (step + 1) % PER_EPOCH == 0):
            schedule.step()
    return rates


@pytest.mark.parametrize(
    "schedule",
    [
        schedules.Step(every=6, gamma=0.3),
        schedules.Exponential(gamma=0.9),
        schedules.Cosine(end=0.1),
        schedules.OneCycle(),
    ],
    ids=lambda each: type(each).__name__,
)
def test_a_schedule_is_pytorch_s_step_by_step(schedule: schedules.Schedule) -> None:
    expected = theirs(str(schedule.__struct_config__.tag))
    np.testing.assert_allclose(schedule.rates(np.arange(TOTAL), TOTAL, PER_EPOCH), expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("kind", schedules.CATALOGUE.classes(), ids=lambda kind: kind.__name__)
def test_every_schedule_gives_the_same_rates_in_slices_and_warms_up_from_below(kind: type[schedules.Schedule]) -> None:
    whole = kind(warmup=2).rates(np.arange(TOTAL), TOTAL, PER_EPOCH)
    parts = [kind(warmup=2).rates(np.arange(i, min(i + 5, TOTAL)), TOTAL, PER_EPOCH) for i in range(0, TOTAL, 5)]
    np.testing.assert_array_equal(np.concatenate(parts), whole)
    assert (whole > 0).all() and (whole <= 1).all() and whole.dtype == np.float64
    rising, first = whole[: 2 * PER_EPOCH], kind().rates(np.arange(1), TOTAL - 2 * PER_EPOCH, PER_EPOCH)[0]
    np.testing.assert_allclose(rising, first * np.arange(1, 2 * PER_EPOCH + 1) / (2 * PER_EPOCH))


def test_inverse_scaling_falls_with_the_root_of_the_epochs() -> None:
    assert schedules.InverseScaling().rates(np.array([0, 6, 7, 21]), TOTAL, PER_EPOCH) == pytest.approx(
        [1, 1, 1 / np.sqrt(2), 1 / 2]
    )


@pytest.mark.parametrize("patience", [0, 2])
def test_a_plateau_cuts_where_pytorch_cuts(patience: int) -> None:
    torch = pytest.importorskip("torch")
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    other = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=patience, eps=0)
    ours, memory = schedules.Plateau(gamma=0.5, patience=patience), Memory()
    values = np.concatenate([[3, 2, 1, 1, 1, 1, 0.99995, 0.9, 1, 1], np.random.RandomState(1).uniform(0.8, 1, 40)])
    for value in values:
        other.step(float(value))
        memory = ours.remember(memory, float(value))
        assert memory.factor == pytest.approx(optimizer.param_groups[0]["lr"], rel=1e-12)


def test_a_plateau_lowers_the_rate_of_a_run_and_is_resumed_where_it_was() -> None:
    plateau = {"schedule.kind": "plateau", "schedule.patience": 1, "schedule.gamma": 0.5}
    rates = {"optimizer.learning_rate": 0.5, "stopping.monitor": "validation_accuracy"}
    config = Config(epochs=30).with_settings({"dataset.kind": "moons", "dataset.n_samples": 100, **plateau, **rates})
    ended = [event for event in train(config) if event.kind == "epoch"]
    seen = [event.metrics["learning_rate"] for event in ended]
    assert seen[0] == 0.5 and seen[-1] < 0.1 and set(np.round(np.log2(seen), 9) % 1) == {0.0}
    again = [event for event in train(config, resume=ended[11].state) if event.kind == "epoch"]
    assert [event.metrics for event in again] == [event.metrics for event in ended[12:]]
