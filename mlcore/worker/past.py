"""The past of an experiment: the configuration from each step on, as it was changed on the way."""

from __future__ import annotations

from mlcore.config import Config


class Past:
    """Configurations by the step from which they hold; what is changed at a step is part of that moment."""

    def __init__(self, first: Config) -> None:
        self.turns: list[tuple[int, Config]] = [(0, first)]

    def at(self, step: int) -> Config:
        """The one in force after so many steps."""
        return [config for first, config in self.turns if first <= step][-1]

    def turn(self, step: int, config: Config) -> None:
        """From here on this one; what was known of later steps is of a past that is gone."""
        self.turns = [*(each for each in self.turns if each[0] <= step), (step, config)]

    def until(self, step: int, config: Config) -> Past:
        """The same past up to a step, and from there on this one."""
        other = Past(config)
        other.turns = [*(each for each in self.turns if each[0] < step), (step, config)]
        return other
