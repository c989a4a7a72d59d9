"""Estimators that learn by partial_fit, watched and steered:

with live("mine") as run:
    partial_fit(run, MLPClassifier(), x, y, epochs=50, validation=(x_val, y_val))
"""

RATES = ("learning_rate_init", "eta0")


def partial_fit(run, model, x, y, epochs=10, validation=None):
    """Fit all rows `epochs` times, as far as nobody stops it; the model, with the loss where it has one, and scores."""
    known = model.get_params()
    rate = next((name for name in RATES if name in known), None)
    more = {"classes": sorted(set(y))} if hasattr(model, "predict_proba") or hasattr(model, "decision_function") else {}
    for epoch in range(1, epochs + 1):
        if rate:
            model.set_params(**{rate: run.value("learning_rate", getattr(model, rate))})
            if hasattr(model, "_optimizer"):  # of an MLP: it is made once, by the first fit
                model._optimizer.learning_rate_init = getattr(model, rate)
        model.partial_fit(x, y, **(more if epoch == 1 else {}))
        loss = {"loss": model.loss_} if hasattr(model, "loss_") else {}
        scores = {"accuracy": model.score(x, y)} if more else {"train_r2": model.score(x, y)}
        if validation:
            scores["val_accuracy" if more else "val_r2"] = model.score(*validation)
        run.log(epoch, **loss, **scores)
        if run.stop:
            break
    return model
