"""Feed a reader mutants of its seeds: what comes out is a value or a documented error, soon, in little memory.

The reader runs in a child that may take `MEMORY` more than it has; a crash of the interpreter is found as well. What
answered in a way not seen before becomes a seed, so that later mutants go deeper.
"""

from __future__ import annotations

import os
import random
import re
import resource
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from mlcore.errors import MljError
from tests.fuzz.mutation import altered, mutated
from tests.fuzz.reader import Reader

MEMORY = 256 << 20  # bytes; seeds have some thousand
SECOND = 1.0  # of processor time for one input
KEPT = 2000  # seeds
LAST = "last"  # the input that is being read


class Found(Exception):
    """An input that a reader does not answer as it should."""


def fuzz(make: Callable[[], Reader], *, executions: int = 0, seconds: float = 0.0, seed: int = 0) -> int:
    """Run so many executions, or for so many seconds of processor time; how many there were. Raises Found.

    The reader's files go to a folder that is the present one then, in memory where that can be had.
    """
    shm = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="mlj-fuzz-", dir=shm) as folder:
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                os.chdir(folder)
                told = str(_campaign(make(), executions, seconds, seed))
            except BaseException:
                told = traceback.format_exc()
            os.write(writing, told.encode("utf-8", "replace")[-60_000:])
            os._exit(0)
        os.close(writing)
        with os.fdopen(reading, "rb") as pipe:
            told = pipe.read().decode()
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if status or not told.isdigit():
            raise Found((told or f"the reader ended with {status}") + _kept(Path(folder, LAST)))
    return int(told)


def _kept(last: Path) -> str:
    """Where the input is that was being read."""
    if not last.exists():
        return ""
    descriptor, name = tempfile.mkstemp(prefix="mlj-fuzz-")
    with open(descriptor, "wb") as file:
        file.write(last.read_bytes())
    return f"\nthe input is in {name}: {last.read_bytes()[:200]!r}"


def _campaign(reader: Reader, executions: int, seconds: float, seed: int) -> int:
    some, seeds, seen, made = random.Random(seed), [*reader.seeds], set(), 0
    for whole in reader.seeds:
        assert not isinstance(answer(reader, whole), MljError), f"a seed is refused: {answer(reader, whole)}"
    _limit()
    began = time.process_time()
    with open(LAST, "wb", buffering=0) as last:
        while made < executions or time.process_time() - began < seconds:
            data = _mutant(reader, seeds, some)
            os.pwrite(last.fileno(), data, 0)  # whatever happens now, the input is there
            os.ftruncate(last.fileno(), len(data))
            found, made = _kind(answer(reader, data)), made + 1
            if found not in seen and len(seeds) < KEPT:
                seen.add(found)
                seeds.append(data)
    return made


def _limit() -> None:
    """No more memory than there is now and a little; what runs into it raises MemoryError."""
    if Path("/proc/self/statm").exists():
        most = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize() + MEMORY
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _mutant(reader: Reader, seeds: list[bytes], some: random.Random) -> bytes:
    if reader.values and some.random() < 0.5:
        value = some.choice(reader.values)
        for _ in range(1 + int(some.expovariate(1))):
            value = altered(value, some)
        data = reader.written(value)
        if some.random() < 0.9:
            return data
    else:
        data = some.choice(seeds)
    data = mutated(data, seeds, some)
    return reader.mended(data) if some.random() < 0.7 else data


def answer(reader: Reader, data: bytes) -> object:
    """What a reader makes of an input: a value, or an error it documents. Whatever else it raises goes on."""
    began = time.process_time()
    try:
        found: object = reader.read(data)
    except reader.errors as error:
        found = error
    spent = time.process_time() - began
    assert spent < SECOND, f"{spent:.1f} s for {len(data):,} bytes"
    assert not isinstance(found, MljError) or (found.code and str(found)), f"{type(found).__name__} says nothing"
    return found


def _kind(found: object) -> str:
    """An answer without its numbers and names."""
    if isinstance(found, MljError):
        return found.code + re.sub(r"'[^']*'|\"[^\"]*\"|[0-9a-f]+", "", str(found))[:200]
    return type(found).__name__
