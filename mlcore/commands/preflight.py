"""`mlj preflight`: what can be known of an experiment before its first epoch, a line each."""

from __future__ import annotations

import argparse

from mlcore import preflight as checks
from mlcore.commands.experiment import chosen
from mlcore.report import json_line
from mlcore.sanitize import sanitize


def preflight(args: argparse.Namespace) -> int:
    """Exit code 0 when nothing failed, 1 when something did."""
    failed = False
    for check in checks.preflight(chosen(args)):
        failed |= check.verdict == "failed"
        if args.json:
            print(json_line(check._asdict()), flush=True)
            continue
        print(f"{check.verdict:<8}{check.name:<12}{sanitize(check.evidence, 300)}", flush=True)
        if check.remedy and check.verdict == "failed":
            print(f"{'':<20}hint: {sanitize(check.remedy, 300)}")
    return 1 if failed else 0
