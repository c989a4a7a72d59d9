"""Mean and Max: the layers that leave one number of each channel, whatever the size of an image or a sequence."""

from __future__ import annotations

import numpy as np

from mlcore.errors import ShapeError
from mlcore.layers.layer import Array, Layer, Mode, Saved, Shape, real


class Summary(Layer, frozen=True):
    """One number for each channel of images x [B, C, H, W] or sequences x [B, T, D]: y [B, C] or [B, D]."""

    def output_shape(self, shape: Shape) -> Shape:
        if len(shape) not in (2, 3):
            hint = "a sequence is (steps, numbers), an image (channels, height, width); rows are summed up already"
            raise ShapeError(f"{type(self).__name__}(): needs an image or a sequence, got {list(shape)}", hint=hint)
        return (shape[0] if len(shape) == 3 else shape[1],)


class Mean(Summary, frozen=True, tag="mean"):
    """The mean of each channel over all places of an image, or of each number over all steps of a sequence.

    y = sum of x / n      dx = dy / n

    x [B, C, H, W]   y [B, C]   n = H W      x [B, T, D]   y [B, D]   n = T

    Steps that only fill the batch do not count: n is then the length of each sequence. Of images it is global average
    pooling (Lin, Chen and Yan 2014).
    """

    def forward(self, p: dict[str, Array], x: Array, mode: Mode) -> tuple[Array, Saved]:
        share = np.full(x.shape[:2], 1 / x.shape[1], x.dtype)  # of each step [B, T]
        if x.ndim == 4:
            return x.mean(axis=(2, 3)), (x,)
        if mode.lengths is not None:
            counted = real(x, mode.lengths)
            share = (counted / np.maximum(counted.sum(axis=1, keepdims=True), 1)).astype(x.dtype)
            x = np.where(counted[..., None], x, x.dtype.type(0))
        return (x * share[..., None]).sum(axis=1), (x, share)

    def backward(self, p: dict[str, Array], saved: Saved, dy: Array) -> tuple[Array, dict[str, Array]]:
        x = saved[0]
        if x.ndim == 4:
            share = dy.dtype.type(1 / (x.shape[2] * x.shape[3]))
            return np.broadcast_to((dy * share)[..., None, None], x.shape).copy(), {}
        return dy[:, None] * saved[1][..., None], {}


class Max(Summary, frozen=True, tag="max"):
    """The largest number of each channel, wherever it is in the image or the sequence.

    y = max of x over all places      dx = dy at the first place that has it, else 0

    x [B, C, H, W]   y [B, C]      x [B, T, D]   y [B, D]

    Steps that only fill the batch do not count (Collobert et al. 2011, max over time).
    """

    def forward(self, p: dict[str, Array], x: Array, mode: Mode) -> tuple[Array, Saved]:
        if mode.lengths is not None:
            x = np.where(real(x, mode.lengths)[..., None], x, -np.inf).astype(x.dtype)
        flat = _places_last(x)
        where = flat.argmax(axis=2)[..., None]
        return np.take_along_axis(flat, where, 2)[..., 0], (x, where)

    def backward(self, p: dict[str, Array], saved: Saved, dy: Array) -> tuple[Array, dict[str, Array]]:
        x, where = saved
        flat = np.zeros_like(_places_last(x))
        np.put_along_axis(flat, where, dy[..., None], 2)
        return (flat.reshape(x.shape) if x.ndim == 4 else flat.transpose(0, 2, 1)), {}


def _places_last(x: Array) -> Array:
    """Images [B, C, H, W] as [B, C, H W], sequences [B, T, D] as [B, D, T]."""
    return x.reshape(*x.shape[:2], -1) if x.ndim == 4 else x.transpose(0, 2, 1)
