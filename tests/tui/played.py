"""The whole app on a pretended terminal without a worker: what one said once is played to it.

`python -m tests.tui.played` lets a worker train and answer, and writes down anew what it says. Pictures are then drawn
from the same numbers on every machine, whatever its kernels and its speed.
"""

from __future__ import annotations

import asyncio
import gzip
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec

from mlcore.worker import protocol
from mlcore.worker.protocol import AnyMessage, Command, Hello, Inside, Picture, Reply, Started
from tests.tui.gallery import ROOMS, SIZES, Room, visit
from tests.tui.living import Living
from tui.app import MljApp
from tui.opening import Options
from tui.terminal import Terminal

FOLDER = Path(__file__).parent / "recordings"
RUNS = FOLDER / "runs"
KEPT = ("config.json", "run.json", "status.json", "metrics.jsonl")  # of a run's folder, enough to list it


def plain(command: Command) -> Command:
    """A command without its number and without the folders of this machine."""
    command = msgspec.structs.replace(command, id=0)
    if isinstance(command, protocol.Compare):
        command = msgspec.structs.replace(command, runs=tuple(Path(run).name for run in command.runs))
    return command


def nowhere(reply: Reply) -> Reply:
    """An answer without the folders of this machine."""
    if not isinstance(reply.value, protocol.Compared):
        return reply
    folders = tuple(tuple(Path(folder).name for folder in group) for group in reply.value.folders)
    return msgspec.structs.replace(reply, value=msgspec.structs.replace(reply.value, folders=folders))


def key_of(command: Command) -> bytes:
    """What tells a command from others."""
    return protocol.packet([plain(command)])


def saved(name: str, items: Iterable[Any]) -> None:
    """Write packets, so that the same ones give the same file."""
    (FOLDER / f"{name}.gz").write_bytes(gzip.compress(protocol.packet(items), mtime=0))


def loaded(name: str, decoder: msgspec.msgpack.Decoder[list[Any]]) -> list[Any]:
    """Read packets."""
    return list(protocol.Inbox(decoder).feed(gzip.decompress((FOLDER / f"{name}.gz").read_bytes())))


class Player:
    """Stands for the runner: says what was said, and answers as was answered."""

    alive = takes_starts = True
    read_only = False
    process = None

    def __init__(self, deliver: Callable[[Iterable[AnyMessage]], None], room: Room, size: tuple[int, int]) -> None:
        self._deliver, self._number = deliver, 0
        news = loaded(f"{room.name}-{size[0]}x{size[1]}", protocol.MESSAGES)
        started = {
            message.number: message.config["dataset"]["kind"] for message in news if isinstance(message, Started)
        }
        self._news = {kind: [message for message in news if message.number == n] for n, kind in started.items()}
        commands = loaded(f"{room.name}-asked", protocol.COMMANDS)
        self._answers = dict(zip(map(key_of, commands), loaded(f"{room.name}-answers", protocol.MESSAGES), strict=True))

    def connect(self, launched: object = None) -> None:
        """There is nobody."""

    def attach(self, run: object) -> bool:
        """Nobody else either."""
        return False

    def send(self, name: str, /, **values: Any) -> int:
        """Take a command. An experiment is the one that was recorded of the same data."""
        self._number += 1
        if name == "Start":
            news = self._news[values["config"]["dataset"]["kind"]]
            reply = Reply(id=self._number, number=news[0].number)
            asyncio.get_running_loop().call_soon(self._deliver, [Hello(version=1, pid=1, lab=True), reply, *news])
        return self._number

    def ask(self, then: Callable[[Reply], None], name: str, /, **values: Any) -> bool:
        """Answer in a moment; what was not asked when it was recorded is a mistake of the test."""
        asyncio.get_running_loop().call_soon(then, self._answers[key_of(getattr(protocol, name)(**values))])
        return True

    def answered(self, reply: Reply) -> bool:
        """Nobody waits for an answer."""
        return False

    def view(
        self, width: int, height: int, count: int, panes: tuple[str, ...] = (), wanted: bool = True, example: int = 0
    ) -> None:
        """Pictures are those recorded at this size."""

    def ask_for_pictures(self) -> None:
        """They come by themselves."""

    def close(self) -> None:
        """Nothing is open."""


@asynccontextmanager
async def played(home: Path, room: Room, size: tuple[int, int], terminal: Terminal) -> AsyncIterator[Living]:
    """The app, as it was when the recording was made, in `home`."""
    shutil.copytree(RUNS, home / "runs")
    (home / "settings.toml").write_text(f"pace = {room.pace}\n", encoding="utf-8")
    app = MljApp(terminal, Options(room.target, home / "runs"))
    app.runner = app.lab.runner = Player(app.hearing.heard, room, size)  # type: ignore[assignment]
    async with app.run_test(size=size) as pilot:
        lab = Living(app, pilot)
        await lab.until(lambda: lab.app.lab.recipes and not app.lab.awaited and app.feed.number)
        yield lab


# recording ----------------------------------------------------------------------------------------------------------


async def recorded(room: Room, size: tuple[int, int], home: Path) -> tuple[list[AnyMessage], dict[bytes, Any]]:
    """What a worker says in the rooms of the gallery: its news, and its answers by command."""
    (home / "settings.toml").write_text(f"pace = {room.pace}\n", encoding="utf-8")
    app = MljApp(Terminal(columns=size[0], rows=size[1]), Options(room.target, home / "runs"))
    said: list[AnyMessage] = []
    asked: dict[int, Command] = {}
    heard, send = app.runner._deliver, app.runner.send

    def deliver(messages: Iterable[AnyMessage]) -> None:
        said.extend(found := list(messages))
        heard(found)

    def sent(name: str, /, **values: Any) -> int:
        number = send(name, **values)
        asked[number] = getattr(protocol, name)(**values)
        return number

    app.runner._deliver, app.runner.send = deliver, sent  # type: ignore[method-assign]
    async with app.run_test(size=size) as pilot:
        lab = Living(app, pilot)
        await lab.until(lambda: room.ready(lab))
        for key in room.keys.split():
            await lab.press(key)
        await lab.until(lambda: room.settled(lab))
        await asyncio.sleep(1)
        for stop in room.stops:
            await visit(lab, stop)
            print(f"{room.name} {size} {stop.name}", flush=True)
            await asyncio.sleep(1)
        process = app.runner.process
        app.runner.send("Quit")
        app.runner.close()
        if process is not None:
            process.wait(60)
    answers = {m.id: m for m in said if isinstance(m, Reply) and m.value is not None}
    found = {key_of(asked[number]): (plain(asked[number]), nowhere(reply)) for number, reply in answers.items()}
    return news(said), found


def news(said: list[AnyMessage]) -> list[AnyMessage]:
    """What was said of each experiment, of its pictures only the last."""
    last = {(message.number, type(message)): message for message in said}
    kept = [m for m in said if not isinstance(m, Reply | Hello)]
    return [m for m in kept if not isinstance(m, Picture | Inside) or last[m.number, type(m)] is m]


def main() -> int:
    """Record everything anew."""
    import mlcore

    sys.argv = ["mlj"]  # what a run says of how it was begun
    FOLDER.mkdir(exist_ok=True)
    shutil.rmtree(RUNS, ignore_errors=True)
    with tempfile.TemporaryDirectory() as first:
        for name, settings in RECORDED.items():
            mlcore.fit(mlcore.load_recipe("journey/moons").with_settings(settings), Path(first) / "runs", name=name)
        for folder in (Path(first) / "runs").iterdir():
            (RUNS / folder.name).mkdir(parents=True)
            for name in KEPT:
                shutil.copy(folder / name, RUNS / folder.name / name)
        for room in ROOMS:
            answers: dict[bytes, Any] = {}
            for size in SIZES:
                with tempfile.TemporaryDirectory(prefix="mlj") as home:
                    os.environ |= {"MLJ_HOME": home, "XDG_RUNTIME_DIR": home, "TEXTUAL_ANIMATIONS": "none"}
                    shutil.copytree(Path(first) / "runs", Path(home) / "runs")
                    os.chdir(home)
                    told, found = asyncio.run(recorded(room, size, Path(home)))
                    os.chdir("/")
                saved(f"{room.name}-{size[0]}x{size[1]}", told)
                answers = found | answers
            saved(f"{room.name}-asked", [command for command, _ in answers.values()])
            saved(f"{room.name}-answers", [reply for _, reply in answers.values()])
    return 0


RECORDED = {
    "calm-finch": {"epochs": 40},
    "quick-otter": {"epochs": 40, "optimizer.learning_rate": 0.1},
    "straight-heron": {"epochs": 40, "layers": "8"},
    "other-lynx": {"dataset": "blobs", "epochs": 30},
}

if __name__ == "__main__":
    sys.exit(main())
