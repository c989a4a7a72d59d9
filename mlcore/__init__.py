"""mlj's engine: experiments as values, training as an iterator of events.

Public names load what they need when they are first used; importing this package loads nothing heavy.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    __version__: str
    from mlcore import datasets as datasets
    from mlcore import doctor as doctor
    from mlcore import exporters as exporters
    from mlcore import form as form
    from mlcore import kernels as kernels
    from mlcore import layers as layers
    from mlcore import losses as losses
    from mlcore import metrics as metrics
    from mlcore import optimizers as optimizers
    from mlcore import plots as plots
    from mlcore import sanitize as sanitize
    from mlcore import schedules as schedules
    from mlcore import shelf as shelf
    from mlcore import worker as worker
    from mlcore.config import Config as Config
    from mlcore.config import load_config as load_config
    from mlcore.config import load_recipe as load_recipe
    from mlcore.config import recipes as recipes
    from mlcore.controls import Controls as Controls
    from mlcore.decomposition import PCA as PCA
    from mlcore.errors import MljError as MljError
    from mlcore.errors import UsageError as UsageError
    from mlcore.errors import lacking as lacking
    from mlcore.estimators import MLPClassifier as MLPClassifier
    from mlcore.estimators import MLPRegressor as MLPRegressor
    from mlcore.foreign import find_log as find_log
    from mlcore.foreign import is_log as is_log
    from mlcore.gradients import gradcheck as gradcheck
    from mlcore.invocation import command_of as command_of
    from mlcore.loop import live as live
    from mlcore.model import Model as Model
    from mlcore.network import Network as Network
    from mlcore.repeats import train_many as train_many
    from mlcore.runs import Run as Run
    from mlcore.runs import fit as fit
    from mlcore.runs import list_runs as list_runs
    from mlcore.runs import open_run as open_run
    from mlcore.runs import record as record
    from mlcore.torch_modules import from_torch as from_torch
    from mlcore.torch_modules import to_torch as to_torch
    from mlcore.training import train as train

MODULES = (
    "datasets",
    "doctor",
    "exporters",
    "form",
    "kernels",
    "layers",
    "losses",
    "metrics",
    "optimizers",
    "plots",
    "sanitize",
    "schedules",
    "shelf",
    "worker",
)
NAMES = {
    "Config": "config",
    "Controls": "controls",
    "MLPClassifier": "estimators",
    "MLPRegressor": "estimators",
    "MljError": "errors",
    "Model": "model",
    "PCA": "decomposition",
    "Network": "network",
    "Run": "runs",
    "UsageError": "errors",
    "command_of": "invocation",
    "find_log": "foreign",
    "is_log": "foreign",
    "fit": "runs",
    "from_torch": "torch_modules",
    "gradcheck": "gradients",
    "lacking": "errors",
    "list_runs": "runs",
    "live": "loop",
    "load_config": "config",
    "load_recipe": "config",
    "open_run": "runs",
    "recipes": "config",
    "record": "runs",
    "to_torch": "torch_modules",
    "train": "training",
    "train_many": "repeats",
}


def __getattr__(name: str) -> Any:
    if name in MODULES:
        return import_module(f"mlcore.{name}")
    if name in NAMES:
        return getattr(import_module(f"mlcore.{NAMES[name]}"), name)
    if name == "__version__":
        return _version()
    raise AttributeError(f"module 'mlcore' has no attribute {name!r}")


def _version() -> str:
    """The installed version; asked for late, because reading package metadata costs 30 ms."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("mlj-tui")
    except PackageNotFoundError:  # a source tree that was never installed
        return "0+source"


def __dir__() -> list[str]:
    return sorted([*MODULES, *NAMES, "__version__"])
