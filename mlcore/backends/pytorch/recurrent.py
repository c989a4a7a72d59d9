"""Recurrent layers in PyTorch: torch's own functions, which cuDNN runs on a GPU.

Rows of differing lengths are not packed, for which the host would have to know the lengths: a cell that goes forward
cannot see what lies behind a row's real steps, and one that goes backward is given those steps turned around.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, TypeAlias

import torch

from mlcore.layers.recurrent import GRU, LSTM, RNN, Recurrent

Tensor: TypeAlias = Any  # torch.Tensor: torch has no types where it is not installed
Along: TypeAlias = Callable[[dict[str, Tensor], Tensor], Tensor]  # (parameters of a cell, x [B, T, D]) -> y [B, T, H]

# The parameters are part of one vector in our layout, which cuDNN turns into its own at every call, as it must.
warnings.filterwarnings("ignore", message="RNN module weights are not part of single contiguous chunk")


def row(layer: Recurrent, p: dict[str, Tensor], x: Tensor, mode: Any) -> Tensor:
    """y as the page has it: [B, T, H], or [B, H] with `last`, both directions beside each other."""
    along, lengths, found = (LOOPED if mode.mapped else WHOLE)[type(layer)], mode.lengths, []
    real = None
    if lengths is not None:
        real = (torch.arange(x.shape[1], device=x.device) < lengths[:, None])[:, :, None]
        x = torch.where(real, x, torch.zeros((), dtype=x.dtype, device=x.device))
    for way in layer.ways:
        own = {name: p[name + way] for name in ("w", "u", "b", "c") if name + way in p}
        turn = _turned if way else _as_it_is
        y = along(own, turn(x, real, lengths))
        if layer.last:
            found.append(y[:, -1] if lengths is None else _at(y, (lengths - 1)[:, None])[:, 0])
        else:
            found.append(turn(y, real, lengths))
    y = torch.cat(found, dim=-1) if layer.bi else found[0]
    return y if real is None or layer.last else torch.where(real, y, torch.zeros((), dtype=y.dtype, device=y.device))


def _as_it_is(x: Tensor, real: Tensor | None, lengths: Tensor | None) -> Tensor:
    return x


def _turned(x: Tensor, real: Tensor | None, lengths: Tensor | None) -> Tensor:
    """The real steps of each row in reverse, what lies behind them where it was."""
    if lengths is None or real is None:
        return x.flip(1)
    steps = torch.arange(x.shape[1], device=x.device)
    return _at(x, torch.where(real[:, :, 0], lengths[:, None] - 1 - steps, steps))


def _at(x: Tensor, places: Tensor) -> Tensor:
    """Steps `places` [B, n] of each row of x [B, T, …]."""
    return x.gather(1, places[:, :, None].expand(-1, -1, x.shape[2]))


# ---- the whole sequence by one function of torch ----


def _weights(p: dict[str, Tensor]) -> list[Tensor]:
    """As torch wants them: a row for each column of ours, and a second bias, of which only the GRU's c is ours.

    cuDNN takes weights that lie in one piece alone.
    """
    b = p["b"].flatten()
    second = torch.zeros_like(b)
    if "c" in p:
        second = torch.cat([second[: -len(p["c"])], p["c"]])
    return [p["w"].t().contiguous(), p["u"].t().contiguous(), b, second]


def _whole(function: Callable[..., Any], states: int) -> Along:
    def along(p: dict[str, Tensor], x: Tensor) -> Tensor:
        zero = x.new_zeros((1, x.shape[0], p["u"].shape[0]))
        start = zero if states == 1 else (zero,) * states
        learns = torch.is_grad_enabled()  # cuDNN keeps what a gradient needs only where it is told to train
        return function(x, start, _weights(p), True, 1, 0.0, learns, False, True)[0]

    return along


WHOLE = {
    RNN: _whole(torch.rnn_tanh, 1),
    GRU: _whole(torch.gru, 1),
    LSTM: _whole(torch.lstm, 2),
}

# ---- step by step: what torch.func.vmap maps over many networks, as it cannot those functions ----


def _looped(cell: Callable[..., tuple[Tensor, ...]], states: int) -> Along:
    def along(p: dict[str, Tensor], x: Tensor) -> Tensor:
        a = x @ p["w"] + p["b"].flatten()
        state = (x.new_zeros((x.shape[0], p["u"].shape[0])),) * states
        found = []
        for step in a.unbind(1):
            state = cell(p, step, state[0] @ p["u"], *state)
            found.append(state[0])
        return torch.stack(found, dim=1)

    return along


def _rnn(p: dict[str, Tensor], a: Tensor, u: Tensor, h: Tensor) -> tuple[Tensor]:
    return (torch.tanh(a + u),)


def _gru(p: dict[str, Tensor], a: Tensor, u: Tensor, h: Tensor) -> tuple[Tensor]:
    (ar, az, an), (ur, uz, un) = a.chunk(3, -1), u.chunk(3, -1)
    r, z = torch.sigmoid(ar + ur), torch.sigmoid(az + uz)
    n = torch.tanh(an + r * (un + p["c"]))
    return (n + z * (h - n),)


def _lstm(p: dict[str, Tensor], a: Tensor, u: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
    i, f, g, o = (a + u).chunk(4, -1)
    c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(c), c


LOOPED = {RNN: _looped(_rnn, 1), GRU: _looped(_gru, 1), LSTM: _looped(_lstm, 2)}
