"""The counter-based generator against its authors' known answers, and the properties training leans on."""

from __future__ import annotations

import numpy as np
import pytest

from mlcore import philox
from mlcore.philox import Purpose


@pytest.mark.parametrize(
    ("counter", "key", "words"),
    [
        ([0] * 4, 0, [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]),
        ([0xFFFFFFFF] * 4, 2**64 - 1, [0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD]),
        (
            [0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344],
            0x299F31D0A4093822,
            [0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1],
        ),
    ],
)
def test_a_block_is_the_authors_known_answer(counter: list[int], key: int, words: list[int]) -> None:
    assert philox.block(np.array(counter, dtype=np.uint64)[:, None], key)[:, 0].tolist() == words


def test_a_longer_stream_begins_with_the_shorter_one() -> None:
    assert np.array_equal(philox.words(3, Purpose.INIT, 7), philox.words(3, Purpose.INIT, 1000)[:7])


@pytest.mark.parametrize("other", [{"seed": 4}, {"purpose": Purpose.DROPOUT}, {"epoch": 1}, {"step": 1}, {"layer": 1}])
def test_every_part_of_the_address_makes_another_stream(other: dict[str, int]) -> None:
    here = {"seed": 3, "purpose": Purpose.INIT, "epoch": 0, "step": 0, "layer": 0}
    assert (philox.words(count=64, **here) != philox.words(count=64, **(here | other))).sum() > 60


@pytest.mark.parametrize("n", [0, 1, 2, 7, 1000])
def test_an_order_holds_every_row_once(n: int) -> None:
    assert sorted(philox.order(9, 2, n).tolist()) == list(range(n))


def test_orders_of_small_sets_are_all_equally_likely() -> None:
    seen = [tuple(philox.order(seed, 0, 3)) for seed in range(3000)]
    counts = [seen.count(order) for order in set(seen)]
    assert len(counts) == 6 and min(counts) > 420 and max(counts) < 580


def test_uniform_and_normal_numbers_have_their_moments() -> None:
    u, z = philox.uniform(1, Purpose.INIT, 200_000), philox.normal(1, Purpose.INIT, 200_000)
    assert u.min() >= 0 and u.max() < 1
    assert u.mean() == pytest.approx(0.5, abs=0.003) and u.var() == pytest.approx(1 / 12, abs=0.001)
    assert z.mean() == pytest.approx(0, abs=0.01) and z.std() == pytest.approx(1, abs=0.01)
    assert np.isfinite(z).all() and np.array_equal(u, u.astype(np.float32))
