"""Looking on: somebody's own loop, logs that grow, --read-only, few bytes a second, sentences in place of pictures."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from pathlib import Path

import pytest
from textual.widgets import Static

import mlcore
from mlcore import live, worker
from mlcore.worker import protocol
from tests.tui.living import living
from tests.tui.test_clock_and_link import Loop, clock_of
from tui.clock import BYTES, KEPT, Purse
from tui.commands import COMMANDS
from tui.frame import Frame
from tui.link import PATIENT, SLOW, Link
from tui.onlooking import refusal
from tui.terminal import Terminal
from tui.widgets.ledger import Ledger
from tui.widgets.overlay import Overlay

pytestmark = pytest.mark.usefixtures("own_home")


def test_what_steers_is_refused_where_somebody_only_looks_on() -> None:
    for command in COMMANDS:
        assert not refusal(command.id, Frame(), read_only=False)
        for frame in (Frame(), Frame(loop="own loop"), Frame(loop="log")):
            assert bool(refusal(command.id, frame, read_only=True)) >= (command.group == "Experiment")
    loop, log = Frame(loop="own loop"), Frame(loop="log")
    assert not refusal("pause", loop, read_only=False) and not refusal("rate", loop, read_only=False)
    assert "log" in refusal("pause", log, read_only=False) and "own loop" in refusal("next_data", loop, read_only=False)
    assert "read-only" in refusal("pause", loop, read_only=True)
    assert not refusal("zoom", log, read_only=True) and not refusal("back", Frame(), read_only=True)


def test_what_a_loop_does_not_have_is_said_in_a_sentence_that_fits_a_row() -> None:
    running, over = Frame(loop="own loop", state="running"), Frame(loop="own loop", state="finished")
    words = {each: refusal(each, running, read_only=False) for each in ("analyse", "branch", "build", "back", "weight")}
    assert len(set(words.values())) == 5 and "program" in words["analyse"] and "weights" in words["branch"]
    for command in COMMANDS:
        assert max(len(refusal(command.id, frame, read_only=False)) for frame in (running, over)) <= 78
    assert "has ended" in refusal("pause", over, read_only=False) and not refusal("compare", over, read_only=False)
    assert all(refusal(each, Frame(), read_only=True) for each in ("weight", "settings", "checkpoint"))


async def test_somebodys_own_loop_is_watched_held_steered_and_left(tmp_path: Path) -> None:
    rates: list[float] = []
    with live("\x1b[31m[bold]mine", root=tmp_path / "runs", steps=10**6) as run:

        def loop() -> None:
            for step in range(10**6):
                rates.append(run.value("learning_rate", 0.5))
                run.log(step, loss=1 / (step + 1), reward=float(step))
                time.sleep(0.002)
                if run.stop:
                    return

        thread = threading.Thread(target=loop)
        thread.start()
        async with living(tmp_path, run.id, pace="show", ready=lambda lab: lab.frame.epoch > 5) as lab:
            frame = lab.frame
            assert (frame.loop, frame.epochs, frame.net.widths) == ("own loop", 10**6, ())
            for words in ("no network is known", "[bold]mine", "reward"):
                await lab.says(words)
            assert "\x1b" not in lab.screen
            await lab.press("right", "plus", "r", "b", "A")
            assert lab.frame.run == run.id and lab.frame.loop
            await lab.press("space")
            await lab.until(lambda: lab.frame.state == "paused")
            held = len(rates)
            await asyncio.sleep(0.05)
            assert len(rates) <= held + 1
            await lab.press("L")
            await lab.asks()
            await lab.press(*"0.25", "enter", "space")
            await lab.until(lambda: lab.frame.state == "running" and rates[-1] == 0.25)
            await lab.press("q")
            await lab.until(lambda: lab.app.screen.id == "quit")
            await lab.press("s")
            await lab.until(lambda: lab.app.return_code == 0)
        thread.join(20)
    assert run.run is not None and run.run.status.state == "stopped"


async def test_loops_that_have_ended_are_shown_with_their_changes_and_compared(tmp_path: Path) -> None:
    for name, rate, seed in (("wide", 0.5, 1), ("wide", 0.5, 2), ("plain", 0.25, 1), ("plain", 0.25, 2)):
        with live(name, root=tmp_path / "runs", settings={"seed": seed, "width": name}) as run:
            for step in range(1, 40):
                run.log(step, loss=rate + seed / 100 + 1 / step, val_loss=rate + 1 / step)
                if step == 20:
                    run.value("learning_rate", 0.5)
                    with worker.attach(mlcore.open_run(run.id, tmp_path / "runs")) as client:
                        client.ask(protocol.Set(name="learning_rate", value=0.125))
    async with living(tmp_path, run.id, pace="show", ready=lambda lab: lab.frame.state == "finished") as lab:
        await lab.press("8")
        for words in ("began: own loop", "learning rate 0.5 -> 0.125", "the loop is done"):
            await lab.says(words)
        await lab.press("7")
        await lab.says("no network is known, only")
        assert "no plane" not in lab.screen
        for key, words in {"A": "keeps both", "b": "begins from weights", "p": "is none", "comma": "no film"}.items():
            await lab.press(key)
            await lab.says(words)
        await lab.press("o")
        await lab.until(lambda: lab.app.screen.query(Ledger) and len(lab.app.screen.query_one(Ledger).lines) == 4)
        assert "own loop  seed 2  width plain" in str(lab.app.screen.query_one("#about", Static).content)
        await lab.press("space", "space", "space", "space", "v")
        await lab.until(lambda: lab.app.screen.query(Overlay))
        view = lab.app.screen.query_one(Overlay)
        await lab.until(lambda: view.found and view.found.verdicts)
        assert "plain is better than wide: last validation loss 0.25 lower" in view.summary()
        await lab.press("right")
        await lab.until(lambda: view.found and view.found.names == ("wide", "plain"))
        await lab.press("m", "x", "y", "d")
        assert view.axis == "seconds" and view.log_scale
        await lab.press("escape")


async def test_read_only_changes_nothing_of_a_run_and_the_worker_is_told_nothing(tmp_path: Path) -> None:
    with live("seen", root=tmp_path / "runs") as run:
        run.value("learning_rate", 0.5)
        run.log(1, loss=0.5, val_loss=0.25)
        run.log(2, loss=0.4)
        async with living(
            tmp_path, "seen", pace="show", read_only=True, ready=lambda lab: "validation_loss" in lab.frame.metrics
        ) as lab:
            await lab.press("space")
            await lab.says("only looked at")
            lab.app.runner.send("Stop")
            lab.app.lab.set_live("learning_rate", 0.1)
            await lab.press("z", "q")
            await lab.until(lambda: lab.app.return_code == 0)
        assert not run.stop and not run.paused and run.value("learning_rate", 0.5) == 0.5


async def test_a_log_is_opened_and_followed_while_it_grows_and_is_written_anew(tmp_path: Path) -> None:
    log = tmp_path / "metrics.csv"
    log.write_text(
        "step,loss,val_loss,acc\n" + "".join(f"{n},{1 / (n + 1)},0.5,0.5\n" for n in range(20)), encoding="utf-8"
    )
    async with living(tmp_path, str(log), pace="show", ready=lambda lab: lab.frame.epoch == 19) as lab:
        assert (lab.frame.loop, lab.frame.name, len(lab.frame.losses)) == ("log", "metrics.csv", 2)
        with log.open("a", encoding="utf-8") as file:
            file.write("20,0.01,0.5,0.5\n")
        await lab.until(lambda: lab.frame.epoch == 20)
        await lab.press("space")
        await lab.says("can only be looked at")
        log.write_text("step,loss\n1,3.5\n", encoding="utf-8")
        await lab.until(lambda: lab.frame.epoch == 1 and dict(lab.frame.metrics) == {"train_loss": 3.5})
        await lab.press("q")
        await lab.until(lambda: lab.app.return_code == 0)


async def test_a_loop_that_has_ended_is_shown_and_sentences_stand_in_place_of_pictures(tmp_path: Path) -> None:
    with live("ended", root=tmp_path / "runs") as run:
        for step in range(5):
            run.log(step, loss=1 / (step + 1))
    terminal = Terminal(columns=80, rows=24, plain=True)
    async with living(
        tmp_path, "ended", pace="show", terminal=terminal, ready=lambda lab: lab.frame.state == "finished"
    ) as lab:
        await lab.says("train loss 0.200")
        await lab.says("own loop: no network is known")
        assert "⠉" not in lab.screen
    async with living(tmp_path, pace="show", terminal=terminal) as lab:
        await lab.says("2 inputs")
        assert lab.app.laboratory._clock is not None and lab.app.laboratory._clock.interval == 5.0


async def test_few_bytes_are_sent_when_asked_and_all_of_a_picture_arrives_in_the_end(tmp_path: Path) -> None:
    async with living(tmp_path, size=(120, 40), pace=2.0) as lab:
        await lab.press("B")
        await lab.until(lambda: "low bandwidth" in lab.screen)
        lab.app.runner.send("Pause")
        await lab.until(lambda: lab.frame.state == "paused")
        picture = lab.app.laboratory.picture
        whole = lambda: picture._rows == picture.whole(lab.frame, *picture.size)  # noqa: E731
        await lab.until(whole)
        await lab.press("B")
        await lab.until(lambda: "low bandwidth" not in lab.screen)


async def test_two_viewers_of_one_run_see_the_same_one_dies_and_comes_back_and_the_metrics_are_those_of_no_viewer(
    tmp_path: Path,
) -> None:
    config = mlcore.load_recipe("moons").with_settings({"epochs": 60, "backend": "reference"})
    data, controls = config.dataset.load(), mlcore.Controls(paused=True)
    run = mlcore.Run.create(config, tmp_path / "runs", name="shared", data=data)
    source = mlcore.record(mlcore.train(config, controls=controls, data=data), run)
    served = worker.serve(source, run, config, controls, data)  # as `mlj train` does
    trainer = threading.Thread(target=lambda: deque(served, maxlen=0))
    trainer.start()
    waits = {"pace": "show", "ready": lambda lab: lab.frame.state == "paused"}
    async with living(tmp_path, "shared", **waits) as one, living(tmp_path, "shared", **waits) as two:
        await one.press("n")
        for lab in (one, two):
            await lab.until(lambda lab=lab: lab.frame.epoch == 1 and lab.frame.state == "paused")
        client = two.app.runner._client
        assert client is not None
        two.app.runner._unwatch()
        client.socket.close()  # as if its process were killed
        await one.press("space")
        async with living(tmp_path, "shared", pace="show", ready=lambda lab: lab.frame.epoch > 1) as again:
            for lab in (one, again):
                await lab.until(lambda lab=lab: lab.frame.state == "finished")
            assert one.frame.metrics == again.frame.metrics
            # by name: whoever comes after the end sees no losses of single steps
            seen, later = ({each.name: each.y.tolist() for each in lab.frame.losses} for lab in (one, again))
            assert [seen[name] for name in ("train", "validation")] == [later["train"], later["validation"]]
    trainer.join(30)
    alone = mlcore.fit(config, tmp_path / "runs")
    assert {**run.history, "seconds": 0} == {**alone.history, "seconds": 0}


def test_a_slow_link_is_noticed_by_itself_unless_somebody_has_said_what_they_want() -> None:
    now = [0.0]
    link = Link(lambda text: None, lambda: now[0])
    link.answered()

    def frame(seconds: float) -> None:
        link.sent()
        now[0] += seconds
        link.answered()

    for seconds in (SLOW + 0.1, SLOW + 0.1, 0.01, *[SLOW + 0.1] * (PATIENT - 1)):
        frame(seconds)
    assert not link.thrifty and link.words == ""
    frame(SLOW + 0.1)
    assert link.thrifty and link.words.startswith("low bandwidth")
    assert link.turn() is False
    for _ in range(9):
        frame(5.0)
    assert not link.thrifty


def test_on_a_slow_link_curves_come_each_second_and_pictures_in_turn_with_what_is_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from tui import clock as room

    now = [100.0]
    monkeypatch.setattr(room, "monotonic", lambda: now[0])
    loop, log = Loop(), list[object]()
    link = Link(lambda text: None)
    link.turn()
    clock, parts, frames = clock_of(loop, link, log, panes=3)
    clock._purse = Purse(lambda: now[0])
    sent = [0, 0, 0]
    for number, part in enumerate(parts):
        part.canvas = number < 2

        def piecewise(frame: Frame, purse: Purse, number: int = number) -> bool:
            rows = 2 if number == 2 else 20
            paid = next((n for n in range(rows) if not purse.pay(600)), rows)
            sent[number] += 600 * paid
            return paid == rows

        part.piecewise = piecewise
    for second in range(20):
        frames.append(Frame(epoch=second + 2, state="running"))
        before = list(sent)
        clock.changed()
        while loop.waiting and loop.waiting[0][0] < 0.5:
            loop.run_one()
        assert sent[2] == before[2] + 1200  # the curve, every second
        now[0] += 1.0
        loop.waiting.clear()
        clock._ticking = False
    assert sum(sent) < BYTES * 21 + 1200 and min(sent[:2]) > 0.3 * max(sent[:2])
    assert clock.interval == 1.0


async def test_the_price_of_a_row_is_what_is_written(tmp_path: Path) -> None:
    async with living(tmp_path) as lab:
        pane = lab.app.laboratory.picture
        line = pane.render_line(3)
        assert pane.bytes_of(3) - len(line.render(lab.app.console).encode()) in range(6, 11)


def test_pictures_leave_figures_and_curves_what_they_need() -> None:
    now = [0.0]
    purse = Purse(lambda: now[0])
    purse.kept = KEPT
    while purse.pay(500):
        pass
    purse.kept = 0
    paid = 0
    while purse.pay(500):
        paid += 500
    assert paid >= KEPT - 500
