"""On what the torch backend was seen to work: `mlj info` says it, benchmarks/results/gpu/ is where the numbers lie."""

from __future__ import annotations

VERIFIED = "the torch backend was tested and measured on one NVIDIA H100 with PyTorch 2.11, never on several GPUs"
