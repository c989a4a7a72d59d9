"""The whole experiment as one frozen value: what is learned, by which network, and how."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias, Union

import msgspec
from msgspec import Meta

from mlcore import datasets, initializers, layers, losses, metrics, optimizers, schedules
from mlcore.catalogue import unknown
from mlcore.datasets.dataset import Dataset
from mlcore.errors import ConfigError
from mlcore.goal import Goal
from mlcore.layers import line
from mlcore.layers.layer import Layer
from mlcore.losses import Loss
from mlcore.optimizers import Optimizer
from mlcore.schedules import Schedule
from mlcore.sections import check, put, refused
from mlcore.spec import Count, Spec, changed
from mlcore.storage import read_file

if TYPE_CHECKING:
    AnyDataset: TypeAlias = Dataset
    AnyLayer: TypeAlias = Layer
    AnyLoss: TypeAlias = Loss
    AnyOptimizer: TypeAlias = Optimizer
    AnySchedule: TypeAlias = Schedule
else:
    AnyDataset = Union[datasets.CATALOGUE.classes()]  # noqa: UP007  (a union made of a catalogue)
    AnyLayer = Union[layers.CATALOGUE.classes()]  # noqa: UP007
    AnyLoss = Union[losses.CATALOGUE.classes()]  # noqa: UP007
    AnyOptimizer = Union[optimizers.CATALOGUE.classes()]  # noqa: UP007
    AnySchedule = Union[schedules.CATALOGUE.classes()]  # noqa: UP007

LONGEST = 1 << 20  # bytes of a configuration file
MONITORS = tuple(
    f"{split}_{name}" for split in ("train", "validation") for name in ("loss", *metrics.CATALOGUE.names())
)
Seed: TypeAlias = Annotated[
    int, Meta(ge=0, lt=2**32, description="first weights, batch order, dropout; never the data")
]


class Stopping(Spec, frozen=True, kw_only=True):
    """When to stop before the last epoch, and which weights to keep."""

    monitor: Annotated[str, Meta(description="what the best epoch is judged by")] = "validation_loss"
    patience: Annotated[int, Meta(ge=0, description="epochs without a better monitor before stopping; 0: never")] = 0
    restore_best: Annotated[bool, Meta(description="keep the weights of the best epoch, not of the last")] = True
    goal: Annotated[str, Meta(description="e.g. validation_accuracy >= 0.95; not reached: exit 1")] = ""
    on_divergence: Annotated[
        Literal["stop", "rollback"],
        Meta(description="rollback: back to the last epoch with half the rate, at most three times"),
    ] = "stop"
    max_seconds: Annotated[float, Meta(ge=0, description="stop after that long; 0: never")] = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.monitor not in MONITORS:
            raise unknown("monitor", self.monitor, MONITORS)
        if self.goal:
            Goal.parse(self.goal)


class Recording(Spec, frozen=True, kw_only=True):
    """How often a run writes down where it is."""

    snapshot_every: Annotated[int, Meta(ge=0, description="epochs between snapshots; 0: none")] = 10
    keep: Annotated[int, Meta(ge=1, description="checkpoints kept")] = 3


class Config(Spec, frozen=True, kw_only=True):
    """The whole experiment: equal values train equal networks.

    `layers` is the body; the output layer follows from the data set and is never written.
    """

    schema: Literal[1] = 1
    seed: Seed = 42
    layers: tuple[AnyLayer, ...] = line.parse("8 relu | 8 relu")
    init: Annotated[str, Meta(description="how first weights are drawn")] = "he_normal"
    epochs: Annotated[int, Meta(ge=1, le=10_000_000, description="times every training row is seen")] = 100
    batch_size: Annotated[Count | Literal["full"], Meta(description="rows a step learns from; full: all of them")] = 32
    backend: Annotated[Literal["auto", "native", "reference", "torch"], Meta(description="what runs the network")] = (
        "auto"
    )
    device: Annotated[str, Meta(pattern=r"^(auto|cpu|cuda(:\d+)?)$", description="auto, cpu, cuda or cuda:1")] = "auto"
    precision: Annotated[
        Literal["float32", "float64", "tf32", "bf16"],
        Meta(description="how exact: tf32 and bf16 are PyTorch's, tf32 of GPUs"),
    ] = "float32"
    engine: Annotated[
        Literal["auto", "eager", "graph", "compile"], Meta(description="how PyTorch runs a step; graph on GPUs")
    ] = "auto"
    repeats: Annotated[int, Meta(ge=1, le=1000, description="networks to train: seed, seed + 1, …")] = 1
    dataset: AnyDataset = msgspec.field(default_factory=lambda: datasets.CATALOGUE.find("circles").load()())
    loss: AnyLoss = losses.Auto()
    optimizer: AnyOptimizer = optimizers.Adam()
    schedule: AnySchedule = schedules.Constant()
    stopping: Stopping = Stopping()
    recording: Recording = Recording()

    def __post_init__(self) -> None:
        super().__post_init__()
        initializers.find(self.init)
        if self.seed + self.repeats > 2**32:
            hint = f"the last one would be {self.seed + self.repeats - 1}; give a smaller seed"
            raise ConfigError(f"repeats: {self.repeats} seeds from {self.seed} on end past {2**32 - 1}", hint=hint)

    @property
    def weight_type(self) -> Literal["float32", "float64"]:
        """What weights are kept in: tf32 and bf16 say how they are multiplied."""
        return "float64" if self.precision == "float64" else "float32"

    def batch_of(self, rows: int) -> int:
        """How many of so many training rows a step learns from."""
        return rows if self.batch_size == "full" else min(self.batch_size, rows)

    def setting(self, name: str) -> Any:
        """The plain value at a dotted name."""
        value: Any = self.to_dict()
        for word in name.split("."):
            value = value[word]
        return value

    def to_dict(self) -> dict[str, Any]:
        """Plain values, every default written out; `layers` as its line."""
        plain: dict[str, Any] = msgspec.to_builtins(self)
        plain["layers"] = line.write(self.layers)
        return plain

    def to_toml(self) -> str:
        """The experiment as a file `load_config` reads back."""
        import tomli_w

        return tomli_w.dumps(self.to_dict())

    def with_settings(self, settings: Mapping[str, Any]) -> Config:
        """A copy with dotted names replaced: {"optimizer.learning_rate": 0.1, "layers": "16 tanh"}.

        A new `kind` starts from that kind's defaults, and comes before its fields in whatever order they are given.
        Raises ConfigError naming the setting.
        """
        plain = self.to_dict()
        for name, value in sorted(settings.items(), key=lambda each: each[0].removesuffix(".kind").count(".")):
            put(plain, name, value)
        return from_dict(plain)


def from_dict(plain: Mapping[str, Any], where: str = "") -> Config:
    """The experiment of plain values. Raises ConfigError with the path of the first thing that is wrong."""
    plain = dict(plain)
    layers = plain.get("layers")
    try:
        if isinstance(layers, str | int) and not isinstance(layers, bool):  # one number is one layer
            plain["layers"] = msgspec.to_builtins(line.parse(str(layers)))
        check(plain, Config)
        return _converted(plain)
    except ConfigError as error:
        error.where = error.where or where
        raise


def _converted(plain: dict[str, Any]) -> Config:
    try:
        return msgspec.convert(plain, Config)
    except UnicodeEncodeError as error:  # bytes of a command line that are no text
        raise ConfigError(f"configuration: {error.object!r:.120} is not text") from None
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at `$.")
        path, cause = path.rstrip("`"), error.__cause__
        if isinstance(cause, ConfigError):  # what a spec refuses as a whole
            section = f"{path}: " if path else ""
            raise ConfigError(f"{section}{cause}", code=cause.code, hint=cause.hint) from None
        told, hint = refused(plain, Config, path)
        raise ConfigError(f"{path or 'configuration'}: {told or message}", hint=hint) from None


def load_config(path: str | Path) -> Config:
    """The experiment in a TOML file. Raises ConfigError naming the file and the line or key."""
    import tomllib

    path = Path(path)
    try:
        plain = tomllib.loads(read_file(path, LONGEST).decode("utf-8-sig"))
    except FileNotFoundError:
        hint = "name a recipe (mlj recipes lists them) or a .toml file"
        raise ConfigError(f"no such file: {path}", code="CONFIG_NOT_FOUND", where=str(path), hint=hint) from None
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}", code="CONFIG_UNREADABLE", where=str(path)) from None
    except (ValueError, RecursionError) as error:  # of TOML, of UTF-8, of a number with thousands of digits
        raise ConfigError(f"{path} is not TOML: {error}", code="CONFIG_SYNTAX", where=str(path)) from None
    config = from_dict(plain, where=str(path))
    found = config.dataset.beside(path.parent)
    return config if found is config.dataset else changed(config, dataset=found)


RECIPES = Path(__file__).parent / "recipes"


def recipes() -> dict[str, str]:
    """The recipes there are: name (`journey/moons`) to its first comment line, in reading order."""
    found = {}
    for path in sorted(RECIPES.rglob("*.toml")):
        first = path.read_text(encoding="utf-8").split("\n", 1)[0]
        found[path.relative_to(RECIPES).with_suffix("").as_posix()] = first.lstrip("# ").rstrip()
    return found


def recipe_name(text: str) -> str:
    """The full name of a recipe from it or from its last part: `moons` is `journey/moons`.

    Raises ConfigError naming the nearest one, or those it could be.
    """
    known = tuple(recipes())
    found = [name for name in known if text in (name, name.rpartition("/")[2])]
    if len(found) > 1:
        raise ConfigError(f"recipe {text!r} is one of several", hint="say which: " + ", ".join(found))
    if not found:
        short = "/" not in text.strip("/")
        raise unknown("recipe", text, tuple(name.rpartition("/")[2] for name in known) if short else known)
    return found[0]


def load_recipe(name: str) -> Config:
    """The experiment of a recipe, by its name or the last part of it. Raises ConfigError as `recipe_name` does."""
    return load_config(RECIPES / f"{recipe_name(name)}.toml")
