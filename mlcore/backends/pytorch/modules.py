"""Layers as modules where PyTorch has none that fits: time first, a tensor in and a tensor out.

Each keeps the names and the layout of its own kind in PyTorch. `mlj export` writes the ones it needs into the file, so
nothing here may ask for more than torch and nn.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class StepsConv1d(nn.Conv1d):
    """A convolution along the steps of sequences [rows, steps, channels]."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.mT).mT


class StepsMaxPool1d(nn.MaxPool1d):
    """The largest number of each stretch of sequences [rows, steps, channels]."""

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = super().forward(x.mT)
        return y.mT


class StepsAvgPool1d(nn.AvgPool1d):
    """The mean of each stretch of sequences [rows, steps, channels]."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.mT).mT


class StepsNorm(nn.BatchNorm1d):
    """Batch norm of whatever has its features last: every step is a row."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.flatten(0, -2)).view_as(x)


class Tokens(nn.Embedding):
    """An embedding of tokens [rows, steps] that are held as floating numbers."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.long())


class ColumnTokens(nn.Embedding):
    """An embedding of the last columns of rows [rows, features], each of so many tokens held as floating numbers.

    The tables of all columns lie one below the other in the weight.
    """

    def __init__(self, vocabularies: tuple[int, ...], dim: int) -> None:
        super().__init__(sum(vocabularies), dim)
        self.vocabularies = vocabularies

    def forward(self, x: Tensor) -> Tensor:
        many = len(self.vocabularies)
        first = torch.tensor([sum(self.vocabularies[:place]) for place in range(many)], device=x.device)
        return torch.cat([x[:, :-many], super().forward(x[:, -many:].long() + first).flatten(1)], dim=1)

    def extra_repr(self) -> str:
        return f"{self.vocabularies}, {self.embedding_dim}"


class Positions(nn.Module):
    """Adds numbers of its own to each step of sequences [rows, steps, features]."""

    def __init__(self, steps: int, features: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(steps, features))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.weight

    def extra_repr(self) -> str:
        return ", ".join(map(str, self.weight.shape))


class FeatureScale(nn.Module):
    """Every feature of rows [rows, features], or of the steps of sequences, times a number of its own."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(features))

    def forward(self, x: Tensor) -> Tensor:
        return x * self.weight

    def extra_repr(self) -> str:
        return f"{len(self.weight)}"


class SelfAttention(nn.MultiheadAttention):
    """Every step of sequences [rows, steps, features] asks all others, or with causal those before it."""

    def __init__(self, features: int, heads: int, causal: bool = False) -> None:
        super().__init__(features, heads, batch_first=True)
        self.causal = causal

    def forward(self, x: Tensor) -> Tensor:  # type: ignore[override]  # (it asks itself)
        mask = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool, device=x.device).triu(1) if self.causal else None
        return super().forward(x, x, x, attn_mask=mask, need_weights=False)[0]

    def __repr__(self) -> str:
        return f"SelfAttention({self.embed_dim}, {self.num_heads}, causal={self.causal})"


class States(nn.Module):
    """What a recurrent module answers, alone: the states [rows, steps, units], or with `last` the last [rows, units].

    Those of both directions lie beside each other.
    """

    def __init__(self, features: int, units: int, bidirectional: bool = False, last: bool = False) -> None:
        super().__init__(features, units, batch_first=True, bidirectional=bidirectional)
        self.last = last

    def forward(self, x: Tensor) -> Tensor:
        y, state = super().forward(x)
        h = state[0] if isinstance(state, tuple) else state
        return torch.cat(list(h), dim=1) if self.last else y

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}{', last=True' * self.last}"


class RNN(States, nn.RNN):  # type: ignore[misc]  # (which answers two things)
    """A recurrent layer over the steps of sequences [rows, steps, features]."""


class GRU(States, nn.GRU):  # type: ignore[misc]  # (which answers two things)
    """A layer of gated recurrent units over the steps of sequences [rows, steps, features]."""


class LSTM(States, nn.LSTM):  # type: ignore[misc]  # (which answers two things)
    """A layer with a long short-term memory over the steps of sequences [rows, steps, features]."""


class Mean(nn.Module):
    """The mean of each channel of images [rows, channels, height, width], or over the steps of sequences."""

    def forward(self, x: Tensor) -> Tensor:
        return x.mean((2, 3)) if x.dim() == 4 else x.mean(1)


class Max(nn.Module):
    """The largest number of each channel of images [rows, channels, height, width], or over the steps of sequences."""

    def forward(self, x: Tensor) -> Tensor:
        return x.amax((2, 3)) if x.dim() == 4 else x.amax(1)


class Augment(nn.Module):
    """Moves, turns and mirrors images [rows, channels, height, width] a little while it is trained, each by itself."""

    def __init__(self, shift: float = 1.0, rotate: float = 0.0, flip: bool = False) -> None:
        super().__init__()
        self.shift, self.rotate, self.flip = shift, rotate, flip

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return x
        down, across, turn = (2 * torch.rand(3, len(x), 1, 1, device=x.device) - 1) * torch.tensor(
            [self.shift / x.shape[-2], self.shift / x.shape[-1], self.rotate * torch.pi / 180], device=x.device
        ).reshape(3, 1, 1, 1)
        mirror = 1 - 2 * (torch.rand_like(turn) < 0.5).to(x.dtype) * self.flip
        rows = torch.cat([mirror * turn.cos(), mirror * turn.sin(), -2 * across], dim=2)
        columns = torch.cat([-turn.sin(), turn.cos(), -2 * down], dim=2)
        images = x if x.dim() == 4 else x.unsqueeze(1)
        grid = nn.functional.affine_grid(torch.cat([rows, columns], dim=1), list(images.shape), align_corners=False)
        moved: Tensor = nn.functional.grid_sample(images, grid, align_corners=False)
        return moved.view_as(x)

    def extra_repr(self) -> str:
        return f"{self.shift}, rotate={self.rotate}, flip={self.flip}"


class Skip(nn.Identity):
    """Keeps what arrives for the Add that follows."""


class Add(nn.Identity):
    """Adds what the last Skip kept."""


class Stack(nn.Sequential):
    """Layers in a row, of which some are a Skip or its Add."""

    def forward(self, x: Tensor) -> Tensor:
        kept: list[Tensor] = []
        for part in self:
            x = x + kept.pop() if isinstance(part, Add) else part(x)
            if isinstance(part, Skip):
                kept.append(x)
        return x
