"""`mlj export`: a trained network as files that work without mlj."""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from mlcore import exporters
from mlcore.commands.answers import put
from mlcore.commands.story import called
from mlcore.errors import RunError, StorageError, UsageError
from mlcore.exporters import settings
from mlcore.exporters.stages import growths
from mlcore.model import Model
from mlcore.report import json_line
from mlcore.runs import open_run
from mlcore.sanitize import sanitize

TRIES = {  # what is worth typing next; {} is the main file
    "numpy": "python {} rows.csv",
    "pytorch": "python {} rows.csv",
    "sklearn": "python {} rows.csv",
    "c": "cc -O2 -std=c99 -DMODEL_MAIN {} -o model -lm",
    "toml": "mlj train {}",
}
BARE = ("c", "onnx", "safetensors")  # of a series they take and give growths
TEXTS = ("numpy", "pytorch", "sklearn", "c", "toml")


def export(args: argparse.Namespace) -> int:
    """Write the files and print their paths."""
    name, files, said = _made(args)
    if args.out == "-":
        return _print(args.to, files)
    paths = dict(zip(_paths(args.out, name, files), files.values(), strict=True))
    there = [path for path in paths if path.is_file()]
    if there and not args.force:
        hint = "--force replaces it; -o names another file"
        raise StorageError(f"{there[0]} is there already", code="STORAGE_EXISTS", where=str(there[0]), hint=hint)
    for path, data in reversed(paths.items()):  # the main file last: it never misses the one beside it
        put(path, data, "-o")
    main = next(iter(paths))
    if args.json:
        print(json_line({"target": args.to, "files": [str(path) for path in paths]}))
        return 0
    print("\n".join(sanitize(path, 1000) for path in paths), flush=True)
    if args.to in TRIES and re.fullmatch(r"[\w./+-]+", str(main), re.ASCII):
        print(f"  try {TRIES[args.to].format(main)}", file=sys.stderr)
    if said and args.to in BARE:
        print(f"  {said}", file=sys.stderr)
    return 0


def _made(args: argparse.Namespace) -> tuple[str, dict[str, bytes], str]:
    """What the files are called unless somebody says otherwise, the files by suffix, and what they take of a series."""
    if args.run.endswith(".safetensors"):
        if args.epoch is not None:
            raise UsageError("a file holds one epoch", hint="leave out --epoch, or name the run")
        name, model = Path(args.run).stem, Model.load(args.run)
    else:
        run = open_run(args.run, args.runs_dir)
        name = called(run) + (f"_{args.epoch}" if args.epoch is not None else "")
        if args.to == "toml" and run.children:  # the experiment of many seeds needs no single network
            return _stem(name), {".toml": settings.text(run.config)}, ""
        try:
            model = run.model(args.epoch)
        except RunError as error:
            if error.code == "RUN_MANY":
                error.hint += "; --to toml takes all of them"
            raise
    stem = _stem(name if args.out in (None, "-") or Path(args.out).is_dir() else Path(args.out).stem)
    return stem, exporters.export(model, args.to, stem), growths(model)


def _stem(name: str) -> str:
    """A file name that Python can import: brave_otter."""
    plain = re.sub(r"\W", "_", name, flags=re.ASCII)
    return plain if not plain or plain[0].isalpha() else f"run_{plain}"


def _paths(out: str | None, stem: str, files: dict[str, bytes]) -> list[Path]:
    """Where each file goes: the main one where it was asked for, others beside it under its name."""
    asked = Path(out or ".")
    main = asked / f"{stem}{next(iter(files))}" if asked.is_dir() else asked
    paths = [main, *(main.with_name(f"{stem}{suffix}") for suffix in list(files)[1:])]
    if len(set(paths)) < len(paths):
        raise UsageError(f"-o {main.name} is the name of the weights beside it", hint="name the main file, e.g. net.py")
    return paths


def _print(target: str, files: dict[str, bytes]) -> int:
    """The one file on stdout."""
    if len(files) > 1:
        raise UsageError(f"there are {len(files)} files, one beside the other", hint="-o names the first, e.g. net.py")
    if target not in TEXTS and sys.stdout.isatty():
        raise UsageError("a terminal cannot show this file", hint="-o names a file")
    sys.stdout.flush()
    sys.stdout.buffer.write(next(iter(files.values())))
    return 0
