"""Where the panes stand: for any room every cell belongs to one pane, and what a person opened is there."""

from __future__ import annotations

import itertools

import pytest
from textual.geometry import Size

from tests.tui import ways
from tests.tui.scenes import circles, digits, line, projected
from tui.screens.layout import CONFUSION, EVENTS, EXTRAS, FILTERS, LAYERS, NEURONS, Plan, suited

SMALL, WIDE, HUGE = Size(80, 20), Size(140, 41), Size(200, 56)
PLANS = (Plan(), Plan(slot=LAYERS), Plan(opened=()), Plan(opened=(6,)), Plan(opened=EXTRAS), Plan(zoomed=7))
PLANS += (Plan(hidden=(1,)), Plan(hidden=(2, 3)), Plan(hidden=(1, 2, 3, 4)), Plan(hidden=(3, 4), opened=(5,)))


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
    assert set(Plan().regions(HUGE, best)) == {1, 2, 3, 4, *EXTRAS} - {FILTERS}
    assert set(Plan().regions(HUGE, (NEURONS, FILTERS))) == {1, 2, 3, 4, *EXTRAS}
    fewer = Plan().toggled(LAYERS, WIDE, best)
    assert fewer.opened == (NEURONS,) and set(fewer.regions(WIDE, best)) == {1, 2, 3, 4, NEURONS}
    more = fewer.toggled(EVENTS, WIDE, best).toggled(CONFUSION, WIDE, best)
    assert more.opened == (CONFUSION, NEURONS, EVENTS)
    assert set(more.regions(SMALL, best)) == {1, 2, 3, 4}  # what is open where there is room says nothing of where not
    assert all(region.width > 20 and region.height > 8 for region in Plan().regions(HUGE, best).values())


@pytest.mark.parametrize("room", [SMALL, WIDE, HUGE])
def test_each_of_the_first_four_is_put_away_and_comes_back_where_it_was(room: Size) -> None:
    best, before = (LAYERS, NEURONS), Plan().regions(room, (LAYERS, NEURONS))
    for number in range(1, 5):
        less = Plan().toggled(number, room, best)
        assert set(less.regions(room, best)) == set(before) - {number} and less.hidden == (number,)
        assert less.toggled(number, room, best).regions(room, best) == before


@pytest.mark.parametrize("room", [SMALL, WIDE, HUGE])
def test_one_pane_always_stays(room: Size) -> None:
    best, plan = (LAYERS, NEURONS), Plan()
    for number in (*EXTRAS, 1, 2, 3, 4):
        plan = plan.toggled(number, room, best) if number in plan.regions(room, best) else plan
    assert set(plan.regions(room, best)) == {4} and plan.toggled(4, room, best) == plan
    only = Plan(opened=(LAYERS,), hidden=(1, 2, 3, 4))  # of a large terminal, in a small one
    assert set(only.regions(WIDE, best)) == {LAYERS} and only.toggled(LAYERS, WIDE, best) == only
    assert set(only.regions(SMALL, best)) == {1, 2, 3, 4}
    assert set(only.toggled(2, SMALL, best).regions(SMALL, best)) == {1, 3, 4}


def test_accuracy_comes_back_in_place_of_what_stands_in_its_place() -> None:
    best = LAYERS, NEURONS
    plan = Plan(slot=EVENTS, hidden=(1, 4))
    assert set(plan.regions(SMALL, best)) == {2, 3, EVENTS}
    assert set(plan.toggled(4, SMALL, best).regions(SMALL, best)) == {2, 3, 4}


def test_neurons_suit_a_plane_and_confusion_classes_of_more_features() -> None:
    assert suited(circles()) == suited(line()) == (LAYERS, NEURONS)
    assert suited(digits()) == (LAYERS, CONFUSION)
    assert suited(ways.image(digits())) == suited(ways.letters(digits())) == (NEURONS, FILTERS)
    many = projected()
    assert suited(many._replace(net=many.net._replace(inputs=("a", "b", "c", "d")))) == (LAYERS, CONFUSION)
