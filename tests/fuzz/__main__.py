"""`python -m tests.fuzz NAME --executions 10_000_000`: fuzz one reader, or `all` of them, for as long as you like."""

from __future__ import annotations

import argparse
import sys
import time

from tests.fuzz.campaign import Found, fuzz
from tests.fuzz.readers import READERS


def main() -> int:
    """0 when every answer was a value or a documented error."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("name", choices=[*READERS, "all"])
    parser.add_argument("--executions", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=None, help="of the mutants; another at every start")
    words = parser.parse_args()
    seed = time.time_ns() % 2**32 if words.seed is None else words.seed
    for name in READERS if words.name == "all" else [words.name]:
        began = time.monotonic()
        try:
            made = fuzz(READERS[name], executions=words.executions, seed=seed)
        except Found as error:
            print(f"{name}, seed {seed}: {error}", file=sys.stderr)
            return 1
        print(f"{name}: {made:,} inputs in {time.monotonic() - began:.1f} s, seed {seed}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
