"""3,200 steps of moons with PyTorch: data in memory, fused Adam, one thread, which is its better number here."""

import numpy as np
import torch
from torch import nn

torch.set_num_threads(1)
torch.manual_seed(42)
random = np.random.default_rng(42)
angle = random.uniform(0, np.pi, 1000)
y = np.arange(1000) % 2
x = np.stack([np.cos(angle), np.sin(angle)], 1) * np.where(y, -1, 1)[:, None] + np.outer(y, [1, 0.5])
x = torch.from_numpy((x + random.normal(scale=0.2, size=x.shape)).astype(np.float32))
y = torch.from_numpy(y)

model = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 2))
optimizer = torch.optim.Adam(model.parameters(), lr=0.01, fused=True)
loss_of = nn.CrossEntropyLoss()
for _ in range(100):
    for rows in torch.randperm(1000).split(32):
        optimizer.zero_grad()
        loss = loss_of(model(x[rows]), y[rows])
        loss.backward()
        optimizer.step()
print(loss.item())
