"""The experiment being edited, and which of its layers is selected. No Textual in it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlcore import Config

UNITS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512)
BENDS = ("relu", "tanh", "sigmoid", "relu6", "")  # "" is no bend at all: a straight line
NORMS = ("batch_norm", "layer_norm")  # stand between the neurons and their activation
SHORT = {"dropout": "drop"}  # as the architecture line writes it
LOWEST, HIGHEST = 1e-6, 100.0  # learning rates the keys stop at
LAYERS = 8  # hidden layers the Lab goes up to; a file may have more


@dataclass(frozen=True)
class Draft:
    """An experiment and the number of the selected hidden layer. Every edit is a new draft.

    `epochs_chosen`: whether a person named the epochs; until then they follow the data set's own recipe.
    """

    config: Config
    selected: int = 0
    epochs_chosen: bool = False

    @property
    def hidden(self) -> tuple[tuple[str, ...], ...]:
        """The hidden layers as words: (("8", "relu"), ("8", "relu"))."""
        line = str(self.config.to_dict()["layers"])
        return tuple(tuple(item.split()) for item in line.split("|")) if line else ()

    @property
    def dataset(self) -> str:
        """The kind of the data set."""
        return str(self.config.to_dict()["dataset"]["kind"])

    @property
    def places(self) -> tuple[int, ...]:
        """Which of the hidden items are neurons; the others (`drop .2`) stand between them."""
        return tuple(place for place, words in enumerate(self.hidden) if words[0].isdigit())

    @property
    def words(self) -> tuple[str, ...]:
        """The item of the selected layer."""
        return self.hidden[self.places[self.selected]] if self.places else ()

    @property
    def units(self) -> int:
        """Neurons of the selected layer, 0 without hidden layers."""
        return int(self.words[0]) if self.words else 0

    @property
    def bend(self) -> str:
        """The activation of the selected layer; empty when it has none."""
        return next((word for word in self.words[1:] if word.isidentifier() and word not in NORMS), "")

    def changed(self, settings: dict[str, Any]) -> Draft:
        """Dotted names replaced: {"optimizer.learning_rate": 0.1}. Raises ConfigError."""
        config = self.config.with_settings(settings)
        draft = replace(self, config=config, epochs_chosen=self.epochs_chosen or "epochs" in settings)
        return replace(draft, selected=min(self.selected, max(0, len(draft.places) - 1)))

    def with_data(self, recipe: Config) -> Draft:
        """Another data set, as its recipe has it; the network and its training stay as they are."""
        config = self.config.with_settings({"dataset": recipe.to_dict()["dataset"]})
        if not self.epochs_chosen:
            config = config.with_settings({"epochs": recipe.epochs})
        return replace(self, config=config)

    def with_units(self, step: int) -> Draft:
        """The selected layer with the next larger (step 1) or smaller (-1) number of neurons."""
        if not self.places:
            return self.with_layer() if step > 0 else self
        if step > 0:
            units = next((size for size in UNITS if size > self.units), self.units)
        else:
            units = next((size for size in reversed(UNITS) if size < self.units), self.units)
        return self._rebuilt(self.places[self.selected], ((str(units), *self.words[1:]),))

    def with_bend(self) -> Draft:
        """Every hidden layer with the next activation in turn."""
        return self.bent(BENDS[(BENDS.index(self.bend) + 1) % len(BENDS)] if self.bend in BENDS else BENDS[0])

    def bent(self, bend: str) -> Draft:
        """Every hidden layer with that activation, or with none; what normalizes stays."""
        items = [list(words) for words in self.hidden]
        for place in self.places:
            words = items[place]
            items[place] = [words[0], *(word for word in words[1:] if word in NORMS), *([bend] if bend else [])]
        return self._written(tuple(map(tuple, items)))

    def with_word(self, word: str) -> Draft:
        """The selected layer with another layer of the catalogue behind it, or without it when it is there."""
        if word == "dense" or not self.places:
            return self.with_layer()
        here = self.places[self.selected]
        if word in NORMS:
            rest = [each for each in self.words[1:] if each != word]
            added = [] if word in self.words else [word]
            return self._rebuilt(here, ((self.words[0], *added, *rest),))
        behind = self.hidden[here + 1 : here + 2]
        if behind and behind[0][0] == SHORT.get(word, word):
            return self._written((*self.hidden[: here + 1], *self.hidden[here + 2 :]))
        return self._rebuilt(here, (self.hidden[here], (word,)))

    def with_layer(self) -> Draft:
        """One more hidden layer, like the last one."""
        if len(self.places) >= LAYERS:
            return self
        layer = self.hidden[self.places[-1]] if self.places else ("8", "relu")
        return replace(self._written((*self.hidden, layer)), selected=len(self.places))

    def without_layer(self) -> Draft:
        """The last hidden layer gone, with what stands behind it."""
        return self._written(self.hidden[: self.places[-1]] if self.places else ())

    def with_next_selected(self) -> Draft:
        """The next hidden layer selected, after the last the first."""
        return replace(self, selected=(self.selected + 1) % len(self.places)) if self.places else self

    def with_rate(self, factor: float) -> Draft:
        """The learning rate times `factor`, to two digits."""
        rate = float(f"{self.config.optimizer.learning_rate * factor:.2g}")
        too_far = rate > HIGHEST if factor > 1 else rate < LOWEST
        return self if too_far else self.changed({"optimizer.learning_rate": rate})

    def with_seed(self) -> Draft:
        """The next seed."""
        return self.changed({"seed": (self.config.seed + 1) % 2**32})

    def _rebuilt(self, place: int, items: tuple[tuple[str, ...], ...]) -> Draft:
        return self._written((*self.hidden[:place], *items, *self.hidden[place + 1 :]))

    def _written(self, hidden: tuple[tuple[str, ...], ...]) -> Draft:
        return self.changed({"layers": " | ".join(" ".join(words) for words in hidden)})
