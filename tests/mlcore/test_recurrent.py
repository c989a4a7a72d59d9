"""Recurrent layers: padding is nothing, PyTorch's modules give the same numbers, and states start orthogonal."""

from __future__ import annotations

import numpy as np
import pytest

from mlcore import layers
from mlcore.errors import ConfigError, ShapeError
from mlcore.layers.layer import INFERENCE
from mlcore.layers.line import parse, write
from mlcore.layers.recurrent import Recurrent
from mlcore.network import Network

KINDS = tuple(e.name for e in layers.CATALOGUE if issubclass(e.load(), Recurrent))
OPTIONS = {"": {}, "last": {"last": True}, "bi": {"bi": True}, "bi last": {"bi": True, "last": True}}
T, D, LENGTHS = 7, 3, np.array([7, 1, 4, 6])


def made(kind: str, options: str, units: int = 5) -> Recurrent:
    return layers.CATALOGUE.find(kind).load()(units, **OPTIONS[options])


def numbers(layer: Recurrent, inputs: int = D, seed: int = 1) -> dict[str, np.ndarray]:
    random = np.random.default_rng(seed)
    return {name: random.normal(size=p.shape) * 0.6 for name, p in layer.params((T, inputs)).items()}


def there_and_back(layer: Recurrent, p, x: np.ndarray, lengths, seed: int = 3):
    """y, dx and the gradients for a random dy."""
    y, saved = layer.forward(p, x, INFERENCE._replace(lengths=lengths))
    dy = np.random.default_rng(seed).normal(size=y.shape)
    return y, dy, *layer.backward(p, saved, dy)


@pytest.fixture(params=KINDS)
def kind(request) -> str:
    return request.param


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("padding", [np.nan, 1e30, -np.inf])
def test_padding_changes_nothing_and_learns_nothing(kind: str, options: str, padding: float) -> None:
    layer = made(kind, options)
    p, x = numbers(layer), np.random.default_rng(2).normal(size=(4, T, D))
    padded, behind = x.copy(), np.arange(T) >= LENGTHS[:, None]
    padded[behind] = padding
    y, _, dx, own = there_and_back(layer, p, x, LENGTHS)
    same, _, same_dx, same_own = there_and_back(layer, p, padded, LENGTHS)
    assert np.array_equal(y, same) and np.array_equal(dx, same_dx)
    assert all(np.array_equal(own[name], same_own[name]) for name in own)
    assert not dx[behind].any() and dx[~behind].all()
    if not layer.last:
        assert not y[behind].any() and y[~behind].all()


@pytest.mark.parametrize("options", OPTIONS)
def test_gradients_of_outputs_at_padded_steps_go_nowhere(kind: str, options: str) -> None:
    layer = made(kind, options)
    p, x = numbers(layer), np.random.default_rng(2).normal(size=(4, T, D))
    y, saved = layer.forward(p, x, INFERENCE._replace(lengths=LENGTHS))
    if layer.last:
        return
    dy = np.random.default_rng(3).normal(size=y.shape)
    wild = np.where((np.arange(T) >= LENGTHS[:, None])[:, :, None], np.nan, dy)
    (dx, own), (same_dx, same_own) = layer.backward(p, saved, dy), layer.backward(p, saved, wild)
    assert np.array_equal(dx, same_dx) and all(np.array_equal(own[name], same_own[name]) for name in own)


@pytest.mark.parametrize("options", OPTIONS)
def test_rows_of_differing_lengths_are_as_each_alone(kind: str, options: str) -> None:
    layer = made(kind, options)
    p, x = numbers(layer), np.random.default_rng(2).normal(size=(4, T, D))
    y, dy, dx, own = there_and_back(layer, p, x, LENGTHS)
    total = {name: np.zeros_like(value) for name, value in own.items()}
    for row, length in enumerate(LENGTHS):
        alone, saved = layer.forward(p, x[row : row + 1, :length], INFERENCE)
        np.testing.assert_allclose(y[row] if layer.last else y[row, :length], alone[0], rtol=0, atol=1e-12)
        back, found = layer.backward(p, saved, dy[row : row + 1] if layer.last else dy[row : row + 1, :length])
        np.testing.assert_allclose(dx[row, :length], back[0], rtol=0, atol=1e-12)
        for name, value in found.items():
            total[name] += value
    for name, value in own.items():
        np.testing.assert_allclose(value, total[name], rtol=0, atol=1e-12, err_msg=name)


def module_of(layers_, p_of_each, kind: str):
    """torch.nn's module with the parameters of recurrent layers on top of each other."""
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    first = layers_[0]
    module = getattr(torch.nn, kind.upper())(
        D, first.units, num_layers=len(layers_), bidirectional=first.bi, batch_first=True, dtype=torch.float64
    )
    with torch.no_grad():
        for place, (layer, p) in enumerate(zip(layers_, p_of_each, strict=True)):
            for way, suffix in zip(layer.ways, ("", "_reverse"), strict=False):
                b = p[f"b{way}"].ravel()
                second = np.zeros_like(b)
                if f"c{way}" in p:
                    second[-layer.units :] = p[f"c{way}"]
                given = {"weight_ih": p[f"w{way}"].T, "weight_hh": p[f"u{way}"].T, "bias_ih": b, "bias_hh": second}
                for name, value in given.items():
                    getattr(module, f"{name}_l{place}{suffix}").copy_(torch.from_numpy(value.copy()))
    return torch, module


@pytest.mark.parametrize("lengths", [None, LENGTHS], ids=["whole", "packed"])
@pytest.mark.parametrize("depth", [1, 2], ids=["one", "stacked"])
@pytest.mark.parametrize("bi", [False, True], ids=["forward", "bi"])
@pytest.mark.parametrize("last", [False, True], ids=["sequence", "last"])
def test_numbers_and_gradients_are_those_of_torch(kind: str, last: bool, bi: bool, depth: int, lengths) -> None:
    stack = [type(made(kind, ""))(5, bi=bi, last=last and place == depth - 1) for place in range(depth)]
    p = [numbers(each, D if place == 0 else 5 * (1 + bi), place) for place, each in enumerate(stack)]
    torch, module = module_of(stack, p, kind)
    x = np.random.default_rng(2).normal(size=(4, T, D))
    mode, y, kept = INFERENCE._replace(lengths=lengths), x, []
    for each, own in zip(stack, p, strict=True):
        y, saved = each.forward(own, y, mode)
        kept.append(saved)
    dy = np.random.default_rng(3).normal(size=y.shape)
    gradients, dx = [], dy
    for each, own, saved in reversed(list(zip(stack, p, kept, strict=True))):
        dx, found = each.backward(own, saved, dx)
        gradients.insert(0, found)

    given = torch.tensor(x, requires_grad=True)
    fed = given
    if lengths is not None:
        fed = torch.nn.utils.rnn.pack_padded_sequence(given, lengths, batch_first=True, enforce_sorted=False)
    theirs, state = module(fed)
    if last:
        state = state[0] if kind == "lstm" else state
        theirs = torch.cat(list(state[-(1 + bi) :]), dim=-1)
    elif lengths is not None:
        theirs, _ = torch.nn.utils.rnn.pad_packed_sequence(theirs, batch_first=True)
    theirs.backward(torch.from_numpy(dy))
    close = {"rtol": 0, "atol": 1e-12}
    np.testing.assert_allclose(y, theirs.detach().numpy(), **close)
    np.testing.assert_allclose(dx, given.grad.numpy(), **close)
    for place, (each, found) in enumerate(zip(stack, gradients, strict=True)):
        for way, suffix in zip(each.ways, ("", "_reverse"), strict=False):
            names = {"weight_ih": found[f"w{way}"].T, "weight_hh": found[f"u{way}"].T, "bias_ih": found[f"b{way}"]}
            for name, value in names.items():
                their = getattr(module, f"{name}_l{place}{suffix}").grad.numpy()
                np.testing.assert_allclose(value.reshape(their.shape), their, **close, err_msg=name)
            if f"c{way}" in found:
                their = getattr(module, f"bias_hh_l{place}{suffix}").grad.numpy()[-each.units :]
                np.testing.assert_allclose(found[f"c{way}"], their, **close)


@pytest.mark.parametrize("lengths", [None, LENGTHS], ids=["whole", "padded"])
@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("mapped", [False, True], ids=["one", "mapped"])
def test_the_row_of_torch_does_as_the_page_does(kind: str, options: str, lengths, mapped: bool) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    from mlcore.backends.pytorch.rows import INFERENCE as PASS
    from mlcore.backends.pytorch.rows import table

    layer, x = made(kind, options), np.random.default_rng(2).normal(size=(4, T, D))
    if lengths is not None:
        x[np.arange(T) >= LENGTHS[:, None]] = np.nan
    p = numbers(layer)
    y, dy, dx, own = there_and_back(layer, p, x, lengths)
    mode = PASS._replace(lengths=None if lengths is None else torch.from_numpy(lengths), mapped=mapped)
    leaves = {name: torch.tensor(value, requires_grad=True) for name, value in p.items()}
    given = torch.tensor(x, requires_grad=True)
    theirs = table()[kind](layer, leaves, given, mode)
    theirs.backward(torch.from_numpy(dy))
    np.testing.assert_allclose(theirs.detach().numpy(), y, rtol=0, atol=1e-12)
    np.testing.assert_allclose(given.grad.numpy(), dx, rtol=0, atol=1e-12)
    for name, leaf in leaves.items():
        np.testing.assert_allclose(leaf.grad.numpy(), own[name], rtol=0, atol=1e-12, err_msg=name)


@pytest.mark.parametrize("options", ["", "last", "bi last"])
def test_many_networks_are_one_program_of_torch(kind: str, options: str) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    from mlcore.backends.pytorch.rows import INFERENCE as PASS
    from mlcore.backends.pytorch.rows import table

    layer, x = made(kind, options), np.random.default_rng(2).normal(size=(4, T, D))
    each = [numbers(layer, seed=seed) for seed in range(3)]
    stacked = {name: torch.tensor(np.stack([p[name] for p in each])) for name in each[0]}
    mode = PASS._replace(mapped=True)
    lanes = torch.func.vmap(lambda p: table()[kind](layer, p, torch.from_numpy(x), mode))(stacked)
    for lane, p in zip(lanes, each, strict=True):
        np.testing.assert_allclose(lane.numpy(), layer.forward(p, x, INFERENCE)[0], rtol=0, atol=1e-12)


def test_lengths_are_tensors_that_a_graph_can_capture(kind: str) -> None:
    """Nothing asks what the lengths are: under fake tensors, which have no numbers, that would fail."""
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    from torch._subclasses.fake_tensor import FakeTensorMode

    from mlcore.backends.pytorch.rows import INFERENCE as PASS
    from mlcore.backends.pytorch.rows import table

    layer = made(kind, "bi last")
    with FakeTensorMode():
        p = {name: torch.empty(param.shape) for name, param in layer.params((T, D)).items()}
        mode = PASS._replace(lengths=torch.ones(4, dtype=torch.int64))
        assert table()[kind](layer, p, torch.empty(4, T, D), mode).shape == (4, 10)


def test_states_start_orthogonal_and_forget_gates_open_whatever_the_initializer(kind: str) -> None:
    network = Network.build(parse(f"{kind} 6 bi last"), (T, D), 2)
    for name in ("he_normal", "torch_default", "zeros"):
        p = network.views(network.init(3, name))[0]
        for way in ("", "_back"):
            np.testing.assert_allclose(p[f"u{way}"] @ p[f"u{way}"].T, np.eye(6), atol=1e-6)
        if kind == "lstm":
            assert (p["b"] == [[0], [1], [0], [0]]).all()
    p = network.views(network.init(3, "he_normal"))[0]
    assert not np.array_equal(p["w"], p["w_back"]) and not np.array_equal(p["u"], p["u_back"])


@pytest.mark.parametrize(
    "line", ["gru 64", "gru 64 bi", "gru 64 bi last", "lstm 5 last | 8 relu", "rnn 16 | gru 9 last"]
)
def test_a_line_says_in_words_what_is_true(line: str) -> None:
    assert write(parse(line)) == line


def test_words_may_come_in_any_order_and_as_settings() -> None:
    assert parse("gru 8 last bi") == parse("gru 8 bi last") == parse("gru units=8 bi last")


def test_other_notations_and_shapes_are_answered_with_the_way_out() -> None:
    with pytest.raises(ConfigError) as refused:
        parse("gru 8 bidirectional")
    assert refused.value.hint == "write bi behind the units, as in gru 64 bi"
    with pytest.raises(ShapeError, match=r"layer 2, GRU\(8\): needs a sequence \[steps, numbers\], got \[4\]"):
        Network.build(parse("lstm 4 last | gru 8"), (T, D), 2)
    with pytest.raises(ConfigError, match="bi"):
        parse("gru 8 bi=maybe")
