"""The Lab without its screen: the draft, the run that learns it, and what a person has asked for so far."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeAlias

from tui.draft import Draft

if TYPE_CHECKING:
    from mlcore import Config
    from mlcore.form import Choice
    from mlcore.worker.protocol import Changed as Change
    from tui.feed import Feed
    from tui.frame import Frame
    from tui.runner import Runner

Pace: TypeAlias = str | float
HOLD = 0.1  # seconds; a network learned faster is shown when it is learned, without flicker in between
STRIDE = 12  # a step along the film is this part of the way from its beginning
PACES: tuple[Pace, ...] = ("full", 60.0, 16.0, 4.0, 1.0)  # full, or epochs a second
SLOW = 0.5  # seconds after which an experiment is no longer learned anew with every key


class Lab:
    """Turns what a person asks for into drafts and commands, and keeps the few words captions ask about.

    `recipes` are experiments by data set, in the order of the arrow keys, `choices` what else can be chosen by name;
    the draft is None until the first is there, or while a run of somebody else is watched.
    """

    def __init__(self, runner: Runner, feed: Feed) -> None:
        self.runner, self.feed = runner, feed
        self.recipes: dict[str, Config] = {}
        self.choices: tuple[Choice, ...] = ()
        self.draft: Draft | None = None
        self.pace: Pace = "show"
        self.changes = 0
        self.action = ""
        self._began = monotonic()
        self._watched = 0.0
        self._asked = 0  # the command that started the experiment of the draft
        self._sent: Config | None = None  # the draft when that was asked for
        self._number = 0  # which experiment of the worker that is, as its reply says
        self.told: dict[str, str] = {}  # of the run that goes on: settings changed, and since when
        self._shown = ""  # the folder of the recorded run that is looked at
        self._learning: Config | None = None

    @property
    def watched(self) -> float:
        """Seconds this run has been watched, until its end."""
        return self._watched or monotonic() - self._began

    @property
    def awaited(self) -> bool:
        """Whether what is shown is still the experiment before the one asked for."""
        return self._asked > 0 or self.feed.number < self._number

    @property
    def young(self) -> bool:
        """Whether a run at full speed has begun so lately that its end is what should be seen of it first."""
        return self.pace == "full" and monotonic() - self._began < HOLD

    def answered(self, command: int, number: int) -> None:
        """A command was answered. If it was the one that began an experiment, its number is known."""
        if command == self._asked:
            self._asked, self._number = 0, number

    def forget(self) -> None:
        """Another worker: it counts from 1 again."""
        self._asked = self._number = 0

    def ended(self) -> None:
        """The run has ended: what was watched is known."""
        self._watched = self._watched or monotonic() - self._began

    def open(self, config: Config, chosen: bool = False) -> None:
        """Begin with an experiment; one a person chose keeps its epochs when the data change."""
        self.draft = Draft(config, epochs_chosen=chosen)
        self._start()

    def show(self, config: Config | None, place: str, going_on: bool = False) -> None:
        """Look at a run that is not going on, by its folder, or at a log; or go on with it."""
        self.adopt(config)
        self._shown = place
        if not going_on:
            self._ask("Open", run=self._shown)
        else:
            self.go_on()

    def go_on(self) -> bool:
        """Go on with the run that is looked at; False when none is."""
        if not self._shown or self.draft is None:
            return False
        self._did("go on")
        self._began, self._watched = monotonic(), 0.0
        self._ask("Open", run=self._shown, settings={})
        self._shown = ""
        return True

    def change(self, edit: Callable[[Draft], Draft], action: str = "") -> bool:
        """Edit the draft and learn it at once. Raises ConfigError when the edit cannot be; says whether it changed."""
        if self.draft is None:
            return False
        draft = edit(self.draft)
        same = draft.config == self.draft.config
        self.draft = draft
        if same:
            return False
        self._did(action)
        self._start()
        return True

    def edit(self, edit: Callable[[Draft], Draft]) -> bool:
        """Edit the draft alone; `learn` trains it. Raises ConfigError when the edit cannot be."""
        if self.draft is None:
            return False
        before, self.draft = self.draft, edit(self.draft)
        return self.draft.config != before.config

    @property
    def behind(self) -> bool:
        """Whether the draft is not what is being learned."""
        return self.draft is not None and self.draft.config != self._learning

    def learn(self, action: str = "build") -> None:
        """Learn the draft, unless that is what is being learned."""
        if self.behind:
            self._did(action)
            self._start()

    def restart(self) -> None:
        """The same experiment again."""
        if self.draft is not None:
            self._did("restart")
            self._start()

    def move_data(self, step: int) -> bool:
        """The next data set in the order of the strip, around its end."""
        if self.draft is None or not self.recipes:
            return False
        names = list(self.recipes)
        here = names.index(self.draft.dataset) if self.draft.dataset in names else 0
        return self.choose_data(names[(here + step) % len(names)])

    def choose_data(self, name: str) -> bool:
        """A data set by name."""
        return self.change(lambda draft: draft.with_data(self.recipes[name]), "data")

    def choose(self, choice: Choice) -> bool:
        """An entry of a catalogue by name. Raises ConfigError when it does not fit the rest."""
        if choice.setting == "layers":
            edit = Draft.with_bends if choice.bends else Draft.with_word
            return self.change(lambda draft: edit(draft, choice.word), "layers")
        return self.change(lambda draft: draft.changed({choice.setting: choice.word}), choice.setting)

    def place(self, dots: Sequence[tuple[float, float, int]]) -> bool:
        """Learn points placed by hand."""
        return self.change(lambda draft: draft.with_points(dots), "points")

    def adopt(self, config: Config | None) -> None:
        """A run was attached to: its experiment is the draft further keys begin from; somebody's own loop has none."""
        self.draft = Draft(config, epochs_chosen=True) if config is not None else None
        self._learning = config

    def toggle_pace(self) -> None:
        """Full speed, or spread to be watched. A run that has ended is shown again at the new pace."""
        self.pace = "full" if self.pace != "full" else "show"
        self._did("full" if self.pace == "full" else "show")
        self._set_pace()

    def cycle_pace(self) -> None:
        """Full speed, 60, 16, 4, 1 epochs a second in turn."""
        place = PACES.index(self.pace) + 1 if self.pace in PACES else 1
        self.pace = PACES[place % len(PACES)]
        self._did("pace")
        self._set_pace()

    def _set_pace(self) -> None:
        if self._shown:
            return
        if self.feed.over and self.draft is not None:
            self._start()
        else:
            self.runner.send("SetPace", pace=self.pace)

    def pause(self, paused: bool) -> None:
        """Hold or go on."""
        self.runner.send("Resume" if paused else "Pause")

    def scrub(self, frame: Frame, step: int) -> bool:
        """Along the film, whose end is the present; False while it is empty.

        The later in the film, the longer the steps, since most happens at its beginning.
        """
        epochs = frame.film
        if not epochs:
            return False
        shown = self.feed.scrub if self.feed.scrub is not None else epochs[-1]
        here = max((place for place, epoch in enumerate(epochs) if epoch <= shown), default=0)
        stride = max(1, here // STRIDE)
        place = min(max(here + step * stride, 0), len(epochs) - 1)
        self.feed.scrub = None if place == len(epochs) - 1 else epochs[place]
        self.action = "scrub"
        self.runner.send("Scrub", epoch=self.feed.scrub)
        return True

    def branch(self) -> None:
        """A new run from the picture shown."""
        self._did("branch")
        self._began, self._watched = monotonic(), 0.0
        self._ask("Branch", epoch=self.feed.scrub)

    def set_live(self, name: str, value: Any) -> None:
        """Change a setting of the run that is going on."""
        self._did("rate" if name == "optimizer.learning_rate" else "setting")
        if self.draft is not None:
            self.draft = self.draft.changed({name: value})
            self._learning = self.draft.config
        self.feed.asked.append((name, value))
        self.runner.send("Set", name=name, value=value)

    def steer(self, settings: dict[str, Any]) -> None:
        """Change settings of the run that is going on; of one that has ended, train it again with them."""
        if self.feed.over:
            self.change(lambda draft: draft.changed(settings), "setting")
            return
        for name, value in settings.items():
            self.set_live(name, value)

    def steer_dropout(self, place: int, rate: float) -> None:
        """The rate of one dropout layer, counted from 0."""
        if self.draft is not None:
            self.steer({"layers": self.draft.with_dropout(place, rate).config.to_dict()["layers"]})

    def heard(self, change: Change) -> None:
        """Somebody, perhaps another, changed the run that is going on: further keys begin from there."""
        if change.number != self.feed.number or self.draft is None or change.name.startswith("weight."):
            return
        self.draft = self.draft.changed({change.name: change.new})
        if change.name != "layers":
            self.told[change.name] = f"was {change.old} until step {change.step:,}"
            return
        rates = self.draft.changed({"layers": change.old}).dropouts
        for place, (old, new) in enumerate(zip(rates, self.draft.dropouts, strict=True), start=1):
            if old != new:
                self.told[f"dropout {place}"] = f"was {old:g} until step {change.step:,}"

    def began(self, number: int, config: dict[str, Any]) -> None:
        """The experiment asked for has begun, a branch with the settings of its moment; edits since then stay."""
        if self.draft is None or self._asked or number != self._number or self._sent != self.draft.config:
            return
        draft = self.draft.changed(config)
        if draft.config != self.draft.config:
            self.draft = draft

    def set_weight(self, name: str, value: float) -> None:
        """Set a weight by hand: of the network that learns, or of the one shown, which goes on as another experiment.

        Raises nothing: what cannot be is the worker's answer.
        """
        self._did("weight")
        epochs = self.feed.frame().film
        epoch = self.feed.scrub if self.feed.scrub is not None else epochs[-1] if self.feed.over and epochs else None
        if epoch is None:
            self.runner.send("Set", name=name, value=value)
            return
        self._began, self._watched = monotonic(), 0.0
        self._ask("Branch", epoch=epoch, settings={name: value}, lab=True)

    def slow(self, frame: Frame) -> str:
        """What to say of an experiment that cannot be learned anew with every key; nothing while it can."""
        if monotonic() - self._began < SLOW:
            return ""
        if self.awaited or frame.state == "loading":
            return "This takes longer than half a second to load: keys still change it"
        if frame.state != "running" or "full" not in (self.pace, frame.pace):  # slowly because somebody wants to see it
            return ""
        left = f", about {frame.eta:.0f} s more" if frame.eta else ""
        return f"This takes longer than half a second{left}: keys still change it at once, and it begins again"

    def _did(self, action: str) -> None:
        self.changes += 1
        self.action = action

    def _start(self) -> None:
        assert self.draft is not None
        self.told = {}
        self._shown, self._learning = "", self.draft.config
        self._began, self._watched = monotonic(), 0.0
        self._ask("Start", config=self.draft.config.to_dict())

    def _ask(self, command: str, **values: Any) -> None:
        """Begin another experiment."""
        self._asked = self.runner.send(command, pace=self.pace, **values)
        self._sent = self.draft.config if self.draft is not None else None
