"""The caption line: one true sentence at the right moment, each at most once."""

from __future__ import annotations

import pytest

import mlcore
from tui.captions import LINGER, Caption, Captions, Condition, facts, load
from tui.draft import Draft
from tui.frame import Frame, Net

NARROW = 78


def caption(name: str, *when: str, text: str = "{accuracy}") -> Caption:
    return Caption(name, tuple(Condition.parse(line) for line in when), text)


def known(frame: Frame, **other: object) -> dict[str, object]:
    draft = Draft(mlcore.load_recipe("journey/circles"))
    values = {"watched": 8.2, "changes": 0, "action": ""} | other
    return facts(frame, draft, **values)  # type: ignore[arg-type]


def finished(dataset: str = "circles", **metrics: float) -> Frame:
    return Frame(
        state="finished",
        dataset=dataset,
        epoch=200,
        epochs=200,
        seconds=0.0471,
        metrics=metrics or {"test_accuracy": 0.975},
        ceiling=0.977,
        shown_epoch=200,
        net=Net(parameters=105),
    )


def test_every_caption_in_the_file_can_be_read() -> None:
    captions = load()
    assert len({each.id for each in captions}) == len(captions) >= 12
    assert all(each.text for each in captions)


def test_every_fact_a_caption_asks_for_or_quotes_is_one_there_is() -> None:
    import re

    there = set(known(finished(test_accuracy=0.9, train_accuracy=0.9, test_mae=0.1)))
    for each in load():
        asked = {condition.name for condition in each.when} | set(re.findall(r"\{(\w+)\}", each.text + each.short))
        assert asked <= there, each.id


def test_the_words_fit_eighty_columns() -> None:
    long = known(finished(test_accuracy=0.8888, train_accuracy=0.8888, test_mae=0.00123), watched=12.0)
    for each in load():
        assert len(each.words(long, NARROW)) <= NARROW, each.id


def test_the_figures_are_the_runs_own() -> None:
    captions = Captions(load())
    captions.look(known(finished()), now=10)
    words = captions.words(200)
    assert words.startswith("Done: 97.5 %, best possible 97.7 %.")
    assert "You watched 8 s; the kernels need 47 ms: press f" in words
    assert "47 ms" in words


def test_each_caption_is_said_at_most_once() -> None:
    captions = Captions([caption("once", "epoch >= 1")])
    captions.look({"epoch": 1, "changes": 0}, now=0)
    assert captions.words(80)
    captions.look({"epoch": 1, "changes": 1}, now=100)
    assert captions.words(80) == ""


def test_a_caption_stays_long_enough_to_be_read() -> None:
    captions = Captions([caption("a", "epoch >= 1", text="a"), caption("b", "epoch >= 1", text="b")])
    captions.look({"epoch": 1, "changes": 0}, now=0)
    captions.look({"epoch": 2, "changes": 0}, now=LINGER / 2)
    assert captions.words(80) == "a"
    captions.look({"epoch": 3, "changes": 0}, now=LINGER * 2)
    assert captions.words(80) == "b"


def test_what_a_person_does_is_answered_at_once() -> None:
    captions = Captions([caption("a", "epoch >= 1", text="a"), caption("b", "action == scrub", text="b")])
    captions.look({"epoch": 1, "changes": 0, "action": ""}, now=0)
    captions.look({"epoch": 1, "changes": 0, "action": "scrub"}, now=0.1)
    assert captions.words(80) == "b"


def test_a_change_made_by_a_person_is_a_new_moment() -> None:
    captions = Captions([caption("a", "changes == 0", text="a"), caption("b", "changes == 1", text="b")])
    captions.look({"changes": 0}, now=0)
    captions.look({"changes": 1}, now=0.1)
    assert captions.words(80) == "b"


def test_nothing_is_said_any_more_after_the_end() -> None:
    captions = Captions(load())
    captions.look(known(finished()), now=0)
    captions.end()
    captions.look(known(finished()), now=10)
    assert captions.words(80) == ""


def test_a_fact_nobody_knows_makes_no_condition_true() -> None:
    for comparison in ("== 1", "!= 1", "< 1", "> 1"):
        assert not Condition.parse(f"ceiling {comparison}").holds({})


@pytest.mark.parametrize("text", ["accuracy", "accuracy < ", "accuracy = 1", "__import__('os')", "a == b == c"])
def test_what_is_no_condition_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a condition"):
        Condition.parse(text)


def test_facts_may_be_compared_with_each_other() -> None:
    condition = Condition.parse("accuracy > ceiling")
    assert condition.holds({"accuracy": 0.98, "ceiling": 0.97})
    assert not condition.holds({"accuracy": 0.96, "ceiling": 0.97})


def test_the_figures_of_a_caption_follow_while_it_is_true() -> None:
    captions = Captions([caption("film", "scrubbed == true", text="epoch {shown_epoch}")])
    captions.look({"scrubbed": True, "shown_epoch": 149, "changes": 0}, now=0)
    captions.look({"scrubbed": True, "shown_epoch": 120, "changes": 0}, now=0.1)
    assert captions.words(80) == "epoch 120"
    captions.look({"scrubbed": False, "shown_epoch": 150, "changes": 0}, now=0.2)
    assert captions.words(80) == "epoch 120"
