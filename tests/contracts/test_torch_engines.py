"""Engines of the torch backend: whatever runs the body of a step, the same numbers come out.

A graph is captured once and lies in many ways (frozen numbers, traces of warming up, freed inputs, unseen NaN, …): each
has a test here. Without a GPU the same code runs with a capture that only remembers what to run.
"""

from __future__ import annotations

import gc

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from mlcore import philox  # noqa: E402
from mlcore.backends.backend import Watch  # noqa: E402
from mlcore.backends.pytorch import Torch, engines  # noqa: E402
from mlcore.backends.pytorch.program import pieces  # noqa: E402
from mlcore.datasets.dataset import Rows, Task  # noqa: E402
from tests.contracts.experiments import SHAPED  # noqa: E402
from tests.contracts.problems import OPTIMIZERS, first_weights, opened, problem, rates  # noqa: E402

DEVICES = ["cpu", pytest.param("cuda", marks=pytest.mark.gpu)]
HARD = {"body": "12 batch_norm relu | drop .3 | 9 layer_norm tanh | drop .1"}
LEVELS = np.repeat([0.02, 0.005, 0.001], 20)  # a schedule in three steps


def session_of(p, device="cpu", engine="eager", precision="float32"):
    session = Torch(device, precision, engine).open(p)
    session.restore(first_weights(p))
    return session


def graph_of(p, device="cpu", precision="float32"):
    """A session in graphs; on a CPU, of a capture that warms up as CUDA's does and replays by running the body."""
    if device != "cpu":
        return session_of(p, device, "graph", precision)
    session = session_of(p, device, "eager", precision)

    def capture(short, body):
        for _ in range(engines.WARMING):
            short()
        return body

    session.engine = engines.Graph(session.program, capture)
    return session


def same(session, other, losses, expected) -> None:
    assert np.array_equal(losses, expected)
    for found, known in zip(session.weights(), other.weights(), strict=True):
        assert np.array_equal(found, known)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_graphs_have_the_bits_of_the_eager_engine_through_a_schedule(device: str, optimizer: str) -> None:
    p = problem(rows=300, batch=7, optimizer=(optimizer, {"weight_decay": 0.01, "clip_norm": 1.0}))
    graph, eager = graph_of(p, device), session_of(p, device)
    same(graph, eager, graph.train(0, 60, LEVELS), eager.train(0, 60, LEVELS))
    assert graph.engine.name == "graph" and {count for count, _ in graph.engine._captured} == {32, 8, 1}


@pytest.mark.parametrize("device", DEVICES)
def test_warming_up_and_capturing_leave_no_trace_in_weights_moments_and_statistics(device: str) -> None:
    p = problem(**HARD)
    graph, eager = graph_of(p, device), session_of(p, device)
    for step in range(10):  # the first step captures one graph, the last of an epoch the one of its short batch
        same(graph, eager, graph.train(step, 1, rates(1)), eager.train(step, 1, rates(1)))
    assert [count for count, _ in graph.engine._captured] == [1, 1]


@pytest.mark.parametrize("device", DEVICES)
def test_a_step_leaves_no_gradient_that_a_graph_could_add_to(device: str) -> None:
    session = graph_of(problem(), device)
    session.train(0, 9, rates(9))
    assert session.program.vector.grad is None and not session.program.vector.requires_grad


@pytest.mark.parametrize("device", DEVICES)
def test_a_graph_keeps_what_it_reads_alive(device: str) -> None:
    p = problem(rows=300, batch=7)
    graph, eager = graph_of(p, device), session_of(p, device)
    same(graph, eager, graph.train(0, 43, rates(43)), eager.train(0, 43, rates(43)))
    graph.program._orders.clear()
    gc.collect()
    junk = [torch.full((n,), 7.0, device=device) for n in (10, 100, 1000, 10_000) for _ in range(50)]
    same(graph, eager, graph.train(43, 43, rates(43)), eager.train(43, 43, rates(43)))
    assert len(junk) == 200


@pytest.mark.gpu
def test_a_graph_works_in_memory_that_nobody_else_frees() -> None:
    """torch.compile's own graphs free the workspaces that cuBLAS keeps for a stream."""
    p = problem(body="512 relu | 256 relu", features=784, rows=300, batch=128)
    graph, eager = graph_of(p, "cuda"), session_of(p, "cuda")
    same(graph, eager, graph.train(0, 30, rates(30, 0.001)), eager.train(0, 30, rates(30, 0.001)))
    torch._C._cuda_clearCublasWorkspaces()
    torch.cuda.empty_cache()
    junk = [torch.full((1 << 20,), 7.0, device="cuda") for _ in range(64)]
    same(graph, eager, graph.train(30, 30, rates(30, 0.001)), eager.train(30, 30, rates(30, 0.001)))
    assert all(bool((part == 7.0).all()) for part in junk)


@pytest.mark.gpu
@pytest.mark.parametrize("engine", ["eager", "graph"])
@pytest.mark.parametrize("experiment", SHAPED)
def test_every_layer_trains_on_the_device_as_the_reference_does(experiment: str, engine: str) -> None:
    p = problem(**SHAPED[experiment])
    expected = opened("reference", p)[0].train(0, 20, rates(20))
    np.testing.assert_allclose(session_of(p, "cuda", engine).train(0, 20, rates(20)), expected, rtol=1e-3)


@pytest.mark.parametrize("lanes", [False, True])
@pytest.mark.parametrize("body", ["12 relu | 9 tanh", *HARD.values()])
def test_the_body_of_a_step_asks_the_device_for_nothing(body: str, lanes: bool) -> None:
    """Under fake tensors there are no numbers: an operation that depends on one raises."""
    from torch._subclasses.fake_tensor import DataDependentOutputException, FakeTensor, FakeTensorMode

    first = problem(body=body)
    ps = [first._replace(seed=seed) for seed in (1, 2)]
    session = Torch("cpu").open_many(ps) if lanes else session_of(ps[0])
    program = session.program
    piece = next(pieces(0, 3, program.rows, program.size))
    tables = program.tables(piece, np.tile(rates(3)[:, None], (1, 2)) if lanes else rates(3), 0)
    out = torch.empty((3, *program.lanes))
    mode = FakeTensorMode(allow_non_fake_inputs=False)
    data = program.data
    data.x, data.parts = mode.from_tensor(data.x), {name: mode.from_tensor(part) for name, part in data.parts.items()}
    for name in ("vector", "moments"):
        setattr(program, name, mode.from_tensor(getattr(program, name)))
    program._drops = {
        number: (width, shape, *map(mode.from_tensor, tensors))
        for number, (width, shape, *tensors) in program._drops.items()
    }
    with mode:
        program.body(type(tables)(*map(mode.from_tensor, tables)), mode.from_tensor(out))
        assert type(program.vector) is FakeTensor  # the steps were made, without a number
        with pytest.raises(DataDependentOutputException):
            program.vector.sum().item()


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize(("rows", "batch"), [(70, 16), (64, 16), (33, 32), (9, 1), (70, 70), (300, 7)])
def test_every_row_is_seen_once_an_epoch_also_those_of_a_short_last_batch(device: str, rows: int, batch: int) -> None:
    p = problem(rows=rows, batch=batch)
    session, seen = graph_of(p, device), []
    run = session.engine.run

    def spy(tables, out):
        size = rows if tables.batch is None else tables.batch.shape[-1]
        seen.append(np.arange(rows) if tables.batch is None else tables.batch.cpu().numpy().ravel())
        assert len(seen[-1]) == size * (1 if tables.batch is None else len(out))
        run(tables, out)

    session.engine.run = spy
    session.train(0, p.steps_per_epoch, rates(p.steps_per_epoch))
    order = np.arange(rows) if batch >= rows else philox.order(p.seed, 0, rows)
    assert np.array_equal(np.concatenate(seen), order)


@pytest.mark.parametrize("device", DEVICES)
def test_each_replay_drops_other_numbers_and_the_same_seed_the_same(device: str) -> None:
    p = problem(body="drop .5 | 40 relu | drop .5", batch=70, optimizer="sgd", features=30)
    first, again = (graph_of(p, device).train(0, 64, np.full(64, 1e-20)) for _ in range(2))
    assert np.array_equal(first, again)
    assert len({float(loss) for loss in first}) == 64  # the weights hardly move: what differs is what was dropped


@pytest.mark.parametrize("device", DEVICES)
def test_a_loss_that_is_no_number_ends_the_call_and_costs_the_steps_before_it_nothing(device: str) -> None:
    p = problem(optimizer="sgd", loss="mse", body="8 relu | 8 relu")
    steep = np.where(np.arange(60) < 41, 0.01, 1e12)
    graph, eager = graph_of(p, device), session_of(p, device)
    losses = graph.train(0, 60, steep)
    assert 41 < len(losses) < 60 and not np.isfinite(losses[-1]) and np.isfinite(losses[:-1]).all()
    known = eager.train(0, len(losses) - 1, steep)
    same(graph, eager, losses[:-1], known)
    assert graph.weights().step == len(losses) - 1


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize(
    "change", [{"batch": 11}, {"optimizer": ("adam", {"weight_decay": 0.3})}, {"body": "drop .2 | 9 relu"}]
)
def test_what_a_graph_cannot_follow_is_another_session_which_goes_on_from_the_weights(device: str, change) -> None:
    before = {"rows": 90, "batch": 9, "body": "drop .2 | 9 relu"}
    found = []
    for opener in (graph_of, session_of):
        session = opener(problem(**before), device)
        session.train(0, 40, rates(40))
        later = opener(problem(**before | change), device)
        later.restore(session.weights())
        found.append((later, later.train(40, 40, rates(40))))
    (graph, losses), (eager, expected) = found
    same(graph, eager, losses, expected)


@pytest.mark.parametrize("device", DEVICES)
def test_the_host_waits_once_for_a_slice_with_all_that_is_measured_at_the_ends_of_its_epochs(device: str) -> None:
    p = problem(rows=64, batch=16)
    graph = graph_of(p, device)
    held = Rows(*(part if part is None else part[:20] for part in p.rows))
    assert graph.watch(Watch({"validation": held}, ("validation",), ("accuracy",), Task("multiclass", 3))) > 2
    before = graph.synchronisations
    losses, closed = graph.train_epochs(0, 12, rates(12))
    assert graph.synchronisations - before == (device != "cpu")
    assert len(losses) == 12 and [each.weights.step for each in closed] == [4, 8, 12]
    assert np.array_equal(closed[-1].weights.vector, graph.weights().vector)
    z = graph.predict(held.x)
    assert closed[-1].metrics["validation_accuracy"] == np.mean(z.argmax(1) == held.y)
    assert closed[-1].metrics["validation_loss"] == pytest.approx(p.loss(z, held.y)[0], rel=1e-5)
    assert graph.measured() == pytest.approx(closed[-1].metrics, rel=1e-6)


OWN = {
    **{f"optimizer {name}": {"optimizer": (name, {"weight_decay": 0.1, "l1": 0.01})} for name in OPTIMIZERS},
    "momentum": {"optimizer": ("sgd", {"momentum": 0.9})},
    "nesterov": {"optimizer": ("sgd", {"momentum": 0.9, "nesterov": True, "clip_norm": 0.5})},
    "dense layers, relu and dropout": {"body": "70 relu | drop .3 | 33 | 65 relu relu | 9 tanh", "features": 40},
    "another loss": {"loss": "huber", "body": "12 relu"},
    "a loss that smooths": {"loss": ("softmax_cross_entropy", {"label_smoothing": 0.1})},
    "weighted": {"weighted": True},
    "many classes": {"outputs": 37, "rows": 900, "batch": 700, "body": "130 relu"},
}


@pytest.mark.gpu
@pytest.mark.parametrize("kind", OWN)
def test_kernels_of_our_own_do_what_pytorchs_operations_do(kind: str) -> None:
    p = problem(**OWN[kind])
    own, plain = session_of(p, "cuda"), session_of(p, "cuda")
    assert own.program.own_kernels, "this PyTorch compiles no kernels"
    plain.program.plain()
    losses, expected = own.train(0, 23, rates(23)), plain.train(0, 23, rates(23))
    np.testing.assert_allclose(losses, expected, rtol=1e-4)
    for found, known in zip(own.weights()[:2], plain.weights()[:2], strict=True):
        np.testing.assert_allclose(found, known, rtol=1e-3, atol=1e-4)  # adam enlarges small gradients


@pytest.mark.gpu
def test_no_number_passes_through_kernels_of_our_own_as_none() -> None:
    p = problem(body="12 relu | 9 relu", optimizer="sgd")
    session = session_of(p, "cuda")
    weights = session.weights()
    weights.vector[3] = np.nan
    session.restore(weights)
    assert np.isnan(session.train(0, 3, rates(3))).tolist() == [True]


@pytest.mark.gpu
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_gpu_has_the_curve_of_the_reference(optimizer: str) -> None:
    p = problem(**HARD, optimizer=optimizer)
    expected = opened("reference", p)[0].train(0, 50, rates(50))
    np.testing.assert_allclose(session_of(p, "cuda", "graph").train(0, 50, rates(50)), expected, rtol=1e-4)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_float64_follows_the_reference_in_float64_for_two_hundred_steps(optimizer: str) -> None:
    # without a batch norm: a bias before one has no gradient but rounding, which adaptive rules enlarge
    p = problem(body="12 gelu | drop .3 | 9 layer_norm tanh | drop .1", optimizer=(optimizer, {"weight_decay": 0.01}))
    reference, session = opened("reference", p, "float64")[0], session_of(p, precision="float64")
    expected, losses = (each.train(0, 200, rates(200)) for each in (reference, session))
    np.testing.assert_allclose(losses, expected, rtol=1e-7)  # handed over as float32
    np.testing.assert_allclose(session.weights().vector, reference.weights().vector, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("device", DEVICES)
def test_bfloat16_multiplies_in_few_bits_and_keeps_weights_in_all(device: str) -> None:
    p = problem(body="64 relu | 64 relu", features=40)
    half, whole = graph_of(p, device, "bf16"), session_of(p, device)
    losses, expected = half.train(0, 30, rates(30, 0.001)), whole.train(0, 30, rates(30, 0.001))
    assert not np.array_equal(losses, expected)
    np.testing.assert_allclose(losses, expected, rtol=0.05)
    assert half.weights().vector.dtype == np.float32


@pytest.mark.compile
@pytest.mark.timeout(900)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of what the compiler itself uses
@pytest.mark.parametrize("device", DEVICES)
def test_a_compiled_step_gives_the_same_curve(device: str) -> None:
    p = problem(body="12 relu | drop .3 | 9 tanh", rows=64, optimizer=("adam", {"weight_decay": 0.01}))
    compiled, eager = session_of(p, device, "compile"), session_of(p, device)
    assert compiled.engine.name == "compile"
    np.testing.assert_allclose(compiled.train(0, 23, rates(23)), eager.train(0, 23, rates(23)), rtol=1e-4)
