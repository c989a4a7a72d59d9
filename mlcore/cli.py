"""The command line `mlj`: find the verb, run it, and turn every way it can end into an exit code.

stdout is data, stderr is progress and errors. Nothing heavy is imported before a verb asks for it.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from mlcore.world import World


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code: 0, or the code of the error it ended with."""
    words = list(sys.argv[1:] if argv is None else argv)
    _open_streams()
    try:
        code = _run(words) if World.launched().size == 1 else _run_by_many(words)
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        code = 141
    except KeyboardInterrupt:
        print("mlj: interrupted", file=sys.stderr)
        code = 130
    except Exception as error:
        from mlcore.commands.failures import report

        code = report(error, words)
    _drop_unwritten()
    return code


def _open_streams() -> None:
    """Whoever closed our stdout is a reader who has gone; a terminal that cannot write ² gets \\xb2, not a crash."""
    if sys.stdin is None:
        sys.stdin = open(os.devnull)  # noqa: SIM115
    if sys.stdout is None:
        unread, pipe = os.pipe()
        os.dup2(pipe, 1)  # or the next file to be opened would get what is printed
        for end in {unread, pipe} - {1}:
            os.close(end)
        sys.stdout = open(1, "w")  # noqa: SIM115
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _run(words: list[str]) -> int:
    from mlcore.commands.parser import GREETING, parse

    if not words:
        print(GREETING)
        return 0
    try:
        args = parse(words)
    except SystemExit as end:  # argparse has answered --help or --version
        return int(end.code or 0)
    module, _, function = args.verb.partition(":")
    return int(getattr(import_module(module), function)(args))


def _run_by_many(words: list[str]) -> int:
    from mlcore.commands import company

    return company.run(words, World.launched(), _run)


def _drop_unwritten() -> None:
    """What cannot be written must not fail again when the interpreter ends."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            with contextlib.suppress(OSError, ValueError):  # a stream that is no file
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


if __name__ == "__main__":
    sys.exit(main())
