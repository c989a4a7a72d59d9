"""Numbers from outside that ours must hit: the article's course and network, a worked backpropagation."""

from __future__ import annotations

import io

import numpy as np
import pytest

from mlcore.backends.backend import Problem, Weights
from mlcore.backends.reference import Reference
from mlcore.commands.training import test_loss as loss_on_test
from mlcore.config import Config
from mlcore.datasets.dataset import Rows
from mlcore.layers.dense import Dense
from mlcore.layers.line import parse
from mlcore.losses import MAE, MSE, SoftmaxCrossEntropy
from mlcore.network import Network
from mlcore.optimizers import SGD
from mlcore.report import article_lines
from mlcore.state import State
from mlcore.training import train


def _open(network: Network, loss, rate: float, rows: Rows, vector, factor=1.0, precision="float64"):
    problem = Problem(network, loss, SGD(learning_rate=rate), rows, factor, len(rows), 0)
    session = Reference("cpu", precision).open(problem)
    session.restore(Weights(np.asarray(vector, dtype=np.float64), np.zeros((1, network.size)), 0))
    return session


def test_the_course_s_line_gives_its_printed_errors() -> None:
    x = np.arange(0, 1, 0.02)[:, None]
    y = 0.7 * x + 0.3
    rows, start = Rows(x[:40], y[:40]), [0.33669037, 0.12880941]
    session = _open(Network([Dense(1)], (1,)), MAE(), 0.01, rows, start, precision="float32")
    printed = {0: (0.31288138, 0.48106518), 10: (0.19767132, 0.34635520), 30: (0.05314853, 0.14464018)}
    printed |= {60: (0.03818933, 0.08886633), 90: (0.02788740, 0.06473556)}
    for epoch in range(91):
        (train,) = session.train(epoch, 1, np.array([0.01]))
        if epoch in printed:  # the course measures the test error after the update
            test = np.abs(session.predict(x[40:]) - y[40:]).mean()
            assert (float(train), float(test)) == pytest.approx(printed[epoch], abs=1e-7)


def test_the_article_s_lines_of_the_course_s_line_are_its_printed_errors() -> None:
    """From the configuration to the printed line: the first loss before the epoch's update, the second after it."""
    settings = {"dataset": "line", "dataset.n_samples": 50, "layers": "", "loss": "mae", "optimizer": "sgd"}
    settings |= {"optimizer.learning_rate": 0.01, "batch_size": "full", "epochs": 91, "backend": "reference"}
    config, out = Config().with_settings(settings), io.StringIO()
    start = np.array([0.33669037, 0.12880941], np.float32)
    state, data = State(Weights(start, np.zeros((1, 2), np.float32), 0)), config.dataset.load()
    for _ in article_lines(train(config, resume=state, data=data), out, 30, lambda model: loss_on_test(model, data)):
        pass
    assert out.getvalue().splitlines() == [
        "Epoch 0 | Training Loss: 0.31288 | Testing Loss: 0.48107",
        "Epoch 30 | Training Loss: 0.05315 | Testing Loss: 0.14464",
        "Epoch 60 | Training Loss: 0.03819 | Testing Loss: 0.08887",
        "Epoch 90 | Training Loss: 0.02789 | Testing Loss: 0.06474",
    ]


def test_the_worked_backpropagation_gives_nine_digits() -> None:
    network = Network(parse("2 sigmoid | 2 sigmoid"), (2,))
    w1, w2 = np.array([[0.15, 0.20], [0.25, 0.30]]), np.array([[0.40, 0.45], [0.50, 0.55]])
    vector = np.concatenate([w1.T.ravel(), w2.T.ravel(), [0.35, 0.35], [0.60, 0.60]])
    rows = Rows(np.array([[0.05, 0.10]]), np.array([[0.01, 0.99]]))
    session = _open(network, MSE(), 0.5, rows, vector)
    seen = session.inspect(rows.x, rows.y)
    assert seen.activations[1][0] == pytest.approx([0.593269992, 0.596884378], abs=5e-10)
    assert seen.activations[3][0] == pytest.approx([0.751365070, 0.772928465], abs=5e-10)
    assert seen.loss == pytest.approx(0.298371109, abs=5e-10)

    def step() -> None:  # the example leaves its biases alone
        session.vector[:8] -= 0.5 * session.inspect(rows.x, rows.y).gradient[:8]

    step()
    views = network.views(session.vector)
    assert views[2]["w"].T.ravel() == pytest.approx([0.35891648, 0.40866619, 0.51130127, 0.56137012], abs=5e-9)
    assert views[0]["w"].T.ravel() == pytest.approx([0.14978072, 0.19956143, 0.24975114, 0.29950229], abs=5e-9)
    assert session.inspect(rows.x, rows.y).loss == pytest.approx(0.291027774, abs=5e-10)
    for _ in range(9999):
        step()
    assert session.inspect(rows.x, rows.y).loss == pytest.approx(3.5102e-5, abs=5e-10)


def _article(x, labels, w1, b1, w2, b2, w3, b3, alpha: float, steps: int):
    """The article's functions, literally: samples are columns, full batch, m is the number of samples."""
    m, one_hot = x.shape[1], np.eye(10)[labels].T
    for _ in range(steps):
        z1 = w1 @ x + b1
        a1 = np.maximum(z1, 0)
        z2 = w2 @ a1 + b2
        a2 = np.maximum(z2, 0)
        z3 = w3 @ a2 + b3
        e = np.exp(z3 - z3.max(axis=0))
        dz3 = e / e.sum(axis=0) - one_hot
        dz2 = (w3.T @ dz3) * (z2 > 0)
        dz1 = (w2.T @ dz2) * (z1 > 0)
        gradients = [(dz1, x), (dz2, a1), (dz3, a2)]
        for (w, b), (dz, a) in zip(((w1, b1), (w2, b2), (w3, b3)), gradients, strict=True):
            w -= alpha * dz @ a.T / m
            b -= alpha * dz.sum(axis=1, keepdims=True) / m
        yield [w.copy() for w in (w1, b1, w2, b2, w3, b3)]


def test_the_article_s_network_is_its_own_functions_step_for_step() -> None:
    rows = np.random.default_rng(5)
    x, y = rows.integers(0, 256, (200, 784), dtype=np.uint8), rows.integers(0, 10, 200).astype(np.int32)
    network = Network.build(parse("10 relu | 10 relu"), (784,), 10)
    draw = np.random.RandomState(42)
    shapes = [(10, 784), (10, 1), (10, 10), (10, 1), (10, 10), (10, 1)]
    first = [draw.rand(*shape) - 0.5 for shape in shapes]
    start = network.init(42, "article_uniform")
    for layer, (w, b) in zip((0, 2, 4), zip(first[::2], first[1::2], strict=True), strict=True):
        assert np.array_equal(network.views(start)[layer]["w"], w.T.astype(np.float32))
        assert np.array_equal(network.views(start)[layer]["b"], b[:, 0].astype(np.float32))
    begin = [part.astype(np.float32).astype(np.float64) for part in first]
    session = _open(network, SoftmaxCrossEntropy(), 0.1, Rows(x, y), start, factor=1 / 255)
    for step, theirs in enumerate(_article(x.T.astype(np.float64) * (1 / 255), y, *begin, alpha=0.1, steps=25)):
        session.train(step, 1, np.array([0.1]))
        ours = network.views(session.vector)
        for layer, (w, b) in zip((0, 2, 4), zip(theirs[::2], theirs[1::2], strict=True), strict=True):
            assert np.allclose(ours[layer]["w"], w.T, rtol=0, atol=1e-12)
            assert np.allclose(ours[layer]["b"], b[:, 0], rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("body", "inputs", "outputs", "parameters"),
    [
        ("10 sigmoid", 784, 10, 7_960),
        ("10 relu | 10 relu", 784, 10, 8_070),
        ("30 sigmoid", 784, 10, 23_860),
        ("100 sigmoid", 784, 10, 79_510),
        ("512 relu | 256 relu6 | 512 relu", 1, 1, 264_449),
        ("10 relu | 10 relu", 2, 1, 151),
        ("8 relu | 8 relu", 2, 4, 132),
        ("512 relu | 512 relu", 784, 10, 669_706),
    ],
)
def test_networks_have_as_many_parameters_as_published(body: str, inputs: int, outputs: int, parameters: int) -> None:
    assert Network.build(parse(body), (inputs,), outputs).size == parameters


@pytest.mark.parametrize(
    ("classes", "entropy"), [(2, 0.693147), (3, 1.098612), (4, 1.386294), (6, 1.791759), (10, 2.302585), (27, 3.295837)]
)
def test_a_network_that_knows_nothing_has_the_loss_ln_k(classes: int, entropy: float) -> None:
    loss, _ = SoftmaxCrossEntropy()(np.zeros((5, classes)), np.arange(5) % classes)
    assert loss == pytest.approx(entropy, abs=5e-7)
