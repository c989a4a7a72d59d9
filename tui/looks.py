"""What each part of the Lab depends on in a frame: two frames with equal looks need no drawing in between."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from tui.frame import Frame, Series


class Held:
    """Something that is equal only to itself: an array, whose numbers nobody wants to compare."""

    def __init__(self, value: object) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Held) and other.value is self.value

    def __hash__(self) -> int:
        return id(self.value)


def moment(frame: Frame) -> Hashable:
    """The epoch shown while somebody looks at the past, and what stands where nothing can be drawn yet."""
    scrubbed = frame.shown_epoch if frame.shown_epoch < frame.epoch else None
    return scrubbed, frame.state == "loading", frame.message


def network(frame: Frame) -> Hashable:
    """The network and its weights, the layer selected."""
    net = frame.net
    weights = tuple(Held(array) for array in net.weights)
    return net.widths, net.blocks, net.activations, net.inputs, net.outputs, weights, frame.selected, moment(frame)


def picture(frame: Frame) -> Hashable:
    """The map, line or digits, and the points."""
    arrays = (
        frame.boundary.winner if frame.boundary else None,
        frame.fit.y if frame.fit else None,
        frame.surface.level if frame.surface else None,
        frame.pictures.probability if frame.pictures else None,
        frame.forecast.said if frame.forecast else None,
    )
    return *map(Held, arrays), frame.samples, frame.dataset, frame.class_names, moment(frame)


def losses(frame: Frame) -> Hashable:
    """The curves of the loss and the figures beside them."""
    return _curves(frame.losses), _figures(frame), moment(frame)


def accuracies(frame: Frame) -> Hashable:
    """The curves of the accuracy, the ceiling and the figures."""
    others = tuple((name, _curves(curves)) for name, curves in frame.curves.items())
    return _curves(frame.accuracies), others, frame.ceiling, frame.net.parameters, _figures(frame), moment(frame)


def layers(frame: Frame) -> Hashable:
    """The table of layers."""
    return Held(frame.layers[0].weights if frame.layers else None), frame.inside_epoch, moment(frame)


def confusion(frame: Frame) -> Hashable:
    """The matrix."""
    counts = frame.confusion.counts if frame.confusion else None
    return Held(counts), frame.inside_epoch, frame.class_names, frame.task, moment(frame)


def neurons(frame: Frame) -> Hashable:
    """The maps of hidden neurons."""
    maps = tuple(Held(layer.maps) for layer in frame.responses)
    seen = frame.seen
    made = tuple(Held(each.maps) for each in seen.made) if seen else ()
    return maps, made, seen and seen.row, frame.inside_epoch, len(frame.net.widths), frame.state, moment(frame)


def filters(frame: Frame) -> Hashable:
    """The first weights."""
    return Held(frame.patterns.maps if frame.patterns else None), frame.inside_epoch, frame.state, moment(frame)


def events(frame: Frame) -> Hashable:
    """What happened."""
    return frame.events, frame.state == "loading", frame.message


def _curves(curves: Sequence[Series]) -> Hashable:
    return tuple(
        (each.name, len(each.x), float(each.x[-1]), _steady(float(each.y[-1]))) for each in curves if len(each.x)
    )


def _figures(frame: Frame) -> Hashable:
    metrics = tuple((name, _steady(value)) for name, value in frame.metrics.items())
    return frame.task, frame.epochs, frame.learning_rate, metrics


def _steady(value: float) -> float | None:
    """A number that equals itself: what diverged must not be drawn for ever because NaN is never the same."""
    return value if value == value else None
