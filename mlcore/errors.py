"""What can go wrong, by whose fault, and the exit code each fault ends the command line with.

Every error says what, where, what was got, and the way out: `str(error)` is one sentence, `hint` the way out.
"""

from __future__ import annotations


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
