"""Training on a GPU beside the loops people write: `python -m benchmarks.gpu`, with NumPy, PyTorch and msgspec."""
