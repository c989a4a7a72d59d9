"""A worker and its clients when they are slow, strange, or vanish, and a run in the foreground that is watched."""

from __future__ import annotations

import os
import signal
import socket
import stat
import time
from pathlib import Path

import pytest

from mlcore.config import Config
from mlcore.controls import Controls
from mlcore.errors import RunError
from mlcore.runs import Run, fit, list_runs, record
from mlcore.training import train
from mlcore.worker import Mirror, attach, connect, protocol, serve
from tests.mlcore.watching import PATIENCE, SETTINGS, Watcher, plain, socket_of, wait_for


def test_a_client_that_never_reads_slows_nobody_and_gets_the_newest_when_it_does(lab: Watcher) -> None:
    slow = Watcher(connect(socket_of(lab)))
    slow.client.ask(protocol.View(width=1024, height=600))
    lab.start(epochs=1_000_000, pace=200.0)
    lab.until(lambda m: m.update.epoch > 400)
    epoch = lab.mirror.update.epoch
    slow.until(lambda m: m.update and m.update.epoch >= epoch)
    packets = sum(isinstance(m, protocol.Picture) for m in slow.messages)
    assert packets < 20, "pictures of the past were kept for a client that did not take them"
    slow.client.close()


def test_a_client_is_told_at_most_twenty_times_a_second(lab: Watcher) -> None:
    lab.start(epochs=1_000_000)
    began, times = time.monotonic(), []
    while time.monotonic() < began + 1.5:
        times += [time.monotonic() for m in lab.client.wait(0.5) if isinstance(m, protocol.Update)]
    assert 2 <= len(times) <= 20 * (times[-1] - times[0]) + 3


@pytest.mark.parametrize("bytes_", [b"\xff\xff\xff\xff", b"\0\0\0\1\xc1", b"GET / HTTP/1.1\r\n\r\n"])
def test_a_client_that_speaks_another_language_is_sent_away_and_the_others_are_not(lab: Watcher, bytes_: bytes) -> None:
    stranger = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    stranger.connect(str(socket_of(lab)))
    stranger.sendall(bytes_)
    stranger.settimeout(PATIENCE)
    while stranger.recv(65536):
        pass
    stranger.close()
    lab.start()
    assert lab.ended().ended.reason == "finished"


def test_the_socket_and_its_folder_are_for_this_user_alone(lab: Watcher) -> None:
    lab.client.wait(PATIENCE)
    path = socket_of(lab)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 and stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_run_outlives_its_client_and_a_hang_up_and_another_client_takes_over(lab: Watcher, root: Path) -> None:
    lab.start(epochs=1_000_000)
    lab.until(lambda m: m.update.run)
    (run,) = list_runs(root)
    process = lab.client.process
    assert os.getsid(process.pid) == process.pid
    os.kill(process.pid, signal.SIGHUP)
    lab.client.close()
    epoch = run.status.epoch
    wait_for(lambda: run.status.epoch > epoch)
    lab.client = attach(run)
    lab.client.process = process
    lab.mirror = Mirror()
    lab.until(lambda m: m.started and m.update.state == "running")
    lab.client.ask(protocol.Stop())
    assert lab.until(lambda m: m.ended).ended.reason == "stopped"


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_finishes_the_step_writes_a_checkpoint_and_ends_with_its_code(
    lab: Watcher, root: Path, number: int, code: int
) -> None:
    lab.start(epochs=1_000_000, lab=False)
    lab.until(lambda m: m.update.epoch > 3)
    lab.client.process.send_signal(number)
    assert lab.client.process.wait(PATIENCE) == code
    lab.until(lambda m: m.lost)
    assert lab.mirror.ended.reason == "interrupted"
    (run,) = list_runs(root)
    assert (run.status.state, run.status.exit_code) == ("interrupted", code)
    assert run.state().weights.step == lab.mirror.ended.step


def test_a_lab_without_a_client_and_a_run_ends_by_itself(lab: Watcher) -> None:
    lab.start(epochs=2)
    lab.ended()
    path = socket_of(lab)
    lab.client.close()
    assert lab.client.process.wait(PATIENCE) == 0
    assert not path.exists()


def test_a_worker_that_was_killed_is_told_once_as_lost(lab: Watcher) -> None:
    lab.start(epochs=1_000_000)
    lab.client.process.kill()
    assert lab.until(lambda m: m.lost).lost
    assert not lab.client.alive and lab.client.poll() == []
    with pytest.raises(RunError) as caught:
        lab.client.ask(protocol.Pause())
    assert caught.value.code == "RUN_LOST"


def test_a_run_in_the_foreground_can_be_watched_and_steered(root: Path) -> None:
    config, controls = Config().with_settings(SETTINGS | {"epochs": 1_000_000}), Controls()
    data = config.dataset.load()
    run = Run.create(config, root, data=data)
    events = serve(record(train(config, controls=controls, data=data), run), run, config, controls, data)
    watcher = None
    for event in events:
        if event.kind == "epoch" and event.epoch == 5:
            watcher = Watcher(attach(Run.open(run.folder)))
            watcher.client.send(protocol.Stop())
            watcher.client.send(protocol.Start(config=plain()))
    assert event.kind == "ended" and event.reason == "stopped"
    watcher.until(lambda m: m.lost)
    assert watcher.mirror.ended.reason == "stopped" and watcher.mirror.started.run == run.id
    answers = [m for m in watcher.messages if isinstance(m, protocol.Reply)]
    assert answers[0].error is None and answers[1].error.code == "USAGE"
    assert run.status.socket == "" and not Path(os.environ["XDG_RUNTIME_DIR"], "mlj", f"{run.id}.sock").exists()
    with pytest.raises(RunError, match="not running"):
        attach(run)


def test_a_resumed_run_shows_its_whole_past(root: Path) -> None:
    run = fit(Config().with_settings(SETTINGS), root)
    controls, point = Controls(paused=True), Run.open(run.folder).restore({"epochs": 25})
    source = record(train(point.config, resume=point.state, controls=controls, data=point.data), run)
    events = serve(source, run, point.config, controls, point.data, point.state)
    next(events)
    watcher = Watcher(attach(run))
    watcher.until(lambda m: "train_loss" in m.curves)
    assert watcher.mirror.curves["train_loss"][0].tolist() == list(range(1, 21))
    watcher.client.close()
    events.close()
