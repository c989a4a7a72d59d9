"""Runs as rows of the table: its columns, what they are sorted by, a row, and a run in a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.feed import safe
from tui.text import count, figure, percent, plural
from tui.widgets.ledger import Column, Line

if TYPE_CHECKING:
    from mlcore.shelf import Glance

COLUMNS = (
    Column("name", 16),
    Column("data", 12),
    Column("network"),
    Column("epoch", 9, right=True),
    Column("accuracy", 10, right=True),
    Column("loss", 7, right=True, rank=3),
    Column("rate", 7, right=True, rank=5),
    Column("state", 10),
    Column("tags", 16, rank=2),
    Column("began", 10, rank=4),
    Column("note", 30, rank=6),
)
SORTS = ("name", "data", "layers", "epoch", "acc", "loss", "lr", "state", "tag", "began", "note")  # of the columns
R2 = ("test_r2", "validation_r2", "train_r2")  # the first there is, as of accuracies
HELP = """Filter: terms that must all hold, a - in front turns one round. tag:lesson data:moons lr>=0.01 -act:none
acc>0.9 state:finished began>2026-01, any dotted name of the configuration, any metric; a word alone is looked for
everywhere. The same line is what mlj runs list --filter takes."""


def title(shown: int, there: int, filter: str, chosen: int) -> str:
    """How many runs are shown, and why not all."""
    runs = plural(there, "run") if shown == there else f"{count(shown)} of {plural(there, 'run')}"
    words = (f" runs  {runs}", filter and f"filter {filter}", chosen and f"{chosen} chosen")
    return "   ".join(word for word in words if word)


def line(glance: Glance) -> Line:
    """A run's row. What cannot be read of it is left out, so that one broken run hides no other."""
    from mlcore import form

    run, said, mark = glance.run, glance.labels, "!" if glance.labels.pinned else " "
    name = f"{run.name} ({len(run.children)})" if run.children else run.name
    tags, note = " ".join(f"#{tag}" for tag in said.tags), said.note
    if glance.broken:
        cells: tuple[object, ...] = (name, "", "", "", "", "", "", "broken", tags, glance.began, note)
    else:
        config, where = glance.config, glance.status
        loss = where.metrics.get("validation_loss", where.metrics.get("train_loss"))
        epochs = f"{count(where.epoch)}/{count(where.epochs)}"
        rate = config.get("optimizer", {}).get("learning_rate", "")
        network, data = config.get("layers", ""), form.data_name(config["dataset"])
        figures = _reached(glance), "" if loss is None else figure(loss)
        cells = (name, data, network, epochs, *figures, rate, where.state, tags, glance.began, note)
    return Line(glance.key, tuple(safe(str(cell), 80) for cell in cells), mark, glance.broken)


def _reached(glance: Glance) -> str:
    """The accuracy; the R2 where a number is learned, of the same rows; nothing where there is neither yet."""
    if glance.accuracy == glance.accuracy:
        return percent(glance.accuracy)
    metrics = glance.status.metrics
    found = next((metrics[name] for name in R2 if name in metrics), None)
    return "" if found is None else f"R2 {figure(found)}"


def about(glance: Glance) -> str:
    """The run in a sentence or two: what its row has no room for."""
    said, config = glance.labels, glance.config
    optimizer = config.get("optimizer", {}) if not glance.broken else {}
    parts = [f"{glance.run.id}", f"{config.get('layers', '')}", " ".join(f"#{tag}" for tag in said.tags)]
    if glance.run.loop:
        parts += [f"{name} {value}" for name, value in glance.run.settings.items()]
    else:
        parts += [f"{optimizer.get('kind', '')} {optimizer.get('learning_rate', '')}", f"seed {config.get('seed', '')}"]
    parts += [glance.status.message, said.note]
    return "  ".join(filter(str.strip, (safe(part, 300) for part in parts)))
