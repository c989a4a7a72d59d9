"""The largest files and functions, against the limits of the house: `make size` prints them, a test holds them."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
FILE_LIMITS = {".py": 300, ".c": 400, ".h": 400}
FUNCTION_LIMIT = 40


class Sized(NamedTuple):
    """A file or function, its number of lines, and how many it may have."""

    lines: int
    limit: int
    name: str


def tracked() -> list[Path]:
    """The files of the project, as git lists them: tracked, or new and not ignored."""
    command = ("git", "-C", str(ROOT), "ls-files", "--cached", "--others", "--exclude-standard")
    names = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    return [ROOT / name for name in names if (ROOT / name).is_file()]


def files() -> list[Sized]:
    """Every Python and C file, largest share of its limit first."""
    found = [
        Sized(len(path.read_text(encoding="utf-8").splitlines()), FILE_LIMITS[path.suffix], _name(path))
        for path in tracked()
        if path.suffix in FILE_LIMITS
    ]
    return sorted(found, key=lambda sized: (-sized.lines / sized.limit, sized.name))


def functions() -> list[Sized]:
    """Every Python function, longest first."""
    found = [sized for path in tracked() if path.suffix == ".py" for sized in _functions(path)]
    return sorted(found, key=lambda sized: (-sized.lines, sized.name))


def _functions(path: Path) -> Iterator[Sized]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            yield Sized(lines, FUNCTION_LIMIT, f"{_name(path)}:{node.lineno} {node.name}")


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def main(rows: int) -> int:
    """Print the largest files and functions; those past their limit are marked."""
    for title, found in (("files", files()), ("functions", functions())):
        total = sum(sized.lines for sized in found)
        print(f"{title}: {len(found)}, {total} lines")
        for lines, limit, name in found[:rows]:
            print(f"{'!' if lines > limit else ' '} {lines:5} of {limit}  {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 12))
