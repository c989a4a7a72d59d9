"""One network in two processes: the numbers of one, and an end for all however one of them ends.

PyTorch's DistributedDataParallel, with its own layers, loss and optimizer, is the witness from outside.
"""

from __future__ import annotations

import json
import os
import pickle
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")

from mlcore.backends.pytorch import Torch, distributed, team
from mlcore.world import World
from tests.contracts.problems import problem
from tests.mlcore.two_processes import CASES, PRECISE, numbers

pytestmark = pytest.mark.dist
LONG = ("train", "moons", "--epochs", "100000", "--set", "stopping.patience=0", "--set", "stopping.max_seconds=60")


def started(words: list[str]) -> tuple[subprocess.Popen[str], subprocess.Popen[str]]:
    """Two processes of `python words`, as torchrun would start them."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    common = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "2"}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    first, second = (
        subprocess.Popen(
            [sys.executable, *words],
            env=os.environ | common | {"RANK": rank, "LOCAL_RANK": rank, "OMP_NUM_THREADS": "1"},
            **pipes,  # type: ignore[call-overload]
        )
        for rank in "01"
    )
    return first, second


def said(process: subprocess.Popen[str], limit: float = 60) -> tuple[int, str, str]:
    """How a process ended, and what it said."""
    try:
        out, err = process.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    return process.returncode, out, err


def wait_for(what: Callable[[], bool], limit: float = 60) -> None:
    """Until it is so."""
    end = time.monotonic() + limit
    while not what():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.05)


def close(found: object, known: object, tolerance: float = 1e-6) -> None:
    np.testing.assert_allclose(found, known, rtol=tolerance, atol=tolerance)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What two processes found, and the first alone."""
    path = tmp_path_factory.mktemp("two") / "numbers"
    both = started(["-m", "tests.mlcore.two_processes", str(path)])
    ends = [said(process) for process in both]
    assert ends == [(0, "", ""), (0, "", "")]
    return dict(pickle.loads(path.read_bytes()))


@pytest.mark.parametrize("case", [*CASES, *(f"{name}, adam" for name in PRECISE)])
def test_two_processes_have_the_numbers_of_one(case: str, told: dict[str, Any]) -> None:
    two, one = told["shared"][case], told["alone"][case]
    close(two["losses"], one["losses"])
    close(two["outputs"], one["outputs"], 1e-5)  # of weights that are 1e-6 apart
    for found, known in zip(two["weights"], one["weights"], strict=True):
        close(found, known)


def test_distributed_data_parallel_has_our_losses_and_weights(told: dict[str, Any]) -> None:
    ours = told["shared"]["witnessed"]
    close(ours["losses"], told["witness"]["losses"])
    close(ours["weights"].vector, told["witness"]["vector"])


def test_a_loss_that_is_no_number_ends_all_at_the_same_step_and_they_go_on(told: dict[str, Any]) -> None:
    two, one = (told[who]["diverging"] for who in ("shared", "alone"))
    assert np.isnan(two["losses"]).sum() == 1
    close(two["losses"], one["losses"], 1e-5)
    close(two["weights"].vector, one["weights"].vector, 1e-5)


def test_rate_decay_and_batch_size_change_while_all_train(told: dict[str, Any]) -> None:
    two, one = told["shared"]["changed"], told["alone"]["changed"]
    assert len(two) == 8 and two[-1]["learning_rate"] == 0.2
    for found, known in zip(two, one, strict=True):
        assert found == pytest.approx(known, rel=1e-5, abs=1e-5)


def test_what_two_cannot_train_is_refused_in_a_sentence(told: dict[str, Any]) -> None:
    found = told["shared"]["refusals"]
    assert found["auto"].startswith("2 processes train one network, which torch alone can")
    assert found["compile"] == (
        "backend torch: engine compile was asked for, but several processes train one network by engine eager"
    )
    for name in ("native", "reference"):
        assert found[name].startswith(f"backend {name}: torchrun has started 2 processes")


def test_torchrun_s_first_process_alone_tells_and_records_and_ctrl_c_leaves_a_checkpoint(tmp_path: Path) -> None:
    words = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", "-m", "mlcore", *LONG, "--json"]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "MLJ_HOME": str(tmp_path)}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    process: subprocess.Popen[str]
    process = subprocess.Popen([sys.executable, *words], env=environment, **pipes)  # type: ignore[call-overload]
    wait_for(lambda: any("epoch" in path.read_text() for path in tmp_path.glob("runs/*/metrics.jsonl")))
    process.send_signal(signal.SIGINT)
    _, out, err = said(process)
    lines = [json.loads(line) for line in out.splitlines()]
    assert [line["event"] for line in lines if line["event"] in ("started", "ended")] == ["started", "ended"]
    assert lines[0]["world_size"] == 2 and lines[-1]["reason"] == "interrupted"
    assert err.count("a checkpoint is written") == 1 and "BACKEND_LOST" not in err
    (folder,) = (tmp_path / "runs").iterdir()
    assert json.loads((folder / "events.jsonl").read_text().splitlines()[0])["world_size"] == 2
    assert json.loads((folder / "status.json").read_text())["exit_code"] == 130


def test_each_process_trains_its_share_of_the_seeds_with_the_numbers_of_one(tmp_path: Path) -> None:
    words = ["-m", "mlcore", "train", "moons", "--epochs", "3", "--set", "repeats=5", "--json", "--runs-dir"]
    first, second = started([*words, str(tmp_path / "two")])
    alone = subprocess.run([sys.executable, *words, str(tmp_path / "one")], capture_output=True, text=True, check=True)
    code, out, err = said(first)
    assert (code, err) == (0, "") and said(second) == (0, "", "")
    two, one = ([json.loads(line) for line in text.splitlines()] for text in (out, alone.stdout))
    assert two[-1]["spread"] == one[-1]["spread"] and two[-1]["ended"] == 5
    ended = [line["seed"] for line in two if line["event"] == "seed_ended"]
    assert ended[3:] == [43, 45] and sorted(ended) == [42, 43, 44, 45, 46]
    pids = [json.loads(path.read_text())["pid"] for path in (tmp_path / "two").glob("*/status.json")]
    assert sorted(map(pids.count, {*pids})) == [2, 4]  # children, and with those of the first the parent


def test_each_process_trains_its_share_of_a_sweep_recorded_or_not(tmp_path: Path) -> None:
    sweep = ["--sweep", "optimizer.learning_rate=0.01,0.1", "--sweep", "layers=4 relu,6 tanh | 5 relu"]
    words = ["-m", "mlcore", "train", "moons", "--epochs", "2", *sweep, "--json"]
    root = ["--runs-dir", str(tmp_path)]
    pairs = [started([*words, *more]) for more in (root, ["--no-record"])]
    alone = subprocess.run([sys.executable, *words, "--no-record"], capture_output=True, text=True, check=True)
    wanted = json.loads(alone.stdout.splitlines()[-1])["combinations"]
    for first, second in pairs:
        code, out, err = said(first)
        assert (code, err) == (0, "") and said(second) == (0, "", "")
        assert json.loads(out.splitlines()[-1])["combinations"] == wanted
    assert len(list(tmp_path.glob("*/run.json"))) == 5


def test_a_process_that_is_killed_or_hangs_ends_the_first_with_a_sentence(tmp_path: Path) -> None:
    begun = "from mlcore.backends.pytorch import team; from mlcore import cli; team.TIMEOUT = 6; exit(cli.main({}))"
    ends = {}
    for number in (signal.SIGKILL, signal.SIGSTOP):
        root = tmp_path / number.name
        words = [*LONG, "--no-progress", "--runs-dir", str(root)]
        ends[number] = root, *started(["-c", begun.format(words)])
    for number, (root, _, second) in ends.items():
        wait_for(lambda root=root: any("epoch" in path.read_text() for path in root.glob("*/metrics.jsonl")))  # type: ignore[misc]
        second.send_signal(number)
    for root, first, second in ends.values():
        code, _, err = said(first)
        second.kill()
        assert code == 9 and said(second)[1:] == ("", "")
        assert err.startswith("mlj: error[BACKEND_LOST]: one of the 2 processes of this training has gone, or was more")
        (folder,) = root.iterdir()
        assert json.loads((folder / "status.json").read_text())["state"] == "failed"


@pytest.mark.parametrize("device", ["cpu", pytest.param("cuda", marks=pytest.mark.gpu)])
def test_a_team_of_one_has_the_numbers_of_none(device: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What one GPU can show of NCCL."""
    for name, value in {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "0", "RANK": "0", "WORLD_SIZE": "1"}.items():
        monkeypatch.setenv(name, value)
    with team.joined(World()) as found:
        for settings in CASES.values():
            p = problem(**settings)
            shared = numbers(distributed.LeadingSession(p, device, "float32", found), p)
            alone = numbers(Torch(device, "float32", "eager").open(p), p)
            close(shared["losses"], alone["losses"], 1e-5)


def test_alone_is_who_was_not_started_by_torchrun() -> None:
    given = {"MASTER_ADDR": "here", "RANK": "1", "WORLD_SIZE": "4"}
    assert World.launched({}) == World.launched({"RANK": "1", "WORLD_SIZE": "4"}) == World()
    assert World.launched(given) == World(1, 4, 0, 4)
    assert World.launched(given | {"LOCAL_RANK": "1", "LOCAL_WORLD_SIZE": "2"}) == World(1, 4, 1, 2)
    assert World.launched(given | {"RANK": "one"}) == World()
