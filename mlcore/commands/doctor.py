"""`mlj doctor`: what is wrong with an experiment, each finding with its evidence and what to do about it."""

from __future__ import annotations

import argparse
import os
import shlex
from collections.abc import Iterator, Sequence

from mlcore.commands.experiment import named, settings
from mlcore.commands.story import called, plural
from mlcore.commands.table import fold, room
from mlcore.doctor import CATALOGUE, diagnose, examine
from mlcore.doctor.case import Case, Finding
from mlcore.doctor.loops import LOSSES, of_curves
from mlcore.errors import ConfigError, RunError, UsageError
from mlcore.report import json_line
from mlcore.runs import Run, open_run
from mlcore.sanitize import sanitize
from mlcore.sections import typed

MARGIN = 10  # cells before what is said about a finding


def doctor(args: argparse.Namespace) -> int:
    """Examine a run or a configuration; 0 when it is healthy, 1 when something was found."""
    name, case = _examined(args)
    findings = of_curves(case.curves) if isinstance(case, Run) else diagnose(case)
    if args.json:
        for finding in findings:
            print(json_line(finding._asdict()))
    else:
        print("\n".join(_told(name, case, findings)))
    return 1 if findings else 0


def _examined(args: argparse.Namespace) -> tuple[str, Case | Run]:
    """What is examined, as a person calls it, and its case; of somebody's own loop, which has none, the run.

    A recipe or a file is looked for first, then a run.
    """
    text = args.experiment
    if os.path.isdir(text):
        return _of_run(open_run(text + os.sep), args)
    try:
        config = named(text)
    except ConfigError as error:
        if error.code != "CONFIG_UNKNOWN" or "recipe" not in str(error):
            raise
        try:
            run = open_run(text, args.runs_dir)
        except RunError as missing:
            if missing.code != "RUN_NOT_FOUND":
                raise
            raise ConfigError(f"{text!r} is neither a run nor a recipe", code=error.code, hint=error.hint) from None
        return _of_run(run, args)
    return text, examine(config.with_settings(settings(args)))


def _of_run(run: Run, args: argparse.Namespace) -> tuple[str, Case | Run]:
    if args.set:
        hint = f"examine its experiment with other settings: mlj doctor FILE.toml --set {args.set[0]}"
        raise UsageError(f"run {run.name} was trained as it was: --set changes nothing of it", hint=hint)
    return called(run), run if run.loop else examine(run)


def _told(name: str, case: Case | Run, findings: Sequence[Finding]) -> Iterator[str]:
    """The findings, the worst first, or that there are none and what was looked at."""
    name = sanitize(name)
    if not findings and isinstance(case, Run):
        yield from _healthy_curves(name, case)
    elif not findings and isinstance(case, Case):
        yield f"{name}: healthy"
        seen = f"{plural(case.steps, 'step')} of {case.planned:,}, a loss of {case.end.loss:.4g}"
        rules = ", ".join(rule.name for rule in CATALOGUE)
        yield from _said(f"seen: {seen}; knowing nothing costs {case.constant_loss:.4g}")
        yield from _said(f"looked for: {rules}")
        yield from _rest(case)
    if not findings:
        return
    yield f"{name}: {plural(len(findings), 'finding')}"
    for finding in findings:
        yield ""
        yield f"{finding.severity:<{MARGIN}}{finding.rule}"
        yield from _said(finding.evidence)
        yield from _said(f"remedy: {finding.remedy}")
        for setting, value in finding.settings.items():
            yield from _said("try: --set " + shlex.quote(f"{setting}={typed(value)}"))
    yield ""
    yield from _rest(case)
    yield f"mlj help {findings[0].rule} tells more."


def _healthy_curves(name: str, run: Run) -> Iterator[str]:
    """That nothing was found in the curves of somebody's own loop, and what could not be judged."""
    yield f"{name}: its curves are healthy"
    missing = [each.replace("_", " ") for each in LOSSES if each not in run.curves]
    yield from _said("looked for: losses that are no numbers, that run away, that stand still; overfitting")
    if missing:
        yield from _said(f"not logged, so not judged: {' and '.join(missing)}")


def _rest(case: Case | Run) -> Iterator[str]:
    """That more could be said of a training of which only the beginning was affordable here."""
    if isinstance(case, Case) and case.steps < case.planned and not case.reason:
        seen = f"{plural(case.steps, 'step')} of {case.planned:,}"
        yield from _said(f"only {seen} were made here: train it, and mlj doctor RUN judges the whole of it")


def _said(text: str) -> Iterator[str]:
    """A sentence in its place, folded at the width of the terminal."""
    text = sanitize(text, 2000)
    return (" " * MARGIN + line for line in fold(text, max(20, room() - MARGIN) if room() else len(text)))
