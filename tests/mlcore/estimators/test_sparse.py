"""Rows of which most numbers are zero: texts as counts of words, categories one hot."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
import sklearn.neural_network
from scipy import sparse
from sklearn.datasets import load_iris

from mlcore import MLPClassifier

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
X, Y = load_iris(return_X_y=True)
QUICK = {"hidden_layer_sizes": (16,), "max_iter": 40, "batch_size": 32, "learning_rate_init": 0.02, "random_state": 0}


def test_sparse_rows_are_rows() -> None:
    dense = MLPClassifier(**QUICK).fit(X, Y)
    assert np.array_equal(MLPClassifier(**QUICK).fit(sparse.csr_array(X), Y).coefs_[0], dense.coefs_[0])
    assert np.array_equal(dense.predict(sparse.csc_array(X)), dense.predict(X))


WORDS = sparse.random_array((300, 20_000), density=1e-3, format="csr", rng=np.random.default_rng(0))
TOPICS = np.asarray(WORDS[:, :10_000].sum(axis=1) > WORDS[:, 10_000:].sum(axis=1)).ravel().astype(int)


@pytest.mark.parametrize("chosen", [{}, {"early_stopping": True}, {"solver": "lbfgs"}, {"batch_size": 300}], ids=str)
def test_sparse_rows_of_many_columns_are_never_written_out(chosen: dict) -> None:
    settings = {"hidden_layer_sizes": (4,), "max_iter": 8, "random_state": 0} | chosen
    theirs = sklearn.neural_network.MLPClassifier(**settings).fit(WORDS, TOPICS)
    tracemalloc.start()
    try:
        ours = MLPClassifier(**settings).fit(WORDS, TOPICS)
        found, most = ours.predict_proba(WORDS), tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most < WORDS.shape[0] * WORDS.shape[1] * 8 * 0.8
    assert ours.loss_ == pytest.approx(theirs.loss_, rel=1e-9)
    np.testing.assert_allclose(found, theirs.predict_proba(WORDS), atol=1e-9)


def test_sparse_rows_are_taken_by_every_backend_and_judged_beside_arrays() -> None:
    rows, y = WORDS.astype(np.float32)[:, :500], TOPICS
    told: list = []
    curves = [
        MLPClassifier(**QUICK, backend=backend, events=told.append).fit(x, y, validation_data=(held, y))
        for backend, x, held in (
            ("auto", rows, rows),
            ("auto", rows, rows.toarray()),
            ("auto", rows.toarray(), rows),
            ("native", rows, rows),
        )
    ]
    assert [event.backend for event in told if event.kind == "started"] == [
        "reference",
        "reference",
        "native",
        "native",
    ]
    for each in curves[1:]:
        np.testing.assert_allclose(each.loss_curve_, curves[0].loss_curve_, rtol=1e-3)
        np.testing.assert_allclose(each.validation_loss_curve_, curves[0].validation_loss_curve_, rtol=1e-3)
