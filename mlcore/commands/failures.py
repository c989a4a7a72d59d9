"""How a command says that it failed: one sentence, the way out, and the exit code of whose fault it was."""

from __future__ import annotations

import contextlib
import errno
import sys
import tempfile
import traceback
from pathlib import Path

from mlcore.errors import MljError, ResourceError, StorageError, lacking

STORAGE = {
    errno.ENOSPC: "STORAGE_FULL",
    errno.EDQUOT: "STORAGE_FULL",
    errno.EROFS: "STORAGE_READ_ONLY",
    errno.EACCES: "STORAGE_PERMISSION",
    errno.EPERM: "STORAGE_PERMISSION",
}


def report(error: Exception, words: list[str]) -> int:
    """Say what went wrong on stderr (as JSON on stdout with --json) and return the exit code.

    An error nobody expected leaves a crash file with its traceback and ends with 70. `--debug` shows every traceback.
    Where nothing can be written any more, the code alone says it.
    """
    told = known(error)
    with contextlib.suppress(OSError):
        if "--debug" in words:
            traceback.print_exception(error)
        if not ("--json" in words and _told_as_json(told)):
            print(sentence(told), file=sys.stderr)
    return told.exit_code


def _told_as_json(error: MljError) -> bool:
    """Whether the JSON line of an error could be written."""
    from mlcore.report import error_line

    try:
        print(error_line(error), flush=True)
    except OSError:
        return False
    return True


def known(error: Exception) -> MljError:
    """The error as one of ours. The disk's and the memory's own errors are translated; the rest is a bug of ours."""
    if isinstance(error, MljError):
        return error
    if library := lacking(error):
        return library
    if isinstance(error, MemoryError):
        return ResourceError(
            f"not enough memory: {error}", hint="ask for fewer rows, smaller layers or smaller batches"
        )
    if isinstance(error, OSError):
        code = STORAGE.get(error.errno or 0, "STORAGE_IO")
        gone = "the present folder" if isinstance(error, FileNotFoundError) else "the output"  # as they have no name
        name = str(error.filename or gone)
        return StorageError(f"{name}: {error.strerror or error}", code=code, where=name)
    path = _crash_file(error)
    what = f"{type(error).__name__}: {error}"
    return MljError(f"a bug in mlj: {what}; details are in {path}", where=path, hint="run again with --debug to see it")


def sentence(error: MljError) -> str:
    """`mlj: error[CODE]: what happened`, and the way out on a second line where there is one."""
    from mlcore.sanitize import sanitize

    where = f"{error.where}: " if error.where and error.where not in str(error) else ""
    lines = [f"mlj: error[{error.code}]: {sanitize(where + str(error), 2000)}"]
    if error.hint:
        lines.append(f"  hint: {sanitize(error.hint, 2000)}")
    return "\n".join(lines)


def _crash_file(error: Exception) -> str:
    """Write the traceback beside the run that crashed, or into the temporary folder; the path, or why there is none."""
    folder = getattr(error, "run_folder", None)
    text = "".join(traceback.format_exception(error))
    try:
        with tempfile.NamedTemporaryFile(
            "w", prefix="mlj-crash-", suffix=".txt", dir=folder, delete=False, encoding="utf-8"
        ) as file:
            file.write(f"{' '.join(sys.argv)}\nPython {sys.version}\n\n{text}")
        return str(Path(file.name))
    except OSError as reason:
        return f"no file ({reason.strerror})"
