"""Where the panes stand: for any room every cell belongs to one pane, and what a person opened is there."""

from __future__ import annotations

import itertools

import pytest
from textual.geometry import Size

from tests.tui.scenes import circles, digits, line, projected
from tui.screens.layout import CONFUSION, EVENTS, EXTRAS, LAYERS, NEURONS, Plan, suited

SMALL, WIDE, HUGE = Size(80, 20), Size(140, 41), Size(200, 56)
PLANS = (Plan(), Plan(slot=LAYERS), Plan(opened=()), Plan(opened=(6,)), Plan(opened=EXTRAS), Plan(zoomed=7))


@pytest.mark.parametrize("plan", PLANS)
def test_panes_share_all_the_cells_there_are_and_none_twice(plan: Plan) -> None:
    for width, height in itertools.product((1, 40, 80, 119, 120, 180, 317), (1, 8, 20, 34, 50, 96)):
        taken: set[tuple[int, int]] = set()
        for region in plan.regions(Size(width, height), (LAYERS, NEURONS)).values():
            cells = {(x, y) for x in range(region.x, region.right) for y in range(region.y, region.bottom)}
            assert not taken & cells
            taken |= cells
        assert len(taken) == width * height


def test_a_small_terminal_has_one_more_pane_in_place_of_the_accuracy() -> None:
    best = LAYERS, NEURONS
    assert set(Plan().regions(SMALL, best)) == {1, 2, 3, 4}
    shown = Plan().toggled(CONFUSION, SMALL, best)
    assert set(shown.regions(SMALL, best)) == {1, 2, 3, CONFUSION}
    assert set(shown.toggled(EVENTS, SMALL, best).regions(SMALL, best)) == {1, 2, 3, EVENTS}
    assert shown.toggled(CONFUSION, SMALL, best) == Plan()


def test_a_large_terminal_has_six_panes_and_a_huge_one_all_of_them_larger() -> None:
    best = LAYERS, NEURONS
    assert set(Plan().regions(WIDE, best)) == {1, 2, 3, 4, LAYERS, NEURONS}
    assert set(Plan().regions(HUGE, best)) == {1, 2, 3, 4, *EXTRAS}
    fewer = Plan().toggled(LAYERS, WIDE, best)
    assert fewer.opened == (NEURONS,) and set(fewer.regions(WIDE, best)) == {1, 2, 3, 4, NEURONS}
    more = fewer.toggled(EVENTS, WIDE, best).toggled(CONFUSION, WIDE, best)
    assert more.opened == (CONFUSION, NEURONS, EVENTS)
    assert set(more.regions(SMALL, best)) == {1, 2, 3, 4}  # what is open where there is room says nothing of where not
    assert all(region.width > 20 and region.height > 8 for region in Plan().regions(HUGE, best).values())


def test_neurons_suit_a_plane_and_confusion_classes_of_more_features() -> None:
    assert suited(circles()) == suited(line()) == (LAYERS, NEURONS)
    assert suited(digits()) == (LAYERS, CONFUSION)
    many = projected()
    assert suited(many._replace(net=many.net._replace(inputs=("a", "b", "c", "d")))) == (LAYERS, CONFUSION)
