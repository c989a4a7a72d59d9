"""The experiment being edited, and which of its layers is selected. No Textual in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import mlcore
from tui.words import AROUND, NORMS, SETTING, SHORT, bent, paired, resized, turned

if TYPE_CHECKING:
    from mlcore import Config

BENDS = ("relu", "tanh", "sigmoid", "relu6", "")  # "" is no bend at all: a straight line
LOWEST, HIGHEST = 1e-6, 100.0  # learning rates the keys stop at
FEW = 500  # epochs for the few points a hand places: each is one step
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
        """The hidden layers as words, each with what stands behind it: (("8", "relu", "|", "drop", ".2"), ("8",))."""
        return self._split()[1]

    def _split(self) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
        """The words before the first layer of neurons, and those of each."""
        before: tuple[str, ...] = ()
        found: list[tuple[str, ...]] = []
        for item in str(self.config.to_dict()["layers"]).split("|"):
            words = tuple(item.split())
            if words and words[0].isdigit():
                found.append(words)
            elif found:
                found[-1] = (*found[-1], "|", *words)
            elif words:
                before = (*before, "|", *words) if before else words
        return before, tuple(found)

    @property
    def dataset(self) -> str:
        """The kind of the data set."""
        return str(self.config.to_dict()["dataset"]["kind"])

    @property
    def data_name(self) -> str:
        """The data in a word: of a file its name."""
        return mlcore.form.data_name(self.config.to_dict()["dataset"])

    @property
    def units(self) -> int:
        """Neurons of the selected layer, 0 without hidden layers."""
        return int(self.hidden[self.selected][0]) if self.hidden else 0

    @property
    def bend(self) -> str:
        """The activation of the selected layer; empty when it has none."""
        words = self.hidden[self.selected] if self.hidden else ()
        return next((word for word in words if word in mlcore.layers.ACTIVATIONS), "")

    @property
    def dropouts(self) -> tuple[float, ...]:
        """The rates of the dropout layers, in their order."""
        return tuple(float(words[1]) for words in self._items() if words[0] == "drop" and len(words) > 1)

    def with_dropout(self, place: int, rate: float) -> Draft:
        """The layer of neurons as they are, with another rate of one dropout."""
        items = self._items()
        drops = [words for words in items if words[0] == "drop" and len(words) > 1]
        drops[place][1] = f"{rate:g}"
        return self.changed({"layers": " | ".join(" ".join(words) for words in items)})

    def _items(self) -> list[list[str]]:
        return [words for item in str(self.config.to_dict()["layers"]).split("|") if (words := item.split())]

    def changed(self, settings: dict[str, Any]) -> Draft:
        """Dotted names replaced: {"optimizer.learning_rate": 0.1}. Raises ConfigError.

        Another data set asks for its own loss: that of numbers fits no classes.
        """
        config = self.config.with_settings(settings)
        other = config.to_dict()["dataset"]["kind"] != self.dataset
        if other and not any(name.startswith("loss") for name in settings):
            config = config.with_settings({"loss": {"kind": "auto"}})
        draft = replace(self, config=config, epochs_chosen=self.epochs_chosen or "epochs" in settings)
        return replace(draft, selected=min(self.selected, max(0, len(draft.hidden) - 1)))

    def with_data(self, recipe: Config) -> Draft:
        """Another data set, as its recipe has it; the network and its training stay as they are, the loss if it may.

        Tokens ask for a network that takes them and nothing else does: between the two the recipe's comes along.
        """
        told = recipe.to_dict()
        takes, took = (any(layer.tokens for layer in config.layers) for config in (recipe, self.config))
        draft = self.changed({"dataset": told["dataset"]} | ({"layers": told["layers"]} if takes != took else {}))
        if self.epochs_chosen:
            return draft
        return replace(draft, config=draft.config.with_settings({"epochs": recipe.epochs}))

    @property
    def placed(self) -> tuple[tuple[float, float, int], ...]:
        """The points of the data set `drawn`, x1, x2 and class; none of another."""
        points = str(self.config.to_dict()["dataset"].get("placed", "")).split(";")
        words = [point.split() for point in points if point.strip()]
        return tuple((float(x1), float(x2), int(label)) for x1, x2, label in words)

    def with_points(self, dots: Sequence[tuple[float, float, int]]) -> Draft:
        """Points placed by hand, to three digits: a hand places them no closer."""
        placed = "; ".join(f"{x1:.3f} {x2:.3f} {label}" for x1, x2, label in dots)
        dataset = self.config.to_dict()["dataset"]
        if dataset["kind"] == "drawn":
            return self.changed({"dataset.placed": placed})
        draft = self.changed({"dataset": {"kind": "drawn", "placed": placed}})
        return draft if self.epochs_chosen else replace(draft, config=draft.config.with_settings({"epochs": FEW}))

    def with_units(self, step: int) -> Draft:
        """The selected layer with the next larger (step 1) or smaller (-1) number of neurons."""
        if not self.hidden:
            return self.with_layer() if step > 0 else self
        units = resized(self.units, step)
        rest = self.hidden[self.selected][1:]
        return self._rebuilt(self.selected, ((str(units), *rest),))

    def with_bend(self) -> Draft:
        """Every hidden layer with the next activation in turn."""
        return self.with_bends(BENDS[(BENDS.index(self.bend) + 1) % len(BENDS)] if self.bend in BENDS else BENDS[0])

    def with_bends(self, bend: str) -> Draft:
        """Every hidden layer with that activation."""
        return self._written(tuple(bent(words, bend) for words in self.hidden))

    def with_word(self, word: str) -> Draft:
        """The selected layer with another entry of the catalogue in it or behind it, or without it where it is."""
        if word == "dense" or not self.hidden:
            return self.with_layer()
        words = list(self.hidden[self.selected])
        written = SHORT.get(word, word)
        if written in words:
            place = words.index(written)
            end = next((i for i in range(place + 1, len(words)) if not SETTING.fullmatch(words[i])), len(words))
            del words[place - (words[place - 1] == "|") : end]
        elif word in NORMS:
            words.insert(1, word)
        else:
            words += ["|", word]
        return self._rebuilt(self.selected, (tuple(words),))

    @property
    def words(self) -> tuple[str, ...]:
        """Every layer of the body by its word, in order: ("8", "relu", "drop .2")."""
        return tuple(layer.word for layer in self.config.layers)

    def with_words(self, words: Iterable[str]) -> Draft:
        """Another body, layer by layer. Raises ConfigError."""
        return self.changed({"layers": " | ".join(words)})

    def with_inserted(self, place: int, *words: str) -> Draft:
        """Layers before the one at `place`; half of a way around comes with the other half."""
        whole = AROUND if set(words) & set(AROUND) else words
        return self.with_words((*self.words[:place], *whole, *self.words[place:]))

    def without_block(self, place: int) -> Draft:
        """The layer at `place` gone; neurons go with the bend behind them, and a skip and its add together."""
        gone = {*range(place, self.behind(place)), paired(self.words, place)}
        return self.with_words(word for number, word in enumerate(self.words) if number not in gone)

    def behind(self, place: int) -> int:
        """The place behind the layer at `place`, and behind the bend that belongs to it if it is neurons."""
        words = self.words
        bends = place + 1 < len(words) and words[place + 1].partition(" ")[0] in mlcore.layers.ACTIVATIONS
        return place + 2 if words[place].isdigit() and bends else place + 1

    def with_moved(self, place: int, step: int) -> Draft:
        """The layer at `place` one before (-1) or behind (1) its neighbour; at an end it stays."""
        words = list(self.words)
        if 0 <= place + step < len(words):
            words[place], words[place + step] = words[place + step], words[place]
        return self.with_words(words)

    def with_carried(self, place: int, to: int) -> Draft:
        """The layer at `place`, neurons with the bend behind them, put where the one at `to` stands."""
        words, end = self.words, self.behind(place)
        goal, after = to, to + 1
        if words[place].isdigit():  # neurons never part others from their bend
            goal = to - 1 if to and self.behind(to - 1) == to + 1 else to
            after = self.behind(goal)
        if to < place:
            return self.with_words((*words[:goal], *words[place:end], *words[goal:place], *words[end:]))
        if to >= end:
            return self.with_words((*words[:place], *words[end:after], *words[place:end], *words[after:]))
        return self

    def with_turned(self, place: int, step: int) -> Draft:
        """The layer at `place` larger (1) or smaller (-1), or the next of its kind."""
        word = turned(self.words[place], step)
        return self.with_words((*self.words[:place], word, *self.words[place + 1 :]))

    def with_layer(self) -> Draft:
        """One more hidden layer, like the last one."""
        if len(self.hidden) >= LAYERS:
            return self
        layer = self.hidden[-1] if self.hidden else ("8", "relu")
        return replace(self._written((*self.hidden, layer)), selected=len(self.hidden))

    def without_layer(self) -> Draft:
        """The last hidden layer gone."""
        return self._written(self.hidden[:-1])

    def with_next_selected(self) -> Draft:
        """The next hidden layer selected, after the last the first."""
        return replace(self, selected=(self.selected + 1) % len(self.hidden)) if self.hidden else self

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
        before, _ = self._split()
        items = [before, *hidden] if before else hidden
        return self.changed({"layers": " | ".join(" ".join(words) for words in items)})
