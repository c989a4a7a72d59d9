"""Every random number of a training run, as a pure function of where it is used.

A counter-based generator has no state to save, to share or to get out of step: the word for (seed, purpose, epoch,
step, layer, element) is the same in NumPy, in C and on a GPU, today and after a restart. This page is the truth; the C
of `kernels/ops` is held to it by contract.

Philox4x32-10: Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3", section 3.3.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

M0, M1 = 0xD2511F53, 0xCD9E8D57
W0, W1 = 0x9E3779B9, 0xBB67AE85
LOW = 0xFFFFFFFF
ROUNDS = 10


class Purpose(IntEnum):
    """What a stream of random words is for; streams never overlap."""

    INIT = 1
    ORDER = 2
    DROPOUT = 3
    SPLIT = 4
    RESAMPLE = 5
    AUGMENT = 6
    GENERATE = 7
    PERMUTE = 8


def words(
    seed: int, purpose: Purpose, count: int, *, epoch: int = 0, step: int = 0, layer: int = 0
) -> NDArray[np.uint32]:
    """`count` random 32-bit words of one stream [count].

    Block b of four words is Philox of counter (b, purpose * 2^24 + layer, epoch, step), key (low, high half of seed).
    """
    blocks = np.arange((count + 3) // 4, dtype=np.uint64)
    made = counted(blocks, purpose, seed, epoch, step, layer)
    return np.stack(made, axis=1).astype(np.uint32).reshape(-1)[:count]


def counted(blocks: Any, purpose: Purpose, seed: int, epoch: int, step: int, layer: int) -> tuple[Any, Any, Any, Any]:
    """The four words of each block of a stream; `blocks` [n] are 64-bit integers of any library."""
    return rounds(blocks, (int(purpose) << 24) + layer, epoch & LOW, step & LOW, seed)


def block(counter: NDArray[np.uint64], key: int) -> NDArray[np.uint32]:
    """Four random words for each counter: [4, n] and a key of 64 bits to [4, n]. Ten rounds of Philox4x32."""
    c0, c1, c2, c3 = counter
    return np.stack(rounds(c0, c1, c2, c3, key)).astype(np.uint32)


def rounds(c0: Any, c1: Any, c2: Any, c3: Any, key: int) -> tuple[Any, Any, Any, Any]:
    """The four words of each counter, parts of which may be arrays of 64-bit integers of any library, signed or not.

    A product that does not fit is cut to 64 bits; what a signed shift draws in from the left is masked away.
    """
    k0, k1 = key & LOW, (key >> 32) & LOW
    for _ in range(ROUNDS):
        p0, p1 = c0 * M0, c2 * M1
        c0, c1, c2, c3 = ((p1 >> 32) & LOW) ^ c1 ^ k0, p1 & LOW, ((p0 >> 32) & LOW) ^ c3 ^ k1, p0 & LOW
        k0, k1 = (k0 + W0) & LOW, (k1 + W1) & LOW
    return c0, c1, c2, c3


def uniform(seed: int, purpose: Purpose, count: int, **where: int) -> NDArray[np.float64]:
    """`count` numbers in [0, 1), multiples of 2^-24 (so that float32 holds them exactly) [count]."""
    return (words(seed, purpose, count, **where) >> np.uint32(8)).astype(np.float64) * 2.0**-24


def normal(seed: int, purpose: Purpose, count: int, **where: int) -> NDArray[np.float64]:
    """`count` standard normal numbers by Box and Muller 1958 [count]; 1 - u keeps the logarithm finite."""
    half = (count + 1) // 2
    u = uniform(seed, purpose, 2 * half, **where)
    radius, angle = np.sqrt(-2.0 * np.log(1.0 - u[:half])), 2.0 * np.pi * u[half:]
    return np.concatenate([radius * np.cos(angle), radius * np.sin(angle)])[:count]


def order(seed: int, epoch: int, n: int) -> NDArray[np.int32]:
    """The order in which epoch `epoch` visits `n` rows [n]: Fisher and Yates, from the last place down.

    Place i swaps with floor(word * (i + 1) / 2^32), the i-th word of the stream.
    """
    return permutation(n, words(seed, Purpose.ORDER, n, epoch=epoch))


def permutation(n: int, stream: NDArray[np.uint32]) -> NDArray[np.int32]:
    """0 … n-1 shuffled by the words of a stream [n]."""
    swap = (stream.astype(np.uint64) * np.arange(1, n + 1).astype(np.uint64)) >> np.uint64(32)
    rows: list[int] = list(range(n))
    targets: list[Any] = swap.tolist()
    for i in range(n - 1, 0, -1):
        j = targets[i]
        rows[i], rows[j] = rows[j], rows[i]
    return np.array(rows, dtype=np.int32)
