"""Told: what the worker says, one kind of message at a time, as the values a frame holds.

Text of the worker is made harmless here, where it enters the app.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from tui.frame import (
    Boundary,
    Confusion,
    Fit,
    Forecast,
    Frame,
    LayerRow,
    Made,
    Net,
    Patterns,
    Pictures,
    Points,
    Responses,
    Seen,
    Series,
    Surface,
)
from tui.text import shortened

LONGEST = 27  # cells of the name of a GPU: GeForce RTX 4090 Laptop GPU has so many
GIB = 1 << 30
LINE = 120  # characters of a text a network makes up, or of an answer

if TYPE_CHECKING:
    from mlcore.worker import protocol
    from mlcore.worker.protocol import Gauges, Inside, Picture, Scene, Started, Update
    from tui.frame import Array


def start(started: Started) -> Frame:
    """What does not change while a run goes on."""
    from mlcore import form

    scene, dataset = started.scene, started.config.get("dataset", {})
    return Frame(
        state="running",
        dataset=safe(scene.dataset or started.name),
        data_name=safe(form.data_name(dataset) or started.name),
        target=safe(target) if isinstance(target := dataset.get("target"), str) else "",
        loop=safe(started.loop),
        task=scene.task,
        run=safe(started.run),
        name=safe(started.name),
        backend=" ".join(filter(None, (started.backend, started.isa if started.backend == "native" else ""))),
        machine=_machine(started),
        epochs=started.epochs,
        ceiling=scene.ceiling,
        class_names=_all_safe(scene.class_names),
        rows=dict(scene.rows),
        axes=_all_safe(scene.axes),
        spread=scene.spread,
        shows=scene.shows,
        points=_points(scene, held=False),
        test_points=_points(scene, held=True),
        net=net(started.net),
    )


def net(found: protocol.Net, weights: tuple[Array, ...] = ()) -> Net:
    """A network as it is drawn."""
    return Net(
        _all_safe(found.inputs),
        _all_safe(found.outputs),
        found.widths,
        _all_safe(found.activations),
        weights,
        found.parameters,
        tuple((safe(block.words), "x".join(map(str, block.shape))) for block in found.blocks),
        found.passed,
    )


def progress(frame: Frame, update: Update) -> Frame:
    """The frame with what every update says."""
    return frame._replace(
        state=update.state,
        run=safe(update.run) or frame.run,
        name=safe(update.name) or frame.name,
        pace=update.pace if isinstance(update.pace, str) else f"{update.pace:g}",
        epoch=update.epoch,
        epochs=update.epochs,
        step=update.step,
        seconds=update.seconds,
        steps_per_second=update.rate,
        learning_rate=update.learning_rate,
        saved=update.saved,
        metrics={safe(name): value for name, value in update.metrics.items()},
        film=tuple(update.film.tolist()),
        message=safe(update.message, 500),
        machine=frame.machine + _gauges(update.gauges),
    )


def _machine(started: Started) -> str:
    """The device by its own name, the engine and the precision of PyTorch; nothing where something else trains."""
    if not started.engine:
        return ""
    name = shortened(safe(started.device_name or started.device).removeprefix("NVIDIA "), LONGEST)
    return f"torch on {name}: {safe(started.engine)}, {safe(started.precision)}"


def _gauges(found: Gauges | None) -> str:
    """How full and how busy the GPU is, where somebody can tell."""
    if found is None:
        return ""
    memory = f", {found.memory_used / GIB:.1f} of {found.memory_total / GIB:.0f} GiB"
    return memory if found.utilisation is None else f"{memory}, {found.utilisation} % busy"


def picture(frame: Frame, scene: Scene, picture: Picture) -> Frame:
    """The frame with what the network believes."""
    return frame._replace(
        boundary=_boundary(picture),
        surface=_surface(scene, picture),
        fit=_fit(scene, picture),
        pictures=_pictures(picture),
        net=frame.net._replace(weights=picture.weights),
    )


def inside(frame: Frame, inside: Inside, scene: Scene) -> Frame:
    """The frame with what the network looks like inside."""
    return frame._replace(
        inside_epoch=inside.epoch,
        layers=tuple(_layer(row) for row in inside.layers),
        confusion=_confusion(inside, scene),
        responses=tuple(Responses(safe(r.name), r.units, r.maps, r.scale) for r in inside.responses),
        seen=seen(inside.seen) if inside.seen is not None else None,
        patterns=_patterns(inside.patterns) if inside.patterns is not None else None,
        samples=tuple(safe(text, LINE) for text in inside.samples),
        forecast=_forecast(inside.forecast) if inside.forecast is not None else None,
    )


def seen(found: protocol.Seen) -> Seen:
    """An example on its way through a network."""
    values = {name: getattr(found, name) for name in Seen._fields}
    made = tuple(Made(safe(m.words), m.shape, m.of, m.picture, m.maps, m.scale) for m in found.made)
    words = {name: safe(values[name], LINE) for name in ("split", "label", "said")}
    letters = tuple(safe(letter, 8) for letter in found.letters)
    return Seen(**(values | words | {"made": made, "letters": letters}))


def _patterns(found: protocol.Patterns) -> Patterns:
    return Patterns(safe(found.words), found.of, found.maps, _all_safe(found.inputs))


def _forecast(found: protocol.Forecast) -> Forecast:
    return Forecast(safe(found.split), found.before, found.truth, found.said, found.low, found.high)


def curves(columns: Mapping[str, Any]) -> dict[str, Any]:
    """The curves of a mirror as the frame has them: losses, accuracies, and every other metric by its name."""
    found = {name: Series(name.partition("_")[0], *arrays) for name, arrays in columns.items()}
    losses = {"step": "step_loss", "train": "train_loss", "validation": "validation_loss"}
    others: dict[str, tuple[Series, ...]] = {}
    for name in sorted(found, key=lambda name: (name.partition("_")[2], name.partition("_")[0] != "train")):
        split, _, metric = name.partition("_")
        if split in ("train", "validation") and metric not in ("loss", "accuracy"):
            others[safe(metric)] = (*others.get(safe(metric), ()), found[name])
    if "learning_rate" in found:
        others["learning rate"] = (found["learning_rate"]._replace(name="train"),)
    usual = tuple(found[name] for name in losses.values() if name in found)
    named = (series._replace(name=safe(name, 20)) for name, series in found.items() if "loss" in name)
    return {
        "losses": usual or tuple(named),  # somebody's own loop may call its losses otherwise
        "accuracies": tuple(found[n] for n in ("train_accuracy", "validation_accuracy") if n in found),
        "curves": others,
    }


def _points(scene: Scene, *, held: bool) -> Points | None:
    if scene.points is None:
        return None
    points = scene.points
    chosen = points.held == (1 if held else 0)
    return Points(points.x[chosen], points.y[chosen], points.label[chosen])


def _boundary(picture: Picture) -> Boundary | None:
    found = picture.boundary
    return Boundary(found.winner, found.certainty, found.bounds) if found is not None else None


def _surface(scene: Scene, picture: Picture) -> Surface | None:
    found = picture.surface
    low, high = scene.levels or (0.0, 1.0)
    return Surface(found.level, found.bounds, low, high) if found is not None else None


def _layer(row: Any) -> LayerRow:
    values = {name: getattr(row, name) for name in LayerRow._fields}
    return LayerRow(**(values | {"name": safe(row.name), "bend": safe(row.bend)}))


def _confusion(inside: Inside, scene: Scene) -> Confusion | None:
    found = inside.confusion
    if found is None:
        return None
    names = [scene.class_names[n] if n < len(scene.class_names) else str(n) for n in found.classes]
    return Confusion(found.counts, _all_safe(names), safe(found.split), found.rows)


def _fit(scene: Scene, picture: Picture) -> Fit | None:
    train, test = _points(scene, held=False), _points(scene, held=True)
    if picture.line is None or train is None or test is None:
        return None
    return Fit(train, test, picture.line.x, picture.line.y)


def _pictures(picture: Picture) -> Pictures | None:
    digits = picture.digits
    return Pictures(digits.images, digits.predicted, digits.label, digits.probability) if digits is not None else None


def safe(text: str, limit: int = 60) -> str:
    """Text from outside made harmless for a terminal."""
    from mlcore import sanitize

    return sanitize.sanitize(text, limit)


def _all_safe(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(map(safe, texts))
