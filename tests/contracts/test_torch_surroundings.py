"""What surrounds a step in PyTorch: its settings, its threads, its garbage. Each has spoiled a run on a GPU once."""

from __future__ import annotations

import gc
import threading

import pytest

torch = pytest.importorskip("torch")

from mlcore.backends.pytorch import engines  # noqa: E402
from mlcore.backends.pytorch.session import matmul_precision  # noqa: E402
from tests.contracts.problems import problem, rates  # noqa: E402
from tests.contracts.test_torch_engines import session_of  # noqa: E402

DEVICES = ["cpu", pytest.param("cuda", marks=pytest.mark.gpu)]


def test_no_garbage_is_collected_while_a_graph_is_captured() -> None:
    """An old graph that is freed inside spoils the capture."""
    assert gc.isenabled()
    with engines.undisturbed():
        assert not gc.isenabled()
    assert gc.isenabled()


@pytest.mark.parametrize("device", DEVICES)
def test_gradients_are_taken_on_the_thread_that_asks(device: str) -> None:
    """Autograd's own threads have no context of the device for kernels of our own, and are not what captures."""
    session, seen = session_of(problem(body="9 tanh"), device), []
    tanh = session.program.step.rows[1]

    def spied(layer, p, x, mode):
        y = tanh(layer, p, x, mode)
        y.register_hook(lambda gradient: seen.append(threading.get_ident()))
        return y

    session.program.step.rows[1] = spied
    session.train(0, 3, rates(3))
    assert seen == [threading.get_ident()] * 3


def test_float32_means_all_its_bits_in_products_and_convolutions_and_the_callers_choice_comes_back() -> None:
    def asked() -> tuple[str, bool, bool]:
        cudnn = torch.backends.cudnn
        return torch.get_float32_matmul_precision(), cudnn.allow_tf32, cudnn.deterministic

    before = asked()
    with matmul_precision("float32"):
        assert asked() == ("highest", False, True)
        with matmul_precision("tf32"):
            assert asked() == ("high", True, True)
    assert asked() == before


def test_the_choice_of_a_convolution_is_not_timed_so_that_it_stays_the_same() -> None:
    assert not torch.backends.cudnn.benchmark
