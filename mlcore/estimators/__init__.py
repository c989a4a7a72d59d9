"""Networks as scikit-learn knows them: `MLPClassifier` and `MLPRegressor`, with its parameters, attributes and curves.

The only room beside the data sets that imports scikit-learn, and it is imported when one of the two names is used.
`perceptron.py` is what both have in common, `descent.py` the epochs and who judges them, `shapes.py` the network and
the optimizer the parameters stand for, `curvature.py` the solver lbfgs.
"""

from mlcore.estimators.classifier import MLPClassifier
from mlcore.estimators.regressor import MLPRegressor

__all__ = ["MLPClassifier", "MLPRegressor"]
