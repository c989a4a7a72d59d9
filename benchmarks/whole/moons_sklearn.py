"""3,200 steps of moons with scikit-learn."""

import warnings

from sklearn.datasets import make_moons
from sklearn.neural_network import MLPClassifier

warnings.simplefilter("ignore")
x, y = make_moons(1000, noise=0.2, random_state=42)
model = MLPClassifier(
    (16, 16), batch_size=32, learning_rate_init=0.01, alpha=0, max_iter=100, n_iter_no_change=1000, random_state=42
)
model.fit(x.astype("float32"), y)
print(model.loss_)
