"""Somebody's own training loop as a run: what is recorded, what can be told it, and what cannot hurt it."""

from __future__ import annotations

import copy
import json
import math
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mlcore
from mlcore import journal, live, worker
from mlcore.errors import ConfigError, RunError, UsageError
from mlcore.loop import Live
from mlcore.worker import protocol
from mlcore.worker.server import Server


def curve(run: Live, name: str) -> list[float]:
    assert run.run is not None
    return run.run.curves[name][1]


def until(condition: Any, seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


def client_of(run: Live) -> worker.Client:
    assert run.run is not None
    until(lambda: run.run.status.state == "running")  # type: ignore[union-attr]
    return worker.attach(run.run)


def test_a_loop_leaves_a_run_with_its_curves_its_settings_and_how_it_ended(root: Path) -> None:
    with live("resnet on cats", steps=20, settings={"lr": 0.1, "path": Path("x"), "bad": math.nan}, root=root) as run:
        for step in range(20):
            run.log(step, loss=1 / (step + 1))
            if step % 5 == 4:
                run.log(step, val_loss=2.0, acc=np.float32(0.5))
        run.log(None, loss=0.01)
    (found,) = mlcore.list_runs(root)
    assert (found.name, found.loop, found.settings["lr"]) == ("resnet on cats", True, 0.1)
    assert found.curves["train_loss"] == ([*range(20), 0], [*(1 / (s + 1) for s in range(20)), 0.01])
    assert found.curves["validation_loss"] == ([4, 9, 14, 19], [2.0] * 4)
    assert (found.status.state, found.status.epochs, found.status.exit_code) == ("finished", 20, 0)
    assert [event["event"] for event in found.events] == ["started", "ended"]
    for ask in (lambda: found.config, found.model, found.restore):
        with pytest.raises(RunError, match="somebody's own loop") as error:
            ask()
        assert error.value.code == "RUN_LOOP"


def test_numbers_of_any_kind_are_taken_and_what_is_none_is_said_once(root: Path) -> None:
    import torch

    weight = torch.ones(3, requires_grad=True)
    with pytest.warns(RuntimeWarning) as warned, live(root=root) as run:  # noqa: PT031
        for _ in range(3):
            run.log(
                1, a=math.nan, b=math.inf, c=np.array([2.5]), d=(weight * 2).sum(), e=torch.tensor(7), f=True, g=10**400
            )
            run.log(2, text="abc", none=None, many=np.ones(3), loss=4, object=object())
            run.log("three", loss=5.0)  # type: ignore[arg-type]
            run.log(10**400, loss=6.0, **{"x\x1b[2J": 1.0})
            run.log(math.nan, epoch=3, crc=1)  # type: ignore[arg-type]
            run.log(5)
    assert len(warned) == 5 and len({str(each.message) for each in warned}) == 5
    values = {name: ys[0] for name, (_, ys) in run.run.curves.items()}  # type: ignore[union-attr]
    assert math.isnan(values.pop("a")) and values.pop("b") == math.inf
    assert {name: values[name] for name in "cdef"} == {"c": 2.5, "d": 6.0, "e": 7.0, "f": 1.0}
    assert values["train_loss"] == 4 and values["logged_epoch"] == 3 and values["logged_crc"] == 1
    assert not values.keys() & {"text", "none", "many", "object", "g"}


def test_a_loop_that_invents_names_for_ever_is_told_so_once(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with live("inventive") as run:
        for step in range(600):
            run.log(step, **{f"loss {step}": 1.0})
    assert len(run.arrays) <= 256
    assert capsys.readouterr().err.count("sets of names") == 1
    assert run.run is not None and len(run.run.curves) >= 200


def test_many_threads_log_at_once_and_a_loop_that_logs_without_end_is_thinned_to_means(root: Path) -> None:
    with live(root=root) as run:

        def work(number: int) -> None:
            for step in range(300):
                run.log(step, **{f"thread{number}": float(step)})

        threads = [threading.Thread(target=work, args=(number,)) for number in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        time.sleep(0.15)
        for step in range(40_000):
            run.log(step, loss=float(step))
    for number in range(3):
        assert sum(curve(run, f"thread{number}")) == sum(range(300))
    losses = curve(run, "train_loss")
    assert len(losses) < 5000 and losses == sorted(losses)
    assert losses[0] < 1_000 and losses[-1] > 39_000  # means of what a loop logs in a tenth of a second


@pytest.mark.parametrize(
    ("error", "state", "code"),
    [
        (ValueError("boom\x1b[2J"), "failed", 1),
        (KeyboardInterrupt(), "interrupted", 130),
        (SystemExit(0), "finished", 0),
    ],
)
def test_an_exception_passes_through_and_is_the_end_of_the_run(
    root: Path, error: BaseException, state: str, code: int
) -> None:
    run = live(root=root)
    with pytest.raises(type(error)), run:  # noqa: PT012
        run.log(1, loss=0.5)
        raise error
    status = run.run.status  # type: ignore[union-attr]
    assert (status.state, status.exit_code, status.step) == (state, code, 1)
    assert ("ValueError: boom" in status.message) == (state == "failed")


def test_pause_step_resume_settings_and_stop_reach_the_loop(root: Path) -> None:
    steps: list[tuple[int, float, str]] = []
    with live(root=root) as run, client_of(run) as client:

        def loop() -> None:
            step = 0
            while not run.stop:
                steps.append((step, run.value("learning_rate", 0.1), run.value("mode", "fast")))
                run.log(step, loss=1.0)
                step += 1
                time.sleep(0.001)

        thread = threading.Thread(target=loop)
        thread.start()
        until(lambda: len(steps) > 3)
        client.ask(protocol.Pause())
        time.sleep(0.05)
        held = len(steps)
        time.sleep(0.05)
        assert len(steps) == held
        client.ask(protocol.Step())
        until(lambda: len(steps) == held + 1)
        client.ask(protocol.Set(name="optimizer.learning_rate", value=0.02))
        client.ask(protocol.Set(name="mode", value="slow"))
        for wrong in (protocol.Set(name="momentum", value=1), protocol.Set(name="mode", value=3)):
            with pytest.raises(ConfigError):
                client.ask(wrong)
        with pytest.raises(ConfigError, match="a number"):
            client.ask(protocol.Set(name="learning_rate", value=math.nan))
        for refused in (protocol.Epoch(), protocol.Checkpoint(), protocol.Start(config={})):
            with pytest.raises(UsageError):
                client.ask(refused)
        time.sleep(0.02)
        assert len(steps) == held + 1  # settings do not wake what is paused
        client.ask(protocol.Resume())
        until(lambda: steps[-1][1:] == (0.02, "slow"))
        client.ask(protocol.Stop())
        thread.join(10)
        assert run.stop and not thread.is_alive()
    assert run.run.status.state == "stopped"  # type: ignore[union-attr]
    changes = [(e["name"], e["old"], e["new"]) for e in run.run.events if e["event"] == "changed"]  # type: ignore[union-attr]
    assert changes == [("learning_rate", 0.1, 0.02), ("mode", "fast", "slow")]


def test_two_who_watch_see_the_same_and_the_end(root: Path) -> None:
    with live("twice", root=root, steps=3) as run:
        clients = [client_of(run) for _ in range(2)]
        for step in range(3):
            run.log(step, loss=float(step), lr=0.5)
    for client in clients:
        mirror = worker.Mirror()
        for message in client.messages():
            mirror.apply(message)
        assert mirror.started is not None and mirror.started.loop and mirror.started.name == "twice"
        assert mirror.curves["train_loss"][1].tolist() == [0, 1, 2]
        assert mirror.ended is not None and mirror.ended.reason == "finished"
        assert mirror.update is not None and (mirror.update.learning_rate, mirror.update.epochs) == (0.5, 3)


def test_who_waits_to_be_let_in_when_the_loop_ends_sees_it_all(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Server, "_accept", lambda server: time.sleep(0.01))  # a server that does not get round to it
    with live("late", root=root) as run:
        client = client_of(run)
        run.log(0, loss=0.5)
    mirror = worker.Mirror()
    for message in client.messages():
        mirror.apply(message)
    assert mirror.started is not None and mirror.started.name == "late"
    assert mirror.curves["train_loss"][1].tolist() == [0.5]
    assert mirror.ended is not None and mirror.ended.reason == "finished"


def test_a_full_disk_is_said_once_and_the_lines_come_when_there_is_room(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = journal.write_all

    def refuse(descriptor: int, data: Any) -> None:
        raise OSError(28, "No space left on device")

    with pytest.warns(RuntimeWarning, match="No space left") as warned, live(root=root) as run:  # noqa: PT031
        run.log(0, loss=1.0)
        until(lambda: run.run.curves)  # type: ignore[union-attr]
        monkeypatch.setattr(journal, "write_all", refuse)
        for step in range(1, 4):
            run.log(step, loss=1.0)
            time.sleep(0.12)
        assert len(curve(run, "train_loss")) == 1
        monkeypatch.setattr(journal, "write_all", write)
    assert len(warned) == 1
    assert run.run.curves["train_loss"][0] == [0, 1, 2, 3]  # type: ignore[union-attr]
    assert any(event["event"] == "warned" for event in run.run.events)  # type: ignore[union-attr]


def test_a_folder_that_cannot_be_made_is_said_and_the_loop_goes_on(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.warns(RuntimeWarning, match="not recorded"), live(root=tmp_path / "file" / "runs") as run:  # noqa: PT031
        run.log(1, loss=0.5)
        assert run.value("lr", 3) == 3 and not run.stop and run.id == ""
    with live(enabled=False) as quiet:
        quiet.log(1, loss=object())
    assert not list(tmp_path.glob("runs*"))


def test_a_copy_of_a_run_records_nothing(root: Path) -> None:
    with live("original", root=root) as run:
        for copied in (copy.deepcopy(run), pickle.loads(pickle.dumps(run))):
            copied.log(0, loss=1.0)
            assert (copied.id, copied.stop, copied.value("lr", 0.5)) == ("", False, 0.5)
            copied.close()
        run.log(0, loss=2.0)
    assert mlcore.open_run("last", root).curves["train_loss"] == ([0], [2.0])


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_child_is_deaf_and_dumb_and_the_run_is_its_parents(root: Path) -> None:
    with live(root=root) as run:
        run.log(0, loss=1.0)
        child = os.fork()
        if child == 0:
            code = 1
            try:
                for step in range(100):
                    run.log(step, loss=9.0, x=1)
                run.close()
                code = int(bool(run.arrays.get(("loss",)) and len(run.arrays[("loss",)]) > 3))
            finally:
                os._exit(code)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        run.log(1, loss=1.0)
        assert run.run.status.state == "running"  # type: ignore[union-attr]
    assert run.run.curves["train_loss"] == ([0, 1], [1.0, 1.0])  # type: ignore[union-attr]


SCRIPT = """
import time
from mlcore import live
run = live("alone")
for step in range(10**9):
    run.log(step, loss=1.0)
    time.sleep(0.001)
    if step == {last}: {then}
"""


@pytest.mark.parametrize(("then", "state"), [("break", "finished"), ("1 / 0", "failed"), ("pass", "lost")])
def test_a_program_that_ends_without_closing_its_run_or_is_killed(root: Path, then: str, state: str) -> None:
    environ = os.environ | {"MLJ_HOME": str(root.parent)}
    script = SCRIPT.format(last=30, then=then)
    with subprocess.Popen([sys.executable, "-c", script], env=environ, stderr=subprocess.PIPE) as process:
        if state == "lost":
            until(lambda: any("train_loss" in run.curves and run.status.step > 5 for run in mlcore.list_runs(root)))
            process.send_signal(signal.SIGKILL)
        process.communicate(timeout=60)
    (found,) = mlcore.list_runs(root)
    assert found.status.state == state
    assert len(found.curves["train_loss"][1]) >= 5
    assert ("ZeroDivisionError" in found.status.message) == (state == "failed")
    with pytest.raises(RunError):
        worker.attach(found)
    assert json.loads((found.folder / "run.json").read_text(encoding="utf-8"))["loop"] is True
