"""What the worker says of a draft: how its data look, its layers, what simple things reach; asked at each change."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tui.feed import safe
from tui.hints import sentence
from tui.text import plural

if TYPE_CHECKING:
    from mlcore import Config
    from mlcore.worker.protocol import Failed, Outline, Reply, Scene, Yardsticks
    from tui.runner import Runner


class Advice:
    """Asks, and keeps what was answered until something newer is. `news()` is called at every answer.

    problem: why this experiment cannot be trained; data_problem: why its data cannot be had. Both empty when it can.
    """

    def __init__(self, runner: Runner, news: Callable[[], None]) -> None:
        self._runner, self._news = runner, news
        self.scene: Scene | None = None
        self.outline: Outline | None = None
        self.yardsticks: Yardsticks | None = None
        self.problem = self.data_problem = ""
        self._config: Config | None = None
        self._data: dict[str, Any] = {}
        self.settled = False  # whether the outline is of the newest draft

    def of(self, config: Config) -> None:
        """Ask about an experiment; answers about the one before are of no use any more."""
        plain = config.to_dict()
        if self._config == config:
            return
        self._config, self.settled = config, False
        if plain["dataset"] != self._data:
            self._data, self.yardsticks = plain["dataset"], None
            self._ask(self._previewed, "Preview", dataset=plain["dataset"])
        self._ask(self._sketched, "Sketch", config=plain)

    def forget(self) -> None:
        """Another worker: ask everything again."""
        self._config, self._data = None, {}

    def trial(self, config: Config, tell: Callable[[str, bool], None]) -> None:
        """Say in a sentence what an experiment somebody is still typing would be, or why it cannot be."""

        def told(reply: Reply) -> None:
            tell(said(reply.error), False) if reply.error is not None else tell(summary(reply.value), True)

        self._runner.ask(told, "Sketch", config=config.to_dict())

    def data_trial(self, config: Config, tell: Callable[[str, bool], None]) -> None:
        """The same of data alone."""

        def told(reply: Reply) -> None:
            tell(said(reply.error), False) if reply.error is not None else tell(found(reply.value), True)

        self._runner.ask(told, "Preview", dataset=config.to_dict()["dataset"])

    def columns(self, config: Config, then: Callable[[tuple[str, ...]], None]) -> None:
        """The columns of a file; none where it is no table, cannot be read, or nobody is there to look."""

        def told(reply: Reply) -> None:
            then(reply.value.names if reply.error is None else ())  # type: ignore[union-attr]

        if not self._runner.ask(told, "Head", dataset=config.to_dict()["dataset"]):
            then(())

    def _ask(self, then: Callable[[Reply], None], name: str, /, **values: Any) -> None:
        config, data = self._config, self._data

        def answered(reply: Reply) -> None:
            if self._config is config or (name != "Sketch" and self._data == data):
                then(reply)
                self._news()

        self._runner.ask(answered, name, **values)

    def _previewed(self, reply: Reply) -> None:
        self.data_problem = said(reply.error) if reply.error is not None else ""
        if reply.error is None:
            self.scene = reply.value  # type: ignore[assignment]
            self._ask(self._measured, "Measure", dataset=self._data)

    def _measured(self, reply: Reply) -> None:
        self.yardsticks = reply.value if reply.error is None else None  # type: ignore[assignment]

    def _sketched(self, reply: Reply) -> None:
        self.settled = True
        self.problem = said(reply.error) if reply.error is not None else ""
        self.outline = reply.value if reply.error is None else None  # type: ignore[assignment]


def said(error: Failed | None) -> str:
    """An error of the worker in one sentence."""
    return sentence(error) if error is not None else ""


def summary(outline: Any) -> str:
    """The widths of a network, what it learns, and what is odd about it."""
    size = sum(stratum.parameters for stratum in outline.strata)
    remarks = "".join(f"; {remark}" for remark in outline.remarks)
    return f"{outline.summary}: {size:,} parameters, loss {outline.loss}{remarks}"


def found(scene: Any) -> str:
    """What there is of some data: rows, features, what is to be learned."""
    rows, features = sum(scene.rows.values()), len(scene.feature_names)
    classes = ", ".join(safe(name) for name in scene.class_names[:6])
    asked = f"{len(scene.class_names)} classes: {classes}" if scene.task != "regression" else "a number to learn"
    return f"{plural(rows, 'row')}, {plural(features, 'feature')}, {asked}"
