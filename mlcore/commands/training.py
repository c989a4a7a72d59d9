"""`mlj train` and `mlj resume`: run an experiment, tell it, and end with the code that says how it went."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator

from mlcore import report, training
from mlcore.commands import repeats
from mlcore.commands.beside import Beside
from mlcore.commands.ending import judged, test_loss
from mlcore.commands.experiment import chosen, settings, use_threads
from mlcore.commands.signals import stopped_by_signals
from mlcore.commands.story import Story, called
from mlcore.config import Config
from mlcore.controls import Controls
from mlcore.datasets.dataset import Data
from mlcore.errors import RunError
from mlcore.events import Ended, Event
from mlcore.runs import Run, open_run, record
from mlcore.worker import serve

CURVE = 14  # lines of the curve shown at the end


def train(args: argparse.Namespace) -> int:
    """Train what is named. Exit code 0, 1 for a goal not reached, 8 for a loss that is no number, 128 + a signal."""
    config, controls = chosen(args), Controls()
    many = config.repeats > 1 or bool(args.sweep or args.folds)
    use_threads(args.threads, config, many)
    if many:
        return repeats.train(args, config)
    data = config.dataset.load()
    events = training.train(config, controls=controls, data=data)
    first = next(events)  # what cannot run here raises before anything is on the disk
    run = None if args.no_record else Run.create(config, args.runs_dir, name=args.name or "", data=data)
    events = again(first, events)
    if run is not None:
        events = serve(record(events, run), run, config, controls, data)
    return follow(args, config, data, events, controls, run)


def resume(args: argparse.Namespace) -> int:
    """Go on with a run, with the same bits as if it had never stopped."""
    run, controls = open_run(args.run, args.runs_dir), Controls()
    point = run.restore(settings(args))
    use_threads(args.threads, point.config)
    if point.state is not None and point.state.epoch >= point.config.epochs:
        made, wanted = point.state.epoch, point.config.epochs
        hint = f"give it more epochs: mlj resume {called(run)} --epochs {2 * made}"
        raise RunError(f"run {run.name} has made {made} of {wanted} epochs", code="RUN_ENDED", hint=hint)
    events = training.train(point.config, resume=point.state, controls=controls, data=point.data)
    events = serve(record(events, run), run, point.config, controls, point.data, point.state)
    return follow(args, point.config, point.data, events, controls, run)


def again(first: Event, rest: Iterator[Event]) -> Iterator[Event]:
    """Events of which the first was pulled already."""
    yield first
    yield from rest


def follow(
    args: argparse.Namespace, config: Config, data: Data, events: Iterator[Event], controls: Controls, run: Run | None
) -> int:
    """Pull the events through whatever tells them, and say how they ended."""
    story, beside = Story(), Beside(args, data)

    def stopping(number: int) -> None:
        if run is not None:
            run.exit_code = 128 + number
        controls.stop("interrupted")

    with stopped_by_signals(stopping) as asked:
        try:
            for _ in told(args, beside.listen(story.listen(events)), data, run.id if run else ""):
                pass
        except Exception as error:
            error.run_folder = run.folder if run else None  # type: ignore[attr-defined]
            raise
    assert story.ended is not None  # a run that did not end raised an error
    story.beside = beside.told
    conclude(args, story, run)
    if asked.number and story.ended.reason == "interrupted":
        _say_interrupted(story.ended, run)
        return 128 + asked.number
    return judged(config, story.ended)


def told(args: argparse.Namespace, events: Iterator[Event], data: Data | None = None, run: str = "") -> Iterator[Event]:
    """The events, told as the options and the terminal want it."""
    if args.json:
        return report.json_lines(events, sys.stdout, run)
    events = report.warnings(events, sys.stderr)
    if not args.quiet:
        events = report.fallback(events, sys.stderr)
    if args.log_every:
        return report.article_lines(events, sys.stdout, args.log_every, lambda model: test_loss(model, data))
    if args.quiet or args.no_progress:
        return events
    if report.escapes_allowed(sys.stdout, sys.stderr):
        return report.ProgressLine(sys.stderr).follow(events)
    return report.epoch_lines(events, sys.stdout)


def conclude(args: argparse.Namespace, story: Story, run: Run | None) -> None:
    """The curve on a terminal, and the result; of a quiet run its id."""
    if args.json:
        return
    if args.quiet:
        print(run.id if run else "", end="\n" if run else "")
        return
    if report.escapes_allowed(sys.stdout) and len(story.epochs) > 1 and not args.no_progress:
        from mlcore.commands.drawing import Paper, curves

        print(curves(story.series("loss"), Paper.of(height=CURVE), "loss", log=False))
    print("\n".join(story.lines(run)))


def _say_interrupted(ended: Ended, run: Run | None) -> None:
    """Where it stopped and how it goes on."""
    where = f"mlj: interrupted at epoch {ended.epoch}, step {ended.step}"
    if run is None:
        print(f"{where}; nothing was recorded", file=sys.stderr)
    else:
        print(f"{where}; a checkpoint is written\n  hint: go on with: mlj resume {called(run)}", file=sys.stderr)
