"""Recurrent layers: what a step of a sequence makes depends on the steps before it, by way of a state.

Shapes: x [B, T, D] is B sequences of T steps with D numbers each; H is the number of units; h_t, the state after step
t, is [B, H], and h_0 is zero. W [D, G H] reads the step, U [H, G H] the state before it, and b [G, H] is the bias of G
gates, whose columns lie side by side. torch has a second bias, which is added to the first and says nothing new; only
the candidate of a GRU multiplies what the state says before it adds the rest, and so has a bias c inside. U starts
orthogonal whatever the experiment's initializer is, so that a state neither grows nor fades on its way through many
steps (Saxe et al. 2014).
"""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from msgspec import Meta

from mlcore.errors import ShapeError
from mlcore.layers.activations import Sigmoid
from mlcore.layers.layer import Array, Layer, Mode, Param, Saved, Shape
from mlcore.spec import changed

sigmoid = Sigmoid().value


class Recurrent(Layer, frozen=True):
    """A cell carried along a sequence: y_t = h_t, or only the last state.

    y [B, T, H], with `last` [B, H]. `bi` runs a second cell with parameters of its own (w_back …) from the last step to
    the first; its states stand behind those of the first: y [B, T, 2 H], [B, 2 H]. Where rows have `lengths`, steps
    behind a row's length are no part of it: no state and no gradient depends on them, y is zero there, and so is dx;
    the last state is the one after the last real step. Gradients go back through every step (Werbos 1990).

    A cell says how many gates it has and how many arrays its state is made of (h the first), and two formulas.
    """

    number: ClassVar[str] = "units"
    flags: ClassVar[tuple[str, ...]] = ("bi", "last")
    takes_sequences: ClassVar[bool] = True
    gates: ClassVar[int] = 1
    states: ClassVar[int] = 1

    units: Annotated[int, Meta(ge=1, le=65536, description="numbers in the state")] = 16
    bi: Annotated[bool, Meta(description="reads the sequence backward too, with parameters of its own")] = False
    last: Annotated[bool, Meta(description="gives the last state alone, not one for each step")] = False

    def cell(self, p: dict[str, Array], a: Array, u: Array, state: Array) -> tuple[Array, Array]:
        """The next state [states, B, H] and what `cell_back` needs [K, B, H]; a = x W + b, u = h U [B, G, H]."""
        raise NotImplementedError(type(self).__name__)

    def cell_back(self, kept: Array, before: Array, after: Array, d: Array) -> tuple[Array, Array, Array]:
        """da, du [B, G, H] and the part of d(before) that does not come through u, from d(after) [states, B, H]."""
        raise NotImplementedError(type(self).__name__)

    def output_shape(self, shape: Shape) -> Shape:
        if len(shape) != 2:
            hint = "a sequence comes from the data, or from a recurrent layer without last"
            who = f"{type(self).__name__}({self.units})"
            raise ShapeError(f"{who}: needs a sequence [steps, numbers], got {list(shape)}", hint=hint)
        width = self.units * (1 + self.bi)
        return (width,) if self.last else (shape[0], width)

    def params(self, shape: Shape) -> dict[str, Param]:
        inputs, columns = shape[-1], self.gates * self.units
        found: dict[str, Param] = {}
        for way in self.ways:
            found[f"w{way}"] = Param((inputs, columns), "weight", inputs, self.units)
            found[f"u{way}"] = Param((self.units, columns), "weight", self.units, self.units, initializer="orthogonal")
            found |= {f"{name}{way}": param for name, param in self.biases().items()}
        return found

    def biases(self) -> dict[str, Param]:
        """The biases of one cell by name."""
        return {"b": Param((self.gates, self.units), "bias", self.units, self.units)}

    def concluded(self) -> Layer | None:
        return None if self.last else changed(self, last=True)

    @property
    def ways(self) -> tuple[str, ...]:
        """What the names of the parameters of each cell end in: the first goes forward, the second backward."""
        return ("", "_back")[: 1 + self.bi]

    def forward(self, p: dict[str, Array], x: Array, mode: Mode) -> tuple[Array, Saved]:
        real = _real(x, mode.lengths)
        x = np.where(real[:, :, None], x, 0)
        saved: list[Array] = [x, real]
        outputs = []
        for way in self.ways:
            y, *kept = self._along(_own(p, way), x, real, _order(x, way))
            outputs.append(y)
            saved += kept
        return np.concatenate(outputs, axis=-1), tuple(saved)

    def _along(self, p: dict[str, Array], x: Array, real: Array, order: list[int]) -> tuple[Array, Array, Array]:
        """Outputs, the states [T + 1, states, B, H] in order of time passed, and what the steps kept [T, K, B, H]."""
        (batch, steps, _), h = x.shape, self.units
        y = np.zeros((batch, steps, h), x.dtype)
        states = np.zeros((steps + 1, self.states, batch, h), x.dtype)
        kept = []
        for place, t in enumerate(order):
            before, here = states[place], real[:, t, None]
            a = (x[:, t] @ p["w"]).reshape(batch, self.gates, h) + p["b"]
            u = (before[0] @ p["u"]).reshape(batch, self.gates, h)
            after, keep = self.cell(p, a, u, before)
            states[place + 1] = np.where(here, after, before)
            y[:, t] = np.where(here, after[0], 0)
            kept.append(keep)
        return (states[-1, 0] if self.last else y), states, np.array(kept)

    def backward(self, p: dict[str, Array], saved: Saved, dy: Array) -> tuple[Array, dict[str, Array]]:
        x, real, *ways = saved
        dx, own = np.zeros_like(x), dict[str, Array]()
        for place, way in enumerate(self.ways):
            part = dy[..., place * self.units : (place + 1) * self.units]
            more, found = self._back(_own(p, way), x, real, _order(x, way), ways[2 * place], ways[2 * place + 1], part)
            dx += more
            own |= {f"{name}{way}": value for name, value in found.items()}
        return dx, own

    def _back(
        self, p: dict[str, Array], x: Array, real: Array, order: list[int], states: Array, kept: Array, dy: Array
    ) -> tuple[Array, dict[str, Array]]:
        """dx and the gradients of one cell: the chain rule along the sequence, last step first."""
        batch, columns = len(x), self.gates * self.units
        dx, own = np.zeros_like(x), {name: np.zeros_like(value) for name, value in p.items()}
        d = np.zeros_like(states[0])
        if self.last:
            d[0] = dy
        for place, t in reversed(list(enumerate(order))):
            before, here = states[place], real[:, t, None]
            if not self.last:
                d[0] += np.where(here, dy[:, t], 0)
            da, du, through = self.cell_back(kept[place], before, states[place + 1], np.where(here, d, 0))
            d = through + np.where(here, 0, d)
            own["b"] += da.sum(axis=0)
            if "c" in own:
                own["c"] += du[:, -1].sum(axis=0)
            da, du = da.reshape(batch, columns), du.reshape(batch, columns)
            own["w"] += x[:, t].T @ da
            own["u"] += before[0].T @ du
            dx[:, t] = da @ p["w"].T
            d[0] += du @ p["u"].T
        return dx, own


def _real(x: Array, lengths: Array | None) -> Array:
    """Which steps are part of their row [B, T]."""
    steps = np.arange(x.shape[1])
    return np.broadcast_to(True, x.shape[:2]) if lengths is None else steps < np.asarray(lengths)[:, None]


def _order(x: Array, way: str) -> list[int]:
    steps = list(range(x.shape[1]))
    return steps[::-1] if way else steps


def _own(p: dict[str, Array], way: str) -> dict[str, Array]:
    """The parameters of one cell, by the names they have without a direction."""
    return {name: p[name + way] for name in ("w", "u", "b", "c") if name + way in p}


class RNN(Recurrent, frozen=True, tag="rnn"):
    """A state that is made anew at every step, from the step and the state before: the simplest memory.

    h_t = tanh(x_t W + b + h_{t-1} U)                    x_t [B, D]   h [B, H]   W [D, H]   U [H, H]   b [1, H]
    da = dh (1 - h²)   dW = sum of x_tᵀ da   dU = sum of h_{t-1}ᵀ da   db = sum of da   dx_t = da Wᵀ   dh_{t-1} = da Uᵀ

    What a step says about one long past fades on the way, or explodes (Elman 1990; Bengio et al. 1994).
    """

    def cell(self, p: dict[str, Array], a: Array, u: Array, state: Array) -> tuple[Array, Array]:
        h = np.tanh(a + u)[:, 0]
        return h[None], h[:0][None]

    def cell_back(self, kept: Array, before: Array, after: Array, d: Array) -> tuple[Array, Array, Array]:
        da = (d[0] * (1 - after[0] ** 2))[:, None]
        return da, da, np.zeros_like(d)


class GRU(Recurrent, frozen=True, tag="gru"):
    """A state of which a gate decides, number by number, how much stays and how much is made anew.

    r = σ(x W_r + b_r + h U_r)                 reset: how much of the state the candidate sees
    z = σ(x W_z + b_z + h U_z)                 update: how much of the state stays
    n = tanh(x W_n + b_n + r (h U_n + c))      the candidate
    h' = (1 - z) n + z h                       W [D, 3 H]   U [H, 3 H]   b [3, H]   c [H], columns in the order r z n

    da_n = dh' (1 - z) (1 - n²)   da_z = dh' (h - n) z (1 - z)   da_r = da_n (h U_n + c) r (1 - r)
    dW = sum of xᵀ da   db = sum of da   dU = sum of hᵀ du, du = da but du_n = da_n r   dc = sum of du_n
    dx = da Wᵀ   dh = du Uᵀ + z dh'

    As torch and cuDNN have it; in the paper r stands inside the product with U (Cho et al. 2014).
    """

    gates: ClassVar[int] = 3

    def biases(self) -> dict[str, Param]:
        return super().biases() | {"c": Param((self.units,), "bias", self.units, self.units)}

    def cell(self, p: dict[str, Array], a: Array, u: Array, state: Array) -> tuple[Array, Array]:
        r, z, inside = sigmoid(a[:, 0] + u[:, 0]), sigmoid(a[:, 1] + u[:, 1]), u[:, 2] + p["c"]
        n = np.tanh(a[:, 2] + r * inside)
        return ((1 - z) * n + z * state[0])[None], np.stack([r, z, n, inside])

    def cell_back(self, kept: Array, before: Array, after: Array, d: Array) -> tuple[Array, Array, Array]:
        r, z, n, inside = kept
        dn = d[0] * (1 - z) * (1 - n * n)
        dz = d[0] * (before[0] - n) * z * (1 - z)
        dr = dn * inside * r * (1 - r)
        return np.stack([dr, dz, dn], axis=1), np.stack([dr, dz, dn * r], axis=1), d * z


class LSTM(Recurrent, frozen=True, tag="lstm"):
    """A memory c that is only added to and faded, beside the state h that shows a part of it.

    i = σ(x W_i + b_i + h U_i)      input: how much is written
    f = σ(x W_f + b_f + h U_f)      forget: how much of the memory stays
    g = tanh(x W_g + b_g + h U_g)   what is written
    o = σ(x W_o + b_o + h U_o)      output: how much of the memory is shown
    c' = f c + i g   h' = o tanh c'            W [D, 4 H]   U [H, 4 H]   b [4, H], columns in the order i f g o

    dc = dc' + dh' o (1 - tanh² c')   da_i = dc g i (1 - i)   da_f = dc c f (1 - f)   da_g = dc i (1 - g²)
    da_o = dh' tanh c' o (1 - o)   dW = sum of xᵀ da   dU = sum of hᵀ da   db = sum of da   dx = da Wᵀ
    handed on to the step before: dh = da Uᵀ and dc f

    The forget gate's bias starts at 1, so that a memory lasts until the network learns to end it (Hochreiter and
    Schmidhuber 1997; Gers et al. 2000; Jozefowicz et al. 2015).
    """

    gates: ClassVar[int] = 4
    states: ClassVar[int] = 2

    def biases(self) -> dict[str, Param]:
        return {"b": super().biases()["b"]._replace(start=((0,), (1,), (0,), (0,)))}

    def cell(self, p: dict[str, Array], a: Array, u: Array, state: Array) -> tuple[Array, Array]:
        a = a + u
        i, f, g, o = sigmoid(a[:, 0]), sigmoid(a[:, 1]), np.tanh(a[:, 2]), sigmoid(a[:, 3])
        c = f * state[1] + i * g
        return np.stack([o * np.tanh(c), c]), np.stack([i, f, g, o])

    def cell_back(self, kept: Array, before: Array, after: Array, d: Array) -> tuple[Array, Array, Array]:
        i, f, g, o = kept
        shown = np.tanh(after[1])
        dc = d[1] + d[0] * o * (1 - shown * shown)
        gates = dc * g * i * (1 - i), dc * before[1] * f * (1 - f), dc * i * (1 - g * g), d[0] * shown * o * (1 - o)
        da = np.stack(gates, axis=1)
        return da, da, np.stack([np.zeros_like(dc), dc * f])
