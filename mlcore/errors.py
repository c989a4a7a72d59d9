"""What can go wrong, by whose fault, and the exit code each fault ends the command line with.

Every error says what, where, what was got, and the way out: `str(error)` is one sentence, `hint` the way out.
"""

from __future__ import annotations

import sys


class MljError(Exception):
    """The root of every error mlj raises on purpose.

    `code` names the case (`DATA_RAGGED`), `where` the place (`train.csv:17`), `hint` the way out; `exit_code` is what
    the command line ends with.
    """

    exit_code = 70
    default_code = "INTERNAL"

    def __init__(self, message: str, *, code: str = "", where: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.code = code or self.default_code
        self.where = where
        self.hint = hint


class UsageError(MljError):
    """The command was not understood."""

    exit_code, default_code = 2, "USAGE"


class ConfigError(MljError, ValueError):
    """An experiment that cannot be: unknown key, value out of range, layers that do not fit."""

    exit_code, default_code = 2, "CONFIG_VALUE"


class ShapeError(ConfigError):
    """A layer got an input of a shape it cannot take."""

    default_code = "CONFIG_SHAPE"


class DataError(MljError, ValueError):
    """A data set that is missing, malformed or unfit for the task."""

    exit_code, default_code = 3, "DATA_VALUE"


class CheckpointError(MljError):
    """A weights file that is torn, foreign, or of another experiment."""

    exit_code, default_code = 4, "CKPT_CORRUPT"


class RunError(MljError):
    """A run that is not there, or that somebody else is writing."""

    exit_code, default_code = 5, "RUN_NOT_FOUND"


class StorageError(MljError, OSError):
    """The disk said no."""

    exit_code, default_code = 6, "STORAGE_IO"


class ResourceError(MljError, MemoryError):
    """More memory than there is, or than was allowed."""

    exit_code, default_code = 7, "RESOURCE_MEMORY"


class Diverged(MljError):
    """The loss stopped being a number."""

    exit_code, default_code = 8, "DIVERGED"


class BackendError(MljError):
    """A backend or device that was asked for and is not there."""

    exit_code, default_code = 9, "BACKEND_UNAVAILABLE"


class LibraryError(MljError, ImportError):
    """Somebody else's library that is needed and cannot be imported."""

    exit_code, default_code = 9, "LIBRARY_MISSING"


OURS = ("mlcore", "tui")
PACKAGES = {  # how to get libraries that are called otherwise, or are an extra
    "sklearn": "scikit-learn",
    "torch": '"mlj-tui[torch]"',
    "pyarrow": '"mlj-tui[parquet]"',
    "textual_serve": '"mlj-tui[web]"',
}


def lacking(error: BaseException) -> LibraryError | None:
    """The failed import of somebody else's library as an error of ours; None for anything else, a bug of ours too."""
    if not isinstance(error, ImportError):
        return None
    name = (error.name or _entered(error)).partition(".")[0]
    if name in OURS:
        return None
    first = str(error).strip().partition("\n")[0]
    if not name:
        return LibraryError(
            f"a library cannot be imported: {first}", hint="install it again; --debug shows which it is"
        )
    where = f"pip install --force-reinstall {PACKAGES.get(name, name)}"
    hint = "it comes with Python: install Python again" if name in sys.stdlib_module_names else where
    return LibraryError(f"{name} cannot be imported: {first}", where=name, hint=hint)


def _entered(error: ImportError) -> str:
    """The first library an error without a name came out of: one whose compiled part cannot be loaded says none."""
    from traceback import walk_tb  # costs 6 ms, which every start would pay

    frames = (frame for frame, _ in walk_tb(error.__traceback__))
    names = (str(frame.f_globals.get("__name__", "")) for frame in frames)
    return next((name for name in names if name.partition(".")[0] not in (*OURS, "importlib")), "")
