"""The heartbeat and the way to the terminal: one pane a tick, one frame in flight, nothing when nothing changed."""

from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np

from tools.slow_link import SlowLink
from tools.virtual_terminal import SYNC_QUERY
from tui import looks
from tui.clock import Clock, Part
from tui.frame import Frame, Series
from tui.link import PATIENCE, QUESTION, Link


class Loop:
    """Timers that run when they are told to."""

    def __init__(self) -> None:
        self.waiting: list[tuple[float, Callable[[], None]]] = []

    def call_later(self, seconds: float, function: Callable[[], None]) -> None:
        self.waiting.append((seconds, function))

    def painted(self, function: Callable[[], None]) -> None:
        function()

    def run_one(self) -> float:
        seconds, function = self.waiting.pop(0)
        function()
        return seconds

    def run(self) -> None:
        while self.waiting:
            self.run_one()


def clock_of(
    loop: Loop, link: Link, log: list[object], panes: int = 3, cells: int = 1920, look: str = "epoch"
) -> tuple[Clock, list[Part], list[Frame]]:
    """A clock of some parts that note what they drew, and the list whose last frame is the newest."""
    frames = [Frame(epoch=1, state="running")]

    def part(number: int) -> Part:
        return Part(lambda frame: log.append((number, frame.epoch)), lambda frame: getattr(frame, look))

    parts = [part(number) for number in range(panes)]
    return Clock(lambda: frames[-1], lambda: parts, loop.call_later, loop.painted, link, lambda: cells), parts, frames


def deaf() -> Link:
    return Link(lambda text: None)


def test_nothing_runs_while_nothing_changes() -> None:
    loop, log = Loop(), list[object]()
    clock, _, _ = clock_of(loop, deaf(), log)
    assert loop.waiting == []
    clock.changed()
    loop.run()
    assert len(log) == 3
    assert loop.waiting == []


def test_each_tick_draws_one_part_the_most_looked_at_first() -> None:
    loop, log = Loop(), list[object]()
    clock, _, _ = clock_of(loop, deaf(), log)
    clock.changed()
    for number in range(3):
        loop.run_one()
        assert log[number] == (number, 1)
        assert len(log) == number + 1


def test_a_part_that_would_look_the_same_is_not_drawn_again() -> None:
    loop, log = Loop(), list[object]()
    clock, _, frames = clock_of(loop, deaf(), log, look="dataset")
    clock.changed()
    loop.run()
    frames.append(Frame(epoch=2, state="running"))
    clock.changed()
    loop.run()
    assert [epoch for _, epoch in log] == [1, 1, 1]


def test_a_part_just_drawn_waits_for_its_turn_and_then_shows_the_newest() -> None:
    loop, log = Loop(), list[object]()
    clock, parts, frames = clock_of(loop, deaf(), log, panes=1)
    clock.changed()
    loop.run()
    for epoch in range(2, 50):
        frames.append(Frame(epoch=epoch, state="running"))
        clock.changed()
    assert 0 < loop.run_one() <= clock.interval
    assert loop.waiting[0][0] > 0.5 * clock.interval
    parts[0].drawn -= 1.0
    loop.run()
    assert log == [(0, 1), (0, 49)]


def test_changes_while_it_ticks_start_no_second_timer() -> None:
    loop = Loop()
    clock, _, _ = clock_of(loop, deaf(), [])
    for _ in range(50):
        clock.changed()
    assert len(loop.waiting) == 1


def test_a_large_screen_is_drawn_less_often() -> None:
    small, _, _ = clock_of(Loop(), deaf(), [], cells=1920)
    large, _, _ = clock_of(Loop(), deaf(), [], cells=12_000)
    assert small.interval == 1 / 15
    assert large.interval == 2.5 / 15


def test_where_pictures_are_rare_all_parts_come_together() -> None:
    loop, log = Loop(), list[object]()
    clock, parts, frames = clock_of(loop, deaf(), log)
    clock.slowest = 1.0
    clock.changed()
    loop.run_one()
    assert log == [(0, 1), (1, 1), (2, 1)]
    loop.run()
    frames.append(Frame(epoch=2, state="running"))
    clock.changed()
    loop.run_one()
    assert len(log) == 3  # none is due
    parts[1].drawn -= 1.0
    loop.run_one()
    assert log[3:] == [(0, 2), (1, 2), (2, 2)]


def test_the_end_of_a_run_is_drawn_at_once() -> None:
    loop, log = Loop(), list[object]()
    clock, _, frames = clock_of(loop, deaf(), log, panes=1)
    clock.changed()
    loop.run()
    frames.append(Frame(epoch=2, state="finished"))
    clock.changed()
    loop.run_one()
    assert log == [(0, 1), (0, 2)]


def test_what_somebody_waits_for_is_drawn_without_a_timer_and_the_timer_before_does_nothing() -> None:
    loop, log = Loop(), list[object]()
    clock, _, frames = clock_of(loop, deaf(), log, panes=4)
    clock.changed()
    frames.append(Frame(epoch=2, state="finished"))
    clock.changed(at_once=True)
    assert log == [(0, 2), (1, 2), (2, 2)]  # the picture, its curve and the figures
    loop.run()
    assert log == [(0, 2), (1, 2), (2, 2), (3, 2)]


def test_the_next_frame_waits_until_the_terminal_has_drawn_the_one_before() -> None:
    loop, log, written = Loop(), list[object](), list[str]()
    link = Link(written.append)
    link.answered()  # to Textual's own question at the start
    clock, _, frames = clock_of(loop, link, log)
    clock.changed()
    for _ in range(4):
        loop.run_one()
    assert len(log) == 3
    assert written == [QUESTION]
    frames.append(Frame(epoch=2, state="finished"))
    clock.changed()
    for _ in range(5):
        loop.run_one()
    assert len(log) == 3
    link.answered()
    loop.run_one()
    assert len(log) == 6


def test_a_machine_so_slow_that_something_is_always_due_still_asks_the_terminal() -> None:
    loop, log, written = Loop(), list[object](), list[str]()
    link = Link(written.append)
    link.answered()
    clock, parts, frames = clock_of(loop, link, log)
    clock.changed()
    for epoch in range(2, 20):
        frames.append(Frame(epoch=epoch, state="running"))
        for part in parts:
            part.drawn -= 1.0
        loop.run_one()
    assert written == [QUESTION]
    assert len(log) == len(parts)  # one picture of each, and no other before the answer


def test_a_terminal_that_never_answers_is_drawn_to_without_waiting() -> None:
    written: list[str] = []
    link = Link(written.append)
    for _ in range(10):
        link.sent()
        assert link.open()
    assert written == []


def test_a_terminal_that_stops_answering_is_waited_for_only_so_long() -> None:
    now = 0.0
    link = Link(lambda text: None, lambda: now)
    link.answered()
    link.sent()
    assert not link.open()
    now = PATIENCE + 0.1
    assert link.open()


def test_the_time_to_the_terminal_and_back_is_known() -> None:
    now = 5.0
    link = Link(lambda text: None, lambda: now)
    link.answered()
    link.sent()
    now = 5.08
    link.answered()
    assert round(link.trip, 3) == 0.08


def test_a_loss_that_is_no_number_looks_as_it_did_and_is_not_drawn_again() -> None:
    def frame() -> Frame:
        broken = Series("train", np.array([1.0, 2.0]), np.array([0.5, float("nan")]))
        return Frame(losses=(broken,), accuracies=(broken,), metrics={"train_loss": float("nan")})

    assert looks.losses(frame()) == looks.losses(frame())
    assert looks.accuracies(frame()) == looks.accuracies(frame())


def test_over_a_slow_line_everything_arrives_in_order_and_answers_come_back() -> None:
    program = (
        "import os, tty; tty.setraw(0)\n"
        f"os.write(1, b'x' * 3000 + {SYNC_QUERY!r} * 20 + b'end')\n"
        "answers = b''\n"
        "while answers.count(b'$y') < 20 or b'k' not in answers: answers += os.read(0, 100)\n"
        "os.write(1, b' %d answers' % answers.count(b'$y'))"
    )
    with SlowLink([sys.executable, "-c", program], rate=40_000, delay=0.01, held=500) as terminal:
        assert terminal.see("end")
        terminal.press("k")
        assert terminal.see("20 answers")
        assert terminal.bytes == b"x" * 3000 + SYNC_QUERY * 20 + b"end 20 answers"
        assert max(len(output.data) for output in terminal.output) <= 40_000 * 0.005 + len(SYNC_QUERY)
