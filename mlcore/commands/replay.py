"""`mlj replay`: a run trained again, with what was changed while it ran, and held to the same bits."""

from __future__ import annotations

import argparse
import json
import sys

from mlcore import shelf, training
from mlcore.commands.experiment import use_threads
from mlcore.commands.training import again, follow
from mlcore.manifest import dump, filled, manifest, read, same
from mlcore.replay import Replay, difference, score
from mlcore.runs import Run, open_run, record
from mlcore.sanitize import sanitize
from mlcore.worker import serve


def replay(args: argparse.Namespace) -> int:
    """Train a run again with what was changed while it ran; exit code 1 when it did not come out the same."""
    first = open_run(args.run, args.runs_dir)
    controls, config = Replay(score(first)), first.config
    data = config.dataset.load()
    same("data", json.loads(dump(manifest(config, data))), filled(read(first.folder / "data.json")))
    use_threads(args.threads, config)
    events = controls.follow(training.train(config, controls=controls, data=data))
    started = next(events)
    run = Run.create(config, args.runs_dir, name=args.name or "", data=data)
    shelf.label(run, lambda labels: labels.noted(f"replay of {sanitize(first.name)} ({first.id})"))
    events = serve(record(again(started, events), run), run, config, controls, data)
    code = follow(args, config, data, events, controls, run)
    apart = difference(first, run)
    told = (
        f"not the same as {sanitize(first.name)}: {apart}"
        if apart
        else f"the same as {sanitize(first.name)}, bit for bit"
    )
    if code < 128:
        print(told, file=sys.stderr if args.json or args.quiet else sys.stdout)
    return code or int(bool(apart))
