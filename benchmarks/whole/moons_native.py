"""3,200 steps of moons with mlj: nothing recorded."""

from mlcore import Config, train

CONFIG = {
    "layers": "16 relu | 16 relu",
    "epochs": 100,
    "batch_size": 32,
    "dataset": {"kind": "moons", "n_samples": 1000, "noise": 0.2, "split": {"test": 0, "validation": 0}},
    "loss": {"kind": "softmax_cross_entropy"},
    "optimizer": {"kind": "adam", "learning_rate": 0.01},
}

*_, ended = train(Config().with_settings(CONFIG))
print(ended.metrics["train_loss"])
