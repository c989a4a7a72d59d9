"""Windows that slide over an image or a sequence: what convolution and pooling have in common.

A window k high and wide goes in steps of s and stands at H' = (H - k) // s + 1 places down and W' across; what does not
fill a last window is left out. Images are [C, H, W] as in PyTorch; one [H, W] has a single channel. Sequences are
[T, C], time first, and a window stands at T' places along the time.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlcore.errors import ShapeError
from mlcore.layers.layer import Array, Shape


def places(who: str, shape: Shape, size: int, stride: int, padding: int = 0) -> tuple[int, int, int]:
    """Channels of an image of `shape`, and at how many places H', W' a window stands.

    Raises ShapeError for what is no image, or one that is smaller than the window.
    """
    if len(shape) not in (2, 3):
        hint = "let it come before units and Flatten(), on data with pictures: digits, mnist or a folder of your own"
        raise ShapeError(f"{who}: needs an image, got {list(shape)}", hint=hint)
    height, width = (side + 2 * padding for side in shape[-2:])
    if min(height, width) < size:
        hint = "take a smaller window, or shrink the image less before it"
        raise ShapeError(f"{who}: needs an image of {size} x {size} or more, got {list(shape)}", hint=hint)
    channels = shape[0] if len(shape) == 3 else 1
    return channels, (height - size) // stride + 1, (width - size) // stride + 1


def with_channels(x: Array) -> Array:
    """Images [B, C, H, W], also where they came as [B, H, W]."""
    return x if x.ndim == 4 else x[:, None]


def pixels(x: Array, size: int, stride: int, down: int, across: int) -> Iterator[Array]:
    """Views of x [B, C, H, W] with the same pixel of every window [B, C, H', W']: size², row by row."""
    for i in range(size):
        for j in range(size):
            yield x[:, :, i : i + stride * down : stride, j : j + stride * across : stride]


def along(who: str, shape: Shape, size: int, stride: int, padding: int = 0) -> int:
    """At how many places T' of a sequence of `shape` a window stands.

    Raises ShapeError for what is no sequence, or one that is shorter than the window.
    """
    if len(shape) != 2:
        hint = "let it come before units and Flatten(): a sequence is (steps, numbers of each step)"
        raise ShapeError(f"{who}: needs a sequence, got {list(shape)}", hint=hint)
    steps = shape[0] + 2 * padding
    if steps < size:
        hint = "take a smaller window, or shorten the sequence less before it"
        raise ShapeError(f"{who}: needs a sequence of {size} steps or more, got {list(shape)}", hint=hint)
    return (steps - size) // stride + 1


def stretches(x: Array, size: int, stride: int, count: int) -> Iterator[Array]:
    """Views of x [B, T, C] with the same step of every window [B, T', C]: as many as a window has, in their order."""
    for i in range(size):
        yield x[:, i : i + stride * count : stride]
