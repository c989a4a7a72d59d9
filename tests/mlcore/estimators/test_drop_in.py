"""A line of an existing program changes, and nothing else: ours and scikit-learn's side by side, errors too.

An outcome is what comes back, the type of an error, the warnings and what is printed.
"""

from __future__ import annotations

import inspect
import pickle
import subprocess
import sys
import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_iris
from sklearn.ensemble import BaggingClassifier, VotingClassifier
from sklearn.model_selection import GridSearchCV, cross_val_predict, cross_val_score
from sklearn.multioutput import ClassifierChain
from sklearn.neural_network import MLPClassifier as TheirClassifier
from sklearn.neural_network import MLPRegressor as TheirRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from mlcore import MLPClassifier, MLPRegressor

PAIRS = {"classifier": (MLPClassifier, TheirClassifier), "regressor": (MLPRegressor, TheirRegressor)}
X, Y = load_iris(return_X_y=True)
NAMES = np.array(["red", "green", "blue"])[Y]
FRAME = pd.DataFrame(X, columns=list("abcd")).assign(kind=["x", "y", "z"] * 50)
UNCHECKED = sklearn.config_context(skip_parameter_validation=True)
QUICK = {"hidden_layer_sizes": (8,), "max_iter": 6, "random_state": 0}


def outcome(do: Callable[[], object]) -> tuple[object, list[str]]:
    """What comes back, or what kind of error; and every warning."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        try:
            found = do()
        except (ValueError, TypeError, AttributeError) as error:
            found = "ValueError" if isinstance(error, ValueError) else type(error).__name__
    return found, sorted({f"{each.category.__name__}: {str(each.message)[:60]}" for each in told})


def assert_same(kind: str, do: Callable[[type], object], capsys) -> None:
    """Both have the same outcome, and print the same."""
    (mine, mine_told), printed = outcome(lambda: do(PAIRS[kind][0])), capsys.readouterr().out
    (yours, yours_told), expected = outcome(lambda: do(PAIRS[kind][1])), capsys.readouterr().out
    assert (mine_told, printed) == (yours_told, expected)
    assert isinstance(mine, str) == isinstance(yours, str)  # both an error, or neither
    for a, b in zip(mine, yours, strict=True) if isinstance(mine, tuple) else [(mine, yours)]:
        assert np.shape(a) == np.shape(b)
        if np.asarray(b).dtype.kind == "f":
            np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-9)
        else:
            assert np.array_equal(a, b)


@pytest.mark.parametrize("kind", PAIRS)
def test_every_parameter_is_there_in_its_place_with_its_default(kind: str) -> None:
    ours, theirs = PAIRS[kind]
    mine, yours = inspect.signature(ours).parameters, inspect.signature(theirs).parameters
    for name, parameter in yours.items():
        assert (mine[name].default, mine[name].kind) == (parameter.default, parameter.kind), name
    places = [name for name, parameter in mine.items() if parameter.kind is parameter.POSITIONAL_OR_KEYWORD]
    assert places == [name for name, parameter in yours.items() if parameter.kind is parameter.POSITIONAL_OR_KEYWORD]
    for method in ("fit", "partial_fit", "predict", "score"):
        asked = list(inspect.signature(getattr(theirs(), method)).parameters)
        assert list(inspect.signature(getattr(ours(), method)).parameters)[: len(asked)] == asked


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("chosen", [{}, {"early_stopping": True}, {"solver": "lbfgs"}], ids=str)
@pytest.mark.parametrize("kind", PAIRS)
def test_everything_that_can_be_read_of_one_can_be_read_of_the_other(kind: str, chosen: dict) -> None:
    mine, yours = (each(**QUICK, **chosen).fit(X, Y) for each in PAIRS[kind])
    lacking = {name for name in dir(yours) if not name.startswith("_")} - set(dir(mine))
    assert lacking <= ({"partial_fit"} if "solver" in chosen else set())  # their regressor has it, and it is no part
    assert mine.loss == yours.loss


WRONG = {
    "hidden_layer_sizes": [(-1,), (0,), "a", None, -3],
    "activation": ["swish", None],
    "solver": ["newton", None],
    "alpha": [-1, "a"],
    "batch_size": [0, "x", 2.5],
    "learning_rate": ["fast", None],
    "learning_rate_init": [0, -1],
    "power_t": [-1],
    "max_iter": [0, 2.5],
    "shuffle": ["x", None],
    "random_state": ["x", -3],
    "tol": [-1, np.nan],
    "verbose": ["x", -2],
    "warm_start": [None],
    "momentum": [-0.1, 1.1],
    "nesterovs_momentum": ["x"],
    "early_stopping": [3],
    "validation_fraction": [-0.1, 1],
    "beta_1": [1],
    "beta_2": [-1],
    "epsilon": [0],
    "n_iter_no_change": [0, 2.5],
    "max_fun": [0],
}


@pytest.mark.parametrize("kind", PAIRS)
@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in WRONG.items() for value in values])
def test_a_wrong_value_is_the_same_error(kind: str, name: str, value, capsys) -> None:
    do = lambda each: each(**QUICK | {name: value}).fit(X, Y).n_iter_  # noqa: E731
    assert isinstance(outcome(lambda: do(PAIRS[kind][1]))[0], str)
    assert_same(kind, do, capsys)


WEIGHTS = {
    "none at all": np.zeros(150),
    "some zero": np.r_[np.zeros(75), np.ones(75)],
    "some below zero": np.r_[-np.ones(5), np.ones(145)],
    "too few": np.ones(3),
    "a table": np.ones((150, 1)),
    "one number": 2.0,
    "NaN": np.full(150, np.nan),
    "texts": ["a"] * 150,
    "a series": pd.Series(np.arange(150)),
}


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@pytest.mark.parametrize("name", WEIGHTS)
@pytest.mark.parametrize("kind", PAIRS)
def test_weights_of_rows_may_be_what_they_may_be_there(kind: str, name: str, solver: str, capsys) -> None:
    def do(each: type) -> object:
        found = each(**QUICK, solver=solver).fit(X, Y, sample_weight=WEIGHTS[name])
        return found.loss_, found.coefs_[0]

    assert_same(kind, do, capsys)


TARGETS = {
    "texts": NAMES,
    "objects": NAMES.astype(object),
    "a column": NAMES[:, None],
    "a frame of a column": pd.DataFrame({"y": Y}),
    "truths": Y > 0,
    "numbers": Y * 1.0,
    "a categorical": pd.Series(pd.Categorical(NAMES)),
    "of pandas' own integers": pd.Series(Y).astype("Int64"),
    "one class": Y * 0,
    "one text": np.array(["z"] * 150),
    "one truth": Y > 9,
    "one of hot": np.eye(3, dtype=int)[Y],
    "labels of which one is never": np.c_[Y > 0, Y * 0].astype(int),
    "no label at all": np.zeros((150, 2), int),
    "several classes a row": np.c_[Y, Y],
    "fractions": Y + 0.5,
    "none": None,
    "too few": Y[:10],
    "objects of all kinds": np.array([1, "a", 2.5], dtype=object)[Y],
}


@pytest.mark.parametrize("chosen", [{}, {"early_stopping": True}, {"solver": "lbfgs"}], ids=str)
@pytest.mark.parametrize("name", TARGETS)
def test_targets_may_be_what_they_may_be_there(name: str, chosen: dict, capsys) -> None:
    def do(each: type) -> object:
        found = each(**QUICK, **chosen).fit(X, TARGETS[name])
        told = found.predict(X), found.predict_proba(X), found.predict_log_proba(X)
        return (
            found.loss_,
            found.n_outputs_,
            found.out_activation_,
            found.classes_,
            *told,
            found.score(X, TARGETS[name]),
        )

    assert_same("classifier", do, capsys)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_one_class_alone_is_learnt_in_float32_too() -> None:
    found = MLPClassifier(**QUICK, class_weight={"red": 2}).fit(X[:50].astype(np.float32), NAMES[:50])
    theirs = TheirClassifier(**QUICK).fit(X[:50], NAMES[:50], np.full(50, 2.0))
    np.testing.assert_allclose(found.loss_curve_, theirs.loss_curve_, rtol=1e-4)
    assert found.predict_proba(X).shape == (150, 2) and set(found.predict(X)) == {"red"}
    assert found.partial_fit(X[:50], NAMES[:50]).classes_.tolist() == ["red"]


@pytest.mark.parametrize("what", [np.array(["2020-01-01"] * 150, "M8[D]"), np.arange(150).astype("m8[s]")])
def test_dates_are_no_numbers_to_a_regressor(what: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"y: expected numbers, got (datetime|timedelta)64"):
        MLPRegressor().fit(X, what)


STEPS = {
    "classes are forgotten": lambda new: new.partial_fit(X, Y),
    "others later": lambda new: new.partial_fit(X, Y, classes=[0, 1, 2]).partial_fit(X, Y, classes=[0, 1, 3]),
    "a class nobody named": lambda new: new.partial_fit(X, Y, classes=[0, 1]),
    "some of them": lambda new: new.partial_fit(X[:50], Y[:50], classes=[2, 0, 1]).predict_proba(X),
    "one is named": lambda new: new.partial_fit(X[:50], Y[:50], classes=[0]).predict_proba(X),
    "other features": lambda new: new.partial_fit(X, Y, classes=[0, 1, 2]).partial_fit(X[:, :2], Y).n_iter_,
    "with early stopping": lambda new: new.set_params(early_stopping=True).partial_fit(X, Y, classes=[0, 1, 2]),
    "without batches": lambda new: new.set_params(solver="lbfgs").partial_fit(X, Y, classes=[0, 1, 2]),
    "warm, other classes": lambda new: new.set_params(warm_start=True).fit(X, Y).fit(X, Y + 1),
    "warm, fewer classes": lambda new: new.set_params(warm_start=True).fit(X, Y).fit(X[:100], Y[:100]),
    "warm, other features": lambda new: new.set_params(warm_start=True).fit(X, Y).fit(X[:, :2], Y),
    "warm, float32 later": lambda new: _types(new.set_params(warm_start=True).fit(X, Y).fit(X.astype("f4"), Y)),
    "warm, float64 later": lambda new: _types(new.set_params(warm_start=True).fit(X.astype("f4"), Y).fit(X, Y)),
    "unchecked": UNCHECKED(lambda new: new.set_params(power_t=-3).fit(X, Y).loss_),
    "lbfgs of float32": lambda new: _types(new.set_params(solver="lbfgs").fit(X.astype("f4"), Y)),
    "told as it goes": lambda new: new.set_params(verbose=True, tol=5, n_iter_no_change=1).fit(X, Y).n_iter_,
    "told of scores": lambda new: new.set_params(verbose=1, early_stopping=True, n_iter_no_change=1).fit(X, Y).n_iter_,
    "a rate that falls": lambda new: (
        new.set_params(verbose=True, solver="sgd", learning_rate="adaptive", tol=5, n_iter_no_change=1)
        .fit(X, Y)
        .n_iter_
    ),
    "too large a batch": lambda new: new.set_params(batch_size=999).fit(X, Y).loss_,
    "too few to hold back": lambda new: new.set_params(early_stopping=True, validation_fraction=0.001).fit(X, Y),
    "another rate and momentum later": lambda new: _later(new, solver="sgd", learning_rate_init=0.1, momentum=0.1),
    "other betas later, and alpha": lambda new: _later(new, beta_1=0.5, epsilon=1e-3, alpha=3),
    "not fitted": lambda new: new.predict_proba(X),
    "names that are gone": lambda new: new.fit(FRAME[list("abcd")], Y).predict(X),
    "names in another order": lambda new: new.fit(FRAME[list("abcd")], Y).predict(FRAME[list("dcba")]),
    "a generator of NumPy's new kind": lambda new: new.set_params(random_state=np.random.default_rng(0)).fit(X, Y),
}


def _later(new, solver: str = "adam", **settings) -> list[float]:
    """The losses of partial_fit with settings that come after the first call."""
    begun = new.set_params(solver=solver).partial_fit(X, Y, classes=[0, 1, 2]).partial_fit(X, Y).set_params(**settings)
    return begun.partial_fit(X, Y).partial_fit(X, Y).partial_fit(X, Y).loss_curve_


def _types(found) -> list[str]:
    return [each.dtype.name for each in found.coefs_]


@pytest.mark.parametrize("name", STEPS)
def test_what_is_done_in_steps_is_done_alike(name: str, capsys) -> None:
    assert_same("classifier", lambda each: STEPS[name](each(**QUICK)), capsys)


def _columns() -> ColumnTransformer:
    one_hot = OneHotEncoder(sparse_output=False)
    return ColumnTransformer([("numbers", StandardScaler(), list("abcd")), ("kinds", one_hot, ["kind"])])


def _routed(new) -> object:
    with sklearn.config_context(enable_metadata_routing=True):
        pipeline = make_pipeline(StandardScaler(), new.set_fit_request(sample_weight=True))
        grid = GridSearchCV(pipeline, {pipeline.steps[1][0] + "__alpha": [0.1]}, cv=3)
        return grid.fit(X, Y, sample_weight=np.arange(150.0)).best_score_


LABELS = np.c_[Y > 0, Y > 1].astype(int)
PLACES = {
    "cross-validation by two": lambda new: cross_val_score(new, X, Y, cv=3, n_jobs=2),
    "its probabilities": lambda new: cross_val_predict(new, X, Y, method="predict_proba"),
    "a grid": lambda new: (
        GridSearchCV(new, {"alpha": [0.1, 10], "hidden_layer_sizes": [(3,), (4, 4)]}).fit(X, Y).score(X, Y)
    ),
    "columns": lambda new: make_pipeline(_columns(), new).fit(FRAME, Y).predict_proba(FRAME),
    "frames": lambda new: (
        make_pipeline(_columns(), new).set_output(transform="pandas").fit(FRAME, Y)[-1].feature_names_in_.tolist()
    ),
    "calibration": lambda new: CalibratedClassifierCV(new, cv=3).fit(X, Y, np.arange(150) + 1).predict_proba(X),
    "a vote": lambda new: VotingClassifier([("a", new), ("b", clone(new))], voting="soft").fit(X, Y).predict_proba(X),
    "bags": lambda new: BaggingClassifier(new, 3, random_state=0).fit(X, Y).predict_proba(X),
    "a chain": lambda new: ClassifierChain(new, random_state=0).fit(X, LABELS).predict_proba(X),
    "routed weights": _routed,
    "a clone": lambda new: clone(new.fit(X, Y)).fit(X, Y).loss_,
}


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("name", PLACES)
def test_in_every_place_of_scikit_learn_it_does_the_same(name: str, capsys) -> None:
    assert_same("classifier", lambda each: PLACES[name](each(**QUICK)), capsys)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_pickle_goes_on_in_another_process(tmp_path) -> None:
    found, kept = MLPClassifier(**QUICK).fit(X, Y), tmp_path / "network.pickle"
    kept.write_bytes(pickle.dumps(found))
    program = (
        "import pickle, sys; from sklearn.datasets import load_iris; "
        "print(pickle.load(open(sys.argv[1], 'rb')).partial_fit(*load_iris(return_X_y=True)).loss_)"
    )
    done = subprocess.run((sys.executable, "-c", program, str(kept)), capture_output=True, text=True, check=True)
    assert float(done.stdout) == pytest.approx(found.partial_fit(X, Y).loss_, rel=1e-12)
