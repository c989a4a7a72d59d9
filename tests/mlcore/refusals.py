"""What every refusal of the command line looks like, and a command line in a process of its own."""

from __future__ import annotations

import os
import re
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import mlcore
from tests.mlcore.cli.conftest import Said

HERE = {"PYTHONPATH": str(Path(mlcore.__file__).parents[1])}
UNSEEN = {"PYTHONDONTWRITEBYTECODE": "1"}  # where no file may grow, Python leaves half of a module in its cache
SENTENCE = re.compile(r"mlj: error\[(?!INTERNAL)[A-Z_]+\]: [^\n]+\n(  hint: [^\n]+\n)?")


def refused(said: Said, code: int, *words: str) -> None:
    """One sentence with these words, the code, nothing on stdout."""
    assert (said.code, said.out) == (code, ""), said
    assert SENTENCE.fullmatch(said.err), said.err
    for word in words:
        assert word in said.err, said.err


def process(home: Path, words: str, *, before: Callable[[], None] | None = None, **environment: str) -> Said:
    """A command line in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "mlcore", *words.split()],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        preexec_fn=before,
        cwd=home,
        env=os.environ | HERE | (UNSEEN if before else {}) | environment,
        check=False,
    )
    assert "Traceback" not in done.stderr
    return Said(done.returncode, done.stdout, done.stderr)


def limit(size: int) -> None:
    """No file grows beyond so many bytes: a disk that is full."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
