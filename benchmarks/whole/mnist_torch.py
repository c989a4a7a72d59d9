"""MNIST with PyTorch until a validation accuracy is reached.

mnist_torch.py FOLDER GOAL EPOCHS UNITS BATCH RATE ROWS_FOR_VALIDATION

The same network, rows, batches' size and optimizer as the experiment of mlj beside it; pixels are made float once.
"""

import gzip
import sys
from pathlib import Path

import numpy as np
import torch
from torch import nn

folder, goal, epochs, units, size = Path(sys.argv[1]), float(sys.argv[2]), *map(int, sys.argv[3:6])
rate, watched = float(sys.argv[6]), int(sys.argv[7])


def read(name: str, offset: int) -> np.ndarray:
    """The numbers of a file, and nothing of its header."""
    return np.frombuffer(gzip.decompress((folder / f"{name}-ubyte.gz").read_bytes()), np.uint8, offset=offset)


def pixels(name: str) -> torch.Tensor:
    """Rows of 784 numbers from 0 to 1."""
    return torch.from_numpy(read(name, 16).reshape(-1, 784).astype(np.float32) / 255)


def labels(name: str) -> torch.Tensor:
    """Class numbers."""
    return torch.from_numpy(read(name, 8).astype(np.int64))


def accuracy(x: torch.Tensor, y: torch.Tensor) -> float:
    """The share of rows the network is right about."""
    with torch.no_grad():
        return (model(x).argmax(1) == y).float().mean().item()


torch.manual_seed(42)
x, y = pixels("train-images-idx3"), labels("train-labels-idx1")
order = torch.randperm(len(x))
x, y, x_watched, y_watched = x[order[watched:]], y[order[watched:]], x[order[:watched]], y[order[:watched]]
model = nn.Sequential(nn.Linear(784, units), nn.ReLU(), nn.Linear(units, 10))
optimizer = torch.optim.SGD(model.parameters(), lr=rate, momentum=0.9, nesterov=True, fused=True)
loss_of = nn.CrossEntropyLoss()
made = 0
while made < epochs:
    made += 1
    for rows in torch.randperm(len(x)).split(size):
        optimizer.zero_grad()
        loss_of(model(x[rows]), y[rows]).backward()
        optimizer.step()
    if accuracy(x_watched, y_watched) >= goal:
        break
print(made, accuracy(pixels("t10k-images-idx3"), labels("t10k-labels-idx1")))
