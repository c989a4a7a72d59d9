"""On what the torch backend was seen to work: `mlj info` says it, benchmarks/results/gpu/ is where the numbers lie."""

from __future__ import annotations

VERIFIED = "the torch backend was verified on CPU only"
