"""Layers on sequences: the same as PyTorch in float64, and steps that only fill a batch are never heard of."""

from __future__ import annotations

import numpy as np
import pytest

from mlcore.errors import DataError, ShapeError
from mlcore.layers.attention import Attention
from mlcore.layers.conv1d import Conv1d
from mlcore.layers.embedding import Embedding
from mlcore.layers.layer import INFERENCE, Layer, Mode
from mlcore.layers.norms import BatchNorm, LayerNorm
from mlcore.layers.pool import AvgPool1d, AvgPool2d, MaxPool1d, MaxPool2d
from mlcore.layers.positions import Positions
from mlcore.layers.summary import Max, Mean
from mlcore.spec import kind_of

LENGTHS = np.array([5, 1, 7, 3])
SEQUENCE, IMAGE = (7, 6), (3, 8, 9)
PADDED = (Mean(), Max(), Attention(2), Attention(3, causal=True), Embedding(5, 11))
OPTIONS: list[tuple[Layer, tuple[int, ...]]] = [
    *((Conv1d(5, k, s, p), SEQUENCE) for k, s, p in ((1, 1, 0), (3, 2, 1), (4, 3, 5), (7, 1, 0))),
    *((kind(size, stride), SEQUENCE) for kind in (MaxPool1d, AvgPool1d) for size, stride in ((2, 0), (3, 1), (2, 5))),
    *((kind(size, stride), IMAGE) for kind in (MaxPool2d, AvgPool2d) for size, stride in ((2, 0), (3, 1), (2, 5))),
    *((kind(), shape) for kind in (Mean, Max) for shape in (SEQUENCE, IMAGE)),
    *((BatchNorm(eps=0.1, momentum=0.3), shape) for shape in ((6,), SEQUENCE, IMAGE)),
    *((LayerNorm(eps=0.1), shape) for shape in ((6,), SEQUENCE, IMAGE)),
    *((Attention(heads, causal), SEQUENCE) for heads in (1, 2, 6) for causal in (False, True)),
    (Positions(), SEQUENCE),
    (Embedding(4, 11), (7,)),
]


def setting(layer: Layer, shape: tuple[int, ...], rows: int = 4):
    """Parameters, inputs and gradients of outputs, float64."""
    random = np.random.default_rng(3)
    p = {name: np.abs(random.normal(size=param.shape)) + 0.1 for name, param in layer.params(shape).items()}
    x = random.integers(0, 11, (rows, *shape)).astype(float) if layer.tokens else random.normal(size=(rows, *shape))
    return p, x, random.normal(size=(rows, *layer.output_shape(shape)))


@pytest.mark.parametrize("lengths", [None, LENGTHS], ids=["whole", "padded"])
@pytest.mark.parametrize("training", [False, True], ids=["inference", "training"])
@pytest.mark.parametrize(("layer", "shape"), OPTIONS)
def test_a_page_and_its_row_in_torch_are_the_same(layer: Layer, shape, training: bool, lengths) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    from mlcore.backends.pytorch.rows import Pass, table

    if lengths is not None and (not layer.any_length or len(shape) == 3):
        pytest.skip("it takes no sequences of several lengths")
    p, x, dy = setting(layer, shape)
    learned = {name: param.role != "statistic" for name, param in layer.params(shape).items()}
    theirs = {name: torch.tensor(value, requires_grad=learned[name]) for name, value in p.items()}
    given, moved = torch.tensor(x, requires_grad=True), {}
    told = None if lengths is None else torch.tensor(lengths)
    found = table()[kind_of(layer)](layer, theirs, given, Pass(training, moved=moved, lengths=told))
    found.backward(torch.tensor(dy))
    y, saved = layer.forward(p, x, Mode(training=training, lengths=lengths))
    dx, own = layer.backward(p, saved, dy)
    close(y, found.detach())
    close(dx, given.grad if given.grad is not None else torch.zeros_like(given))
    for name, value in own.items():
        close(value, theirs[name].grad)
    for name, value in moved.get(0, {}).items():
        close(p[name], value.detach())


def close(ours, theirs) -> None:
    np.testing.assert_allclose(ours, theirs.numpy(), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("filling", [0.0, np.nan, np.inf, 1e300])
@pytest.mark.parametrize("layer", PADDED)
def test_what_fills_a_batch_does_not_matter(layer: Layer, filling: float) -> None:
    shape = (7,) if layer.tokens else SEQUENCE
    p, x, dy = setting(layer, shape)
    filled = np.arange(7) >= LENGTHS[:, None]
    x[filled] = filling
    y, saved = layer.forward(p, x, Mode(lengths=LENGTHS))
    if y.ndim == 3 and not layer.tokens:
        assert not y[filled].any()
    if layer.tokens:
        dy[filled] = 0  # as layers behind it give it back
    dx, own = layer.backward(p, saved, dy)
    assert not dx[filled].any() and np.isfinite(y).all() and np.isfinite(dx).all()
    alone = {name: np.zeros_like(value) for name, value in own.items()}
    for row, length in enumerate(LENGTHS):
        some = slice(length) if y.ndim == 3 else slice(None)
        expected, kept = layer.forward(p, x[row : row + 1, :length], INFERENCE)
        back, slopes = layer.backward(p, kept, dy[row : row + 1, some])
        np.testing.assert_allclose(y[row : row + 1, some], expected, rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(dx[row : row + 1, :length], back, rtol=1e-12, atol=1e-12)
        for name, value in slopes.items():
            alone[name] += value
    for name, value in own.items():
        np.testing.assert_allclose(value, alone[name], rtol=1e-12, atol=1e-12)


def test_a_sequence_without_steps_says_nothing() -> None:
    for layer in (Mean(), Attention(2)):
        p, x, dy = setting(layer, SEQUENCE, rows=1)
        y, saved = layer.forward(p, x, Mode(lengths=np.array([0])))
        assert not y.any() and not layer.backward(p, saved, dy)[0].any()


def test_a_causal_step_does_not_know_what_comes_after_it() -> None:
    layer = Attention(2, causal=True)
    p, x, _ = setting(layer, SEQUENCE)
    before = layer.forward(p, x, INFERENCE)[0]
    x[:, 4:] = 7
    after = layer.forward(p, x, INFERENCE)[0]
    np.testing.assert_array_equal(before[:, :4], after[:, :4])
    assert (before[:, 4:] != after[:, 4:]).all()


@pytest.mark.parametrize("token", [-1.0, 11.0, 2.5, np.nan, np.inf])
def test_what_is_no_token_is_refused_and_ends_a_run_in_torch(token: float) -> None:
    layer = Embedding(4, 11)
    p, x, _ = setting(layer, (7,))
    x[1, 2] = token
    with pytest.raises(DataError, match=rf"Embedding\(4\): expected tokens from 0 to 10, got {token:g}") as refused:
        layer.forward(p, x, INFERENCE)
    assert "dataset.scale" in refused.value.hint
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    from mlcore.backends.pytorch.rows import Pass, table

    found = table()["embedding"](layer, {"w": torch.tensor(p["w"])}, torch.tensor(x), Pass())
    wrong = torch.isnan(found).numpy()
    assert wrong[1, 2].all() and wrong.sum() == 4


def test_an_embedding_knows_how_many_things_there_are() -> None:
    with pytest.raises(ShapeError, match=r"Embedding\(4\): needs tokens, got numbers \[7\]") as refused:
        Embedding(4).output_shape((7,))
    assert "vocabulary" in refused.value.hint
    assert Embedding(4).sized(65) == Embedding(4, 65) and Embedding(4, 9).sized(65) == Embedding(4, 9)


@pytest.mark.parametrize(
    ("layer", "shape", "message"),
    [
        (Conv1d(8), (6,), r"Conv1d\(8\): needs a sequence, got \[6\]"),
        (Conv1d(8, 5), (4, 2), r"Conv1d\(8\): needs a sequence of 5 steps or more, got \[4, 2\]"),
        (MaxPool1d(2), (2, 6, 6), r"MaxPool1d\(2\): needs a sequence, got \[2, 6, 6\]"),
        (AvgPool2d(9), (6, 6), r"AvgPool2d\(9\): needs an image of 9 x 9 or more, got \[6, 6\]"),
        (Mean(), (6,), r"Mean\(\): needs an image or a sequence, got \[6\]"),
        (Attention(4), (7, 6), r"Attention\(4\): 4 heads cannot share 6 numbers, got \[7, 6\]"),
        (Attention(4), (6,), r"Attention\(4\): needs a sequence, got \[6\]"),
        (Embedding(4), (7, 6), r"Embedding\(4\): needs a row of tokens, got \[7, 6\]"),
        (Positions(), (7,), r"Positions\(\): needs a sequence, got \[7\]"),
    ],
)
def test_what_does_not_fit_is_told_with_the_way_out(layer: Layer, shape, message: str) -> None:
    with pytest.raises(ShapeError, match=message) as refused:
        layer.output_shape(shape)
    assert refused.value.hint
