"""Examples on their way through networks of images and of sequences, made up for tests: frames are given them."""

from __future__ import annotations

import numpy as np

from tui.frame import Forecast, Frame, Made, Net, Patterns, Seen

IMAGES = Net(
    (), tuple("0123456789"), (96, 12, 10), ("relu", ""), (), 4711,
    (("input", "28x28"), ("conv 16 k5 relu", "16x24x24"), ("pool 2", "16x12x12"), ("flatten", "2304")),
)  # fmt: skip
LETTERS = Net(
    (), tuple(".abc"), (64, 4), ("",), (), 999, (("input", "12"), ("embedding 8", "12x8"), ("gru 64", "12x64"))
)


def maps(*shape: int) -> np.ndarray:
    """Maps from far below zero to far above it, the second empty."""
    found = np.random.default_rng(9).integers(1, 256, shape).astype(np.uint8)
    found[1:2] = 128
    return found


def image(frame: Frame) -> Frame:
    """A picture of 28 x 28 pixels, with what moves the answer; one layer of zeros, one of no numbers."""
    made = (
        Made("conv 16 k5 relu", (16, 24, 24), 16, True, maps(16, 24, 24), 2.5),
        Made("pool 2", (16, 12, 12), 16, True, maps(16, 12, 12), 2.5),
        Made("conv 300 k1", (300, 1, 1), 300, True, maps(64, 1, 1), 0.0),
        Made("mean", (300,), 300, False, maps(1, 1, 128), float("nan")),
        Made("128 relu", (128,), 128, False, maps(1, 1, 128), 3.25),
    )
    pixels = np.random.default_rng(5).integers(0, 256, (28, 28)).astype(np.uint8)
    seen = Seen("test", 3, 360, "7", "2", 0.81, made, pixels, saliency=pixels[::-1])
    patterns = Patterns("conv 16 k5", 16, maps(16, 5, 5))
    return frame._replace(dataset="mnist", net=IMAGES, seen=seen, patterns=patterns, inside_epoch=frame.shown_epoch)


def letters(frame: Frame, text: str = ".emma") -> Frame:
    """A name letter by letter, with what the network makes of it and what it makes up."""
    steps = len(text)
    made = (
        Made("embedding 8", (12, 8), 8, False, maps(1, 8, steps), 1.5),
        Made("gru 64", (12, 64), 64, False, maps(1, 64, steps), 0.9),
    )
    slopes = np.linspace(0, 255, steps).astype(np.uint8)
    seen = Seen("test", 0, 9, f"{text[1:]}.", f"{text[1:]}.", 0.9, made, letters=tuple(text), saliency=slopes)
    patterns = Patterns("embedding 8", 8, maps(1, 4, 8), tuple(".abc"))
    return frame._replace(
        dataset="names", net=LETTERS, pictures=None, seen=seen, patterns=patterns, shows="samples",
        samples=("emma", "", "x" * 40, *(f"ava{n}" for n in range(9))),
    )  # fmt: skip


def series(frame: Frame, steps: int = 24, odd: float = 1.0) -> Frame:
    """A curve of some steps and the forecast of many; `odd` is the last number of each."""
    x = np.sin(np.linspace(0, 9, steps)).astype(np.float32)
    x[-1] = odd
    made = (Made("lstm 12 last", (12,), 12, False, maps(1, 1, 12), 1.0),)
    seen = Seen("validation", 8, 9, "1.013", "1.1", float("nan"), made, series=x[None])
    truth = np.sin(np.linspace(0, 40, 92))
    said = truth * 0.9
    said[-1] = odd
    forecast = Forecast("test", truth[:46], truth, said, -0.1, 0.2 * odd)
    return frame._replace(dataset="sales", task="regression", seen=seen, shows="forecast", forecast=forecast)
